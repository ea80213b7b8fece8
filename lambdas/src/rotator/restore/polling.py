"""How long to wait before checking a restore again.

`benchmarks/polling.py` simulates how late the end of a restore is noticed, and how many checks that takes.
"""

from datetime import timedelta

# A restore is found complete within half a minute, or a tenth of the time that it took, whichever is longer.
_SHORTEST_INTERVAL_SECONDS = 30
_SHARE_OF_ELAPSED_TIME = 0.1
# A function that read the tags before this claim lives for a minute at most, and what it writes is visible soon after.
SECONDS_FROM_CLAIM_TO_CHECK = 65
# A check, with the transitions around it.
_CHECK_SECONDS = 1


def seconds_to_next_check(elapsed: timedelta) -> int:
    """The seconds to wait where a restore has run for this long."""
    interval = max(_SHORTEST_INTERVAL_SECONDS, elapsed.total_seconds() * _SHARE_OF_ELAPSED_TIME)
    return int(interval) - _CHECK_SECONDS


def seconds_to_next_attempt(elapsed: timedelta) -> int:
    """The seconds to wait before starting a restore job again that hit a limit of AWS, once tried for this long."""
    return max(5 * 60, seconds_to_next_check(elapsed))
