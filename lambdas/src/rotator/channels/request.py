"""The request for a refresh."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from rotator.errors import InvalidRefresh
from rotator.timestamps import parse_iso8601

# In USD, for restoring from warm storage in us-east-1: https://aws.amazon.com/backup/pricing/
PRICE_PER_GB = 0.15

_TYPES: dict[str, tuple[type, ...]] = {
    "SourceTable": (str,),
    "Rule": (str,),
    "RecoveryPointArn": (str,),
    "DryRun": (bool,),
    "PricePerGB": (int, float),
    "RequestTime": (str,),
}
_ACCEPTED = (
    'A refresh accepts "SourceTable" (name or ARN) and "Rule", at least one of them, and optionally '
    '"RecoveryPointArn", "DryRun" (true or false), "PricePerGB" (in USD) and "RequestTime" (ISO 8601 with a time zone).'
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
            raise InvalidRefresh(f"The refresh is {request!r}. {_ACCEPTED}")
        unknown = [str(key) for key in request if key not in _TYPES]
        if unknown:
            raise InvalidRefresh(f"The refresh has the unknown keys {', '.join(unknown)}. {_ACCEPTED}")
        for key, value in request.items():
            # Not isinstance, because true is an int.
            if type(value) not in _TYPES[key]:
                raise InvalidRefresh(f"The {key} of the refresh is {value!r}. {_ACCEPTED}")
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
    try:
        return parse_iso8601(request["RequestTime"])
    except ValueError as error:
        raise InvalidRefresh(f"The RequestTime of the refresh is {request['RequestTime']!r}. {_ACCEPTED}") from error
