"""The fixtures of the end-to-end tests."""

from tests.support.fixtures import (
    _aws,
    _quick_restores,
    _quick_retries,
    deployment,
    early_jobs,
    jobs,
    masking,
    pytest_sessionstart,
)

__all__ = [
    "_aws",
    "_quick_restores",
    "_quick_retries",
    "deployment",
    "early_jobs",
    "jobs",
    "masking",
    "pytest_sessionstart",
]
