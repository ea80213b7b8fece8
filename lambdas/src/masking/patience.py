"""Calls that DynamoDB throttles: they are made again for as long as the invocation lasts."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from masking.time_limit import TimeLimit
from rotator.errors import NotYet, TemporaryFailure

Response = TypeVar("Response")

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 5.0
# Each of them is three attempts of the client. What fails for longer is for the state machine to retry.
_MOST_FAILURES = 5


def patiently(call: Callable[[], Response], time_limit: TimeLimit) -> Response:
    """What the call returns in the end. It is made again after `NotYet`, and a few times after `TemporaryFailure`.

    The pauses double, with full jitter
    (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/). Raises `TimeIsUp` before a call
    that may not end in time.
    """
    pause = _FIRST_PAUSE_SECONDS
    failures = 0
    while True:
        time_limit.check()
        try:
            return call()
        except NotYet:
            pass
        except TemporaryFailure:
            failures += 1
            if failures == _MOST_FAILURES:
                raise
        time.sleep(random.uniform(0, pause))  # noqa: S311 (no secret)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
