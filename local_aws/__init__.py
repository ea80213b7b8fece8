"""AWS on one machine: moto's server, changed to behave like AWS for the services that the rotator uses.

What tests and the demo use is here, and importing it is cheap: moto itself is imported only by `python -m local_aws`.
"""

from local_aws.faults import (
    Fault,
    InjectedFault,
    calls,
    changed_settings,
    fire_schedule,
    injected,
    patches,
    run_restore_tests,
    used_permissions,
)
from local_aws.process import LocalAws, LocalAwsError, running

__all__ = [
    "Fault",
    "InjectedFault",
    "LocalAws",
    "LocalAwsError",
    "calls",
    "changed_settings",
    "fire_schedule",
    "injected",
    "patches",
    "run_restore_tests",
    "running",
    "used_permissions",
]
