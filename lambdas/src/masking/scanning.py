"""The pages of a segment, from where the last invocation stopped."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from masking.methods import Item
from masking.patience import patiently
from masking.sealed_position import seal, unseal
from masking.time_limit import TimeIsUp
from masking.work import AnySegment, Work
from rotator.aws_errors import translated_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import ScanOutputTypeDef


def for_each_page(
    segment: AnySegment,
    work: Work,
    do: Callable[[list[Item]], None],
    **of_scan: Any,  # noqa: ANN401
) -> AnySegment:
    """Calls `do` with the items of one page after the other until the segment or the time ends.

    Returns the segment with the position of the first page that `do` did not finish: it may raise `TimeIsUp`. What it
    did of that page is done again by the next invocation. Only one page is in memory.

    `of_scan` are further parameters of `Scan`
    (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html).
    """
    name = f"{segment['Table']['Name']}/{segment['Number']}/{segment['Of']}"
    position = unseal(segment["Position"], name, work.keys) if segment["Position"] else None
    try:
        while True:
            page = _page(segment, work, position, of_scan)
            do(cast(list[Item], page["Items"]))
            position = page.get("LastEvaluatedKey")
            if not position:
                return {**segment, "Position": None, "Done": True}
    except TimeIsUp:
        return {**segment, "Position": seal(position, name, work.keys) if position else None}


def _page(
    segment: AnySegment, work: Work, position: dict[str, Any] | None, of_scan: dict[str, Any]
) -> "ScanOutputTypeDef":
    start: dict[str, Any] = {"ExclusiveStartKey": position} if position else {}

    def scan() -> "ScanOutputTypeDef":
        with translated_errors():
            return work.clients.dynamodb.scan(
                TableName=segment["Table"]["Name"],
                Segment=segment["Number"],
                TotalSegments=segment["Of"],
                ConsistentRead=True,
                **start,
                **of_scan,
            )

    return patiently(scan, work.time_limit)
