"""What becomes of a rotation that has lasted for too long, and how long one waits between two looks at a restore."""

from datetime import timedelta

import pytest

from rotator.deadline import in_time, seconds_to_next_check
from rotator.errors import NotYet, RotationTimedOut
from tests.unit.rotations import SETTINGS, invocation

HOUR = timedelta(hours=1)


def wait_after(running_for: timedelta) -> None:
    with in_time(invocation(running_for=running_for)["Execution"], SETTINGS.timeout):
        raise NotYet("others come first")


def test_what_can_not_be_done_yet_is_waited_for() -> None:
    with pytest.raises(NotYet):
        wait_after(47 * HOUR)


def test_what_is_waited_for_when_the_time_is_over_is_named() -> None:
    with pytest.raises(RotationTimedOut, match="not ended within 48 hours: others come first"):
        wait_after(49 * HOUR)


def test_what_gets_done_late_is_done() -> None:
    with in_time(invocation(running_for=49 * HOUR)["Execution"], SETTINGS.timeout):
        pass


@pytest.mark.parametrize(
    ("waited", "left", "seconds"),
    [
        (timedelta(0), 48 * HOUR, 11),
        (timedelta(minutes=20), 48 * HOUR, 97),
        (2 * HOUR, 46 * HOUR, 577),
        (47 * HOUR, 48 * HOUR, 3601),
        (47 * HOUR, HOUR / 60, 61),
    ],
)
def test_the_wait_grows_with_the_time_waited_within_bounds(waited: timedelta, left: timedelta, seconds: int) -> None:
    assert seconds_to_next_check(waited, left) == seconds
