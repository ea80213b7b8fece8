"""What prepares a machine for `make demo` and `make test`."""
