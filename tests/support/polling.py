"""Waiting for something to happen."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.1


def wait_until(what: str, check: Callable[[], T | None], seconds: float = 10, why_not: Callable[[], str] = str) -> T:
    """Checks until there is a result other than `None`, `False` or nothing, and returns it.

    Fails with what it waited for, and why that may not have come.
    """
    give_up = time.monotonic() + seconds
    while True:
        if found := check():
            return found
        if time.monotonic() > give_up:
            raise AssertionError(f"after {seconds} s: no {what} {why_not()}")
        time.sleep(POLL_SECONDS)
