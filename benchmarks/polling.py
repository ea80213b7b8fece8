"""How soon the end of a restore is noticed, and how many polls and events that takes: a simulation, without AWS.

    python benchmarks/polling.py

The polls are compared with the fewest that a lag of at most 30 s, or 10 % of the restore, allows. The events are those
of a rotation that waits in one state for as long as timeout_hours allows. Exits with 1 where a target is missed.
"""

import json
import math
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from rotator.restore.polling import seconds_to_next_attempt, seconds_to_next_check

ROOT = Path(__file__).parents[1]
STATES: dict[str, dict[str, Any]] = json.loads(
    (ROOT / "statemachine/restore_backup.asl.json").read_text().replace("${timeout_seconds}", "1")
)["States"]
(MOST_HOURS,) = re.findall(r"var\.timeout_hours <= (\d+)", (ROOT / "variables.tf").read_text())
FIRST_POLL_SECONDS: int = STATES["Wait For First Check"]["Seconds"]
# A check, with the transitions around it.
CHECK_SECONDS = 1
# Check Restore Status, Restore Complete?, Wait For Restore
TRANSITIONS_OF_A_POLL = 3
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html: a task has five, the others two
EVENTS_OF_A_POLL = 9
# Native Recovery Point?, Start Restore Job, Wait For First Check, Check Restore Status, Restore Complete?,
# Wait To Start Over
EVENTS_OF_STARTING_OVER = 18
# Scheduled, started, failed
EVENTS_OF_A_RETRY = 3
MOST_EVENTS = 25_000
# A redrive continues the history, and gets a fresh time limit.
MOST_EVENTS_OF_WAITING = MOST_EVENTS / 2

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


def events_of_retries(handler: dict[str, Any], seconds: float) -> int:
    """The events of a task that fails for this long with an error that the handler retries."""
    attempts, now, delay = 0, 0.0, float(handler["IntervalSeconds"])
    while now < seconds and attempts < handler["MaxAttempts"]:
        # Full jitter picks any delay up to this one.
        now += delay / 2 if handler.get("JitterStrategy") == "FULL" else delay
        delay = min(delay * handler["BackoffRate"], handler.get("MaxDelaySeconds", math.inf))
        attempts += 1
    return attempts * EVENTS_OF_A_RETRY


def events_of_starting_over(seconds: float) -> int:
    """The events of a restore job that fails for this long because of a limit."""
    attempts, now = 0, 0.0
    while now < seconds:
        now += FIRST_POLL_SECONDS + seconds_to_next_attempt(timedelta(seconds=now))
        attempts += 1
    return attempts * EVENTS_OF_STARTING_OVER


def events_of_waiting(seconds: float) -> dict[str, int]:
    """By state, the most events of a rotation that waits there for this long."""
    retried = {
        name: max(events_of_retries(handler, seconds) for handler in state["Retry"])
        for name, state in STATES.items()
        if "Retry" in state
    }
    return retried | {
        "Wait For Restore": len(polls(seconds)) * EVENTS_OF_A_POLL,
        "Wait To Start Over": events_of_starting_over(seconds),
    }


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
    # The copy is checked once more after it was claimed, and then there is no wait.
    checks = len(polls(restore_seconds)) + 1
    return len(start) + checks * TRANSITIONS_OF_A_POLL - 1 + len(end)


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
    print(f"\n{'events, waiting':>22} {MOST_HOURS:>6} hours")
    for name, events in events_of_waiting(timedelta(hours=int(MOST_HOURS)).total_seconds()).items():
        print(f"{name:>22} {events:>6}")
        if events > MOST_EVENTS_OF_WAITING:
            missed.append(f"{name}: {events} events in {MOST_HOURS} hours, more than {MOST_EVENTS_OF_WAITING:.0f}")
    print("\n".join(missed) or "All targets are met.")
    return len(missed) > 0


if __name__ == "__main__":
    sys.exit(main())
