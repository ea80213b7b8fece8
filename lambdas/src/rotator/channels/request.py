"""The request for a refresh."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from rotator.errors import InvalidRefresh
from rotator.recovery_points import is_recovery_point_arn
from rotator.timestamps import lies_in_future, parse_iso8601
from rotator.wording import quoted

# In USD, for restoring from warm storage in us-east-1: https://aws.amazon.com/backup/pricing/
PRICE_PER_GB = 0.15
_HIGHEST_PRICE_PER_GB = 1000

_TYPES: dict[str, tuple[type, ...]] = {
    "SourceTable": (str,),
    "Rule": (str,),
    "RecoveryPointArn": (str,),
    "DryRun": (bool,),
    "PricePerGB": (int, float),
    "RequestTime": (str,),
}
_RESTRICTIONS: dict[str, Callable[[Any], bool]] = {
    "RecoveryPointArn": is_recovery_point_arn,
    # The response is JSON, which has no infinity.
    "PricePerGB": lambda price: 0 <= price <= _HIGHEST_PRICE_PER_GB,
}
_ACCEPTED = (
    'A refresh accepts "SourceTable" (name or ARN) and "Rule", at least one of them, and optionally '
    f'"RecoveryPointArn", "DryRun" (true or false), "PricePerGB" (in USD, 0 to {_HIGHEST_PRICE_PER_GB}) and '
    '"RequestTime" (ISO 8601 with a time zone).'
)


@dataclass(frozen=True)
class Refresh:
    """Which recovery points a person or a schedule wants to have rotated, by which rule, and as of when.

    Of what is not given, any. `price_per_gb` is in USD.
    """

    request_time: datetime
    source_table: str | None = None
    rule: str | None = None
    recovery_point_arn: str | None = None
    dry_run: bool = False
    price_per_gb: float = PRICE_PER_GB

    @classmethod
    def from_request(cls, request: object) -> Self:
        """Raises `InvalidRefresh`, which names what is wrong and what is accepted."""
        if not isinstance(request, Mapping):
            raise InvalidRefresh(f"The refresh is {quoted(request)}. {_ACCEPTED}")
        unknown = [str(key) for key in request if key not in _TYPES]
        if unknown:
            raise InvalidRefresh(f"The refresh does not accept {quoted(unknown)}. {_ACCEPTED}")
        for key, value in request.items():
            # Not isinstance, because true is an int.
            if type(value) not in _TYPES[key] or (key in _RESTRICTIONS and not _RESTRICTIONS[key](value)):
                raise InvalidRefresh(f"The {key} of the refresh is {quoted(value)}. {_ACCEPTED}")
        if not request.keys() & {"SourceTable", "Rule"}:
            raise InvalidRefresh(f"The refresh names neither a source table nor a rule. {_ACCEPTED}")
        return cls(
            request_time=_request_time(request),
            source_table=request.get("SourceTable"),
            rule=request.get("Rule"),
            recovery_point_arn=request.get("RecoveryPointArn"),
            dry_run=request.get("DryRun", False),
            price_per_gb=request.get("PricePerGB", PRICE_PER_GB),
        )


def _request_time(request: Mapping[str, Any]) -> datetime:
    """A schedule passes the time that it was due, so that a repeated delivery is the same rotation."""
    if "RequestTime" not in request:
        return datetime.now(UTC)
    text = request["RequestTime"]
    try:
        time = parse_iso8601(text)
    except ValueError as error:
        raise InvalidRefresh(f"The RequestTime of the refresh is {quoted(text)}. {_ACCEPTED}") from error
    if lies_in_future(time):
        # Its copy would count as the newest one until then.
        raise InvalidRefresh(f"The RequestTime of the refresh is {text}, which lies in the future.")
    return time
