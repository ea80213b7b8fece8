"""The fixtures of the end-to-end tests."""

from tests.support.fixtures import (
    _aws,
    _quick_restores,
    _quick_retries,
    deployment,
    early_jobs,
    jobs,
    pytest_sessionstart,
)
from tests.support.observations import observe, pytest_terminal_summary

__all__ = [
    "_aws",
    "_quick_restores",
    "_quick_retries",
    "deployment",
    "early_jobs",
    "jobs",
    "observe",
    "pytest_sessionstart",
    "pytest_terminal_summary",
]
