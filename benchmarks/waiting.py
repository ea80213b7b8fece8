"""How soon the end of a restore is noticed, and how many looks at it that takes: a simulation, without AWS.

    python benchmarks/waiting.py

State transitions are compared with those of a fixed wait of 60 seconds. Exits with 1 where a target is missed.
"""

import sys
from datetime import timedelta

from rotator.deadline import seconds_to_next_check

LENGTHS = {
    "2 minutes": timedelta(minutes=2),
    "20 minutes": timedelta(minutes=20),
    "2 hours": timedelta(hours=2),
    "20 hours": timedelta(hours=20),
    "5 days": timedelta(days=5),
}
TIMEOUT = timedelta(days=30)
CHECK_SECONDS = 1
FIXED_WAIT_SECONDS = 60
# Check Restore Status, Restore Complete?, Wait For Restore
TRANSITIONS_OF_A_ROUND = 3
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html: a task has five, the others two
EVENTS_OF_A_ROUND = 9
MOST_EVENTS = 25_000

LARGEST_LAG = 0.1
SMALLEST_LAG_SECONDS = 30
LARGEST_SHARE_OF_TRANSITIONS = 1 / 5
# A lag depends on when the last look was, so each length is taken a little shorter and longer as well.
VARIATIONS = [0.95 + step / 1000 for step in range(101)]


def rotation(length: timedelta) -> tuple[float, int]:
    """The seconds from the end of a restore to the look that notices it, and the number of looks."""
    now, looks = 0.0, 1
    while now < length.total_seconds():
        waited = timedelta(seconds=now)
        now += CHECK_SECONDS + seconds_to_next_check(waited, TIMEOUT - waited)
        looks += 1
    return now - length.total_seconds(), looks


def main() -> int:
    missed = []
    print(f"{'restore':>12} {'worst lag':>12} {'transitions':>12} {'of a fixed wait':>16} {'events':>8}")
    for name, length in LENGTHS.items():
        runs = [(length * variation, *rotation(length * variation)) for variation in VARIATIONS]
        lag = max(seconds / taken.total_seconds() for taken, seconds, _ in runs)
        looks = max(looks for *_, looks in runs)
        share = looks * FIXED_WAIT_SECONDS / length.total_seconds()
        events = looks * EVENTS_OF_A_ROUND
        print(f"{name:>12} {lag:>12.1%} {looks * TRANSITIONS_OF_A_ROUND:>12} {share:>16.1%} {events:>8}")
        if any(seconds > max(LARGEST_LAG * taken.total_seconds(), SMALLEST_LAG_SECONDS) for taken, seconds, _ in runs):
            missed.append(f"{name}: the lag is more than {LARGEST_LAG:.0%} and {SMALLEST_LAG_SECONDS} s")
        if length >= LENGTHS["20 hours"] and share > LARGEST_SHARE_OF_TRANSITIONS:
            missed.append(f"{name}: more than {LARGEST_SHARE_OF_TRANSITIONS:.0%} of the transitions of a fixed wait")
        if events > MOST_EVENTS / 5:
            missed.append(f"{name}: {events} of at most {MOST_EVENTS} events")
    print("\n".join(missed) or "All targets are met.")
    return len(missed) > 0


if __name__ == "__main__":
    sys.exit(main())
