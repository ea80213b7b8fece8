"""Units of Python: the rotator on moto in this process, and set-up."""
