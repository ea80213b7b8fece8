"""AWS on one machine: moto's server, made to behave as AWS does for the services that the rotator uses.

What tests and the demo need of it is here, and nothing else of it is imported from outside.
"""

from local_aws.faults import Fault, InjectedFault, calls, changed_settings, injected, patches, used_permissions
from local_aws.server import ANNOUNCEMENT, running

__all__ = [
    "ANNOUNCEMENT",
    "Fault",
    "InjectedFault",
    "calls",
    "changed_settings",
    "injected",
    "patches",
    "running",
    "used_permissions",
]
