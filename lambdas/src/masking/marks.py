"""Removes what shows that an item's digits are masked, once that is proven."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from masking.items import MARK
from masking.mask import WRITERS
from masking.methods import Item
from masking.patience import patiently
from masking.scanning import for_each_page
from masking.state import MarkCounts, Segment
from masking.work import AnySegment, Work
from rotator.aws_errors import translated_errors


def remove_marks(segment: AnySegment, work: Work) -> Segment[MarkCounts]:
    """Removes the mark of each item that has one. An item deleted meanwhile stays deleted."""
    counts: MarkCounts = segment["Counts"] or {"ItemsChanged": 0, "WriteUnits": 0}
    key = {f"#{number}": name for number, name in enumerate(segment["Table"]["Key"])}
    lock = Lock()

    def remove(item: Item) -> None:
        units = patiently(lambda: _remove_mark(item, segment["Table"]["Name"], work), work.time_limit)
        with lock:
            counts["ItemsChanged"] += 1
            counts["WriteUnits"] += units

    def remove_all(items: list[Item]) -> None:
        for _ in writers.map(remove, items):
            pass

    with ThreadPoolExecutor(WRITERS) as writers:
        result = for_each_page(
            segment,
            work,
            remove_all,
            FilterExpression="attribute_exists(#mark)",
            ProjectionExpression=",".join(key),
            ExpressionAttributeNames={**key, "#mark": MARK},
        )
    return {**result, "Counts": counts}


def _remove_mark(key: Item, table_name: str, work: Work) -> float:
    """Returns the write units that it took."""
    dynamodb = work.clients.dynamodb
    with translated_errors():
        try:
            response = dynamodb.update_item(
                TableName=table_name,
                Key=key,
                UpdateExpression="REMOVE #mark",
                ConditionExpression="attribute_exists(#mark)",
                ExpressionAttributeNames={"#mark": MARK},
                ReturnConsumedCapacity="TOTAL",
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return 0
    return response["ConsumedCapacity"]["CapacityUnits"]
