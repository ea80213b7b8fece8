"""Four invented weeks, in which two rules rotate a table each every night."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

DAYS = 28
_DAY_SECONDS = 24 * 60 * 60
SECONDS = DAYS * _DAY_SECONDS

_GIGABYTES = {"staging": 20, "reporting": 8}
RULES = tuple(_GIGABYTES)
STATE_MACHINE = "orders-rotator"

FAILURES = {
    ("staging", 11): ("Check Restore Status", "RestoreJobFailed"),
    ("reporting", 20): ("Verify Table", "VerificationFailed"),
}
"""The step and the error, by rule and day."""

Point = tuple[int, float]
"""A second since the beginning, and the value of a metric."""


def points() -> Mapping[tuple[str, str], Sequence[Point]]:
    """The points of each metric, by its name and its last dimension."""
    put: defaultdict[tuple[str, str], list[Point]] = defaultdict(list)
    for day in range(DAYS):
        for rule, gigabytes in _GIGABYTES.items():
            step, _ = FAILURES.get((rule, day), (None, None))
            values: dict[tuple[str, str], float] = {}
            if step != "Check Restore Status":
                size = gigabytes * (1 + day / 100)
                values["RestoreSeconds", rule] = 1200 + 40 * size + 90 * (5 * day % 7)
                values["BackupSizeBytes", rule] = size * 2**30
                values["Verified", rule] = 0 if step else 1
            values["ExecutionsFailed" if step else "Succeeded", STATE_MACHINE if step else rule] = 1
            for metric, value in values.items():
                put[metric].append((day * _DAY_SECONDS + 3 * 60 * 60, value))
    return put
