"""How much a segment may tell of the paths in it.

The results of all segments are in the state of the execution together, which has at most 256 KiB
(https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
"""

import json
from collections.abc import Iterable

# The rest is for what tells of the segments themselves, and for the counts of the rules.
_BYTES_OF_ALL_SEGMENTS = 100_000
# Quotation marks, separators, and the numbers of a path.
_BYTES_BESIDES_NAME = 30


class Allowance:
    """The share of one segment."""

    def __init__(self, segments: int, taken_by: Iterable[str]) -> None:
        self._left = _BYTES_OF_ALL_SEGMENTS // segments - sum(map(_bytes_of, taken_by))

    def has_room_for(self, path: str) -> bool:
        """Whether the path may be told as well. It is counted as told then."""
        needed = _bytes_of(path)
        if needed > self._left:
            return False
        self._left -= needed
        return True


def _bytes_of(path: str) -> int:
    return len(json.dumps(path)) + _BYTES_BESIDES_NAME
