"""How soon the end of a restore is noticed, and how many polls that takes: a simulation, without AWS.

    python benchmarks/polling.py

The polls are compared with the fewest that a lag of at most 30 s, or 10 % of the restore, allows. Exits with 1 where a
target is missed.
"""

import json
import math
import sys
from datetime import timedelta
from pathlib import Path

from rotator.restore.polling import seconds_to_next_check

STATES = json.loads(
    (Path(__file__).parents[1] / "statemachine/restore_backup.asl.json").read_text().replace("${timeout_seconds}", "1")
)["States"]
FIRST_POLL_SECONDS: int = STATES["Wait For First Check"]["Seconds"]
# A check, with the transitions around it.
CHECK_SECONDS = 1
# Check Restore Status, Restore Complete?, Wait For Restore
TRANSITIONS_OF_A_POLL = 3
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html: a task has five, the others two
EVENTS_OF_A_POLL = 9
MOST_EVENTS = 25_000

LENGTHS = {
    "2 minutes": timedelta(minutes=2),
    "20 minutes": timedelta(minutes=20),
    "2 hours": timedelta(hours=2),
    "20 hours": timedelta(hours=20),
    "5 days": timedelta(days=5),
}
SMALLEST_LAG_SECONDS = 30
LARGEST_LAG = 0.1
MOST_POLLS = 1.1
# The lag depends on when the last poll was, so each length is taken a little shorter and longer as well.
VARIATIONS = [0.95 + step / 1000 for step in range(101)]


def allowed_lag(restore_seconds: float) -> float:
    return max(SMALLEST_LAG_SECONDS, LARGEST_LAG * restore_seconds)


def polls(restore_seconds: float) -> list[float]:
    """The seconds from the start of the restore to each poll, up to the one that notices its end."""
    times = [float(FIRST_POLL_SECONDS)]
    while times[-1] < restore_seconds:
        times.append(times[-1] + seconds_to_next_check(timedelta(seconds=times[-1])) + CHECK_SECONDS)
    return times


def fewest_polls(restore_seconds: float) -> int:
    """How many polls it takes to stay within the allowed lag whenever the restore ends."""
    count, now = 1, float(FIRST_POLL_SECONDS)
    while now < restore_seconds:
        now += allowed_lag(now)
        count += 1
    return count


def transitions_of_a_rotation(restore_seconds: float) -> int:
    """Of a rotation with verification and a parameter, and without a hook."""
    start = ["Native Recovery Point?", "Start Restore", "Wait For First Check"]
    end = ["Configure Table", "Hook Requested?", "Carry Over Settings", "Verification Requested?", "Verify Table"]
    end += ["Parameter Requested?", "Update SSM Parameter", "Retention Requested?", "Rotation Complete"]
    assert {*start, *end} <= {*STATES}  # noqa: S101
    # After the last poll there is no wait.
    return len(start) + len(polls(restore_seconds)) * TRANSITIONS_OF_A_POLL - 1 + len(end)


def main() -> int:
    missed = []
    print(f"{'restore':>12} {'worst lag':>12} {'polls':>8} {'fewest':>8} {'transitions':>12} {'events':>8}")
    for name, length in LENGTHS.items():
        variations = [length.total_seconds() * variation for variation in VARIATIONS]
        lags = {seconds: polls(seconds)[-1] - seconds for seconds in variations}
        worst = max(lags, key=lambda seconds: lags[seconds])
        taken, fewest = len(polls(length.total_seconds())), fewest_polls(length.total_seconds())
        events = len(polls(variations[-1])) * EVENTS_OF_A_POLL
        transitions = transitions_of_a_rotation(length.total_seconds())
        print(f"{name:>12} {lags[worst]:>10.0f} s {taken:>8} {fewest:>8} {transitions:>12} {events:>8}")
        missed += [
            f"{name}: a lag of {lag:.0f} s after {seconds:.0f} s"
            for seconds, lag in lags.items()
            if lag > allowed_lag(seconds)
        ]
        if taken > math.floor(fewest * MOST_POLLS):
            missed.append(f"{name}: {taken} polls, where {fewest} are enough")
        if events > MOST_EVENTS / 5:
            missed.append(f"{name}: {events} of at most {MOST_EVENTS} events")
    print("\n".join(missed) or "All targets are met.")
    return len(missed) > 0


if __name__ == "__main__":
    sys.exit(main())
