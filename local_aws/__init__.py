"""AWS on one machine: moto's server, made to behave as AWS does for the services that the rotator uses."""
