"""How long a rotation waits before it checks a restore again."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from rotator.restore.polling import seconds_to_next_attempt, seconds_to_next_check

HOUR = timedelta(hours=1)
SIMULATION = Path(__file__).parents[2] / "benchmarks/polling.py"


@pytest.mark.parametrize(
    ("elapsed", "seconds"),
    [(timedelta(0), 29), (timedelta(minutes=5), 29), (timedelta(minutes=20), 119), (2 * HOUR, 719), (47 * HOUR, 16919)],
)
def test_the_polling_interval_is_half_a_minute_or_a_tenth_of_the_elapsed_time(elapsed: timedelta, seconds: int) -> None:
    assert seconds_to_next_check(elapsed) == seconds


@pytest.mark.parametrize(("elapsed", "seconds"), [(timedelta(0), 300), (10 * HOUR, 3599)])
def test_a_job_that_hit_a_limit_is_not_started_again_at_once(elapsed: timedelta, seconds: int) -> None:
    assert seconds_to_next_attempt(elapsed) == seconds


def test_waiting_for_as_long_as_timeout_hours_allows_stays_well_below_the_event_limit() -> None:
    simulation = subprocess.run([sys.executable, SIMULATION], capture_output=True, text=True, check=False)

    assert simulation.returncode == 0, simulation.stdout
