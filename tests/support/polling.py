"""Waiting for something to happen."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.1

_factor = 1.0


def wait_until(what: str, check: Callable[[], T | None], seconds: float = 60, why_not: Callable[[], str] = str) -> T:
    """Checks until there is a result other than `None`, `False` or nothing, and returns it.

    Fails with what it waited for, and why that may not have come.
    """
    seconds *= _factor
    give_up = time.monotonic() + seconds
    while True:
        if found := check():
            return found
        if time.monotonic() > give_up:
            raise AssertionError(f"after {seconds} s: no {what} {why_not()}")
        time.sleep(POLL_SECONDS)


@contextmanager
def unhurried() -> Iterator[None]:
    """Waits may take ten times as long. For what has to come, where the same is waited for in vain otherwise."""
    global _factor
    _factor = 10.0
    try:
        yield
    finally:
        _factor = 1.0
