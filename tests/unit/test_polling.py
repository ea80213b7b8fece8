"""How long a rotation waits before it checks a restore again."""

from datetime import timedelta

import pytest

from rotator.restore.polling import seconds_to_next_attempt, seconds_to_next_check

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("elapsed", "seconds"),
    [(timedelta(0), 29), (timedelta(minutes=5), 29), (timedelta(minutes=20), 119), (2 * HOUR, 719), (47 * HOUR, 16919)],
)
def test_the_polling_interval_is_half_a_minute_or_a_tenth_of_the_elapsed_time(elapsed: timedelta, seconds: int) -> None:
    assert seconds_to_next_check(elapsed) == seconds


@pytest.mark.parametrize(("elapsed", "seconds"), [(timedelta(0), 300), (10 * HOUR, 3599)])
def test_a_job_that_hit_a_limit_is_not_started_again_at_once(elapsed: timedelta, seconds: int) -> None:
    assert seconds_to_next_attempt(elapsed) == seconds
