"""DynamoDB: how often an account may make some calls; each call's page says so.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html
"""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field

from local_aws.errors import ServiceError
from local_aws.settings import settings

CALLS_PER_SECOND = {
    "DescribeBackup": 10,
    "DescribeContinuousBackups": 10,
    "ListBackups": 5,
    "ListTagsOfResource": 10,
    "TagResource": 5,
}


@dataclass
class _Bucket:
    """Calls fill it, and time empties it."""

    calls: float = 0.0
    counted_at: float = field(default_factory=time.monotonic)

    def has_room(self, per_second: float) -> bool:
        """Whether there is room for a call, which then takes it. A second's worth may come at once."""
        now = time.monotonic()
        self.calls = max(0.0, self.calls - (now - self.counted_at) * per_second)
        self.counted_at = now
        if self.calls and self.calls + 1 > per_second:
            return False
        self.calls += 1
        return True


_counting = threading.Lock()
_buckets: defaultdict[tuple[str, str, str], _Bucket] = defaultdict(_Bucket)


def throttle(account: str, region: str, operation: str) -> None:
    """Raises ThrottlingException if the account calls the operation more often than it may."""
    if operation not in CALLS_PER_SECOND:
        return
    with _counting:
        has_room = _buckets[account, region, operation].has_room(CALLS_PER_SECOND[operation] * settings.rate_factor)
    if not has_room:
        raise ServiceError("ThrottlingException", "Rate exceeded")
