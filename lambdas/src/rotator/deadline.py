"""How long a rotation may last, and how long it waits between two looks at a restore."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from rotator.errors import NotYet, RotationTimedOut
from rotator.state import Execution
from rotator.timestamps import parse_iso8601

# This share of the time waited so far keeps both the delay after a restore's end and the number of looks small, however
# long the restore takes. DynamoDB needs a minute at least; more than an hour between two looks saves next to nothing.
# benchmarks/waiting.py shows what becomes of other values.
_WAIT_PER_WAITED = 0.08
_SHORTEST_WAIT_SECONDS = 10
_LONGEST_WAIT_SECONDS = 3600


def remaining(execution: Execution, timeout: timedelta, waited_for: str) -> timedelta:
    """How long the rotation may still wait.

    Raises `RotationTimedOut` where it has lasted for longer already. The time limit of a state machine would end an
    execution without a chance to report it, so the limit is kept here.
    """
    began = parse_iso8601(execution.get("RedriveTime") or execution["StartTime"])
    left = began + timeout - datetime.now(UTC)
    if left <= timedelta(0):
        hours = f"{timeout / timedelta(hours=1):g}"
        raise RotationTimedOut(f"The rotation has not ended within {hours} hours: {waited_for}")
    return left


@contextmanager
def in_time(execution: Execution, timeout: timedelta) -> Iterator[None]:
    """Turns `NotYet` into `RotationTimedOut` once the rotation has lasted for too long; what gets done late is done."""
    try:
        yield
    except NotYet as reason:
        remaining(execution, timeout, str(reason))
        raise


def seconds_to_next_check(waited: timedelta, left: timedelta) -> int:
    """How long to wait before the next look at a restore, with the time waited so far and the time left."""
    wait = max(_SHORTEST_WAIT_SECONDS, min(waited.total_seconds() * _WAIT_PER_WAITED, _LONGEST_WAIT_SECONDS))
    return int(min(wait, left.total_seconds())) + 1
