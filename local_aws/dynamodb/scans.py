"""DynamoDB: in which order a table is scanned, and which items belong to a segment.

The order is that of a hash of the partition key, then of the sort key; a segment is a range of hashes. The items of a
partition key therefore belong to one segment, whatever happens to the table.
"""

import bisect
import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import RESULT_SIZE_LIMIT, Table

from local_aws.dynamodb.errors import error
from local_aws.patching import adds, replaces

HASHES = 2**64

Position = tuple[int, Any]
Entry = tuple[Position, DynamoType, DynamoType | None]

_SLOW = "for each page of a scan moto sorts all items of the table, and hashes the key of each"

adds(Table, "scan_order", because=_SLOW, source="tool")(None)


@replaces(Table, "put_item", because=_SLOW, source="tool", written_against="de239330")
def _put_item(original: Callable[..., Item], self: Table, *args: object, **kwargs: object) -> Item:
    item = original(self, *args, **kwargs)
    _enter(self, item)
    return item


@replaces(Table, "delete_item", because=_SLOW, source="tool", written_against="1594f7b0")
def _delete_item(
    original: Callable[..., Item | None], self: Table, hash_key: DynamoType, range_key: DynamoType | None
) -> Item | None:
    item = original(self, hash_key, range_key)
    if item is not None and self.scan_order is not None:
        del self.scan_order[bisect.bisect_left(self.scan_order, _position(hash_key, range_key), key=_by_position)]
    return item


def put_back(table: Table, item: Item) -> None:
    """Undoes what was done to the item, without telling anybody."""
    if table.has_range_key:
        table.items[item.hash_key][item.range_key] = item
    else:
        table.items[item.hash_key] = item
    _enter(table, item)


def _enter(table: Table, item: Item) -> None:
    order: list[Entry] | None = table.scan_order
    if order is None:
        return
    position = _position(item.hash_key, item.range_key)
    index = bisect.bisect_left(order, position, key=_by_position)
    if index == len(order) or order[index][0] != position:
        order.insert(index, (position, item.hash_key, item.range_key))


@replaces(
    Table,
    "scan",
    because=f"{_SLOW}; it finds no segment of a binary key; at AWS a page that is as long as its limit has a next one",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html",
    written_against="5ef1ab21",
)
def _scan(
    original: Callable[..., Any],
    self: Table,
    filters: Mapping[str, Any],
    limit: int | None,
    exclusive_start_key: Mapping[str, Any] | None,
    filter_expression: Any = None,  # noqa: ANN401
    index_name: str | None = None,
    consistent_read: bool = False,
    projection_expression: list[list[str]] | None = None,
    segments: tuple[int, int] | tuple[None, None] = (None, None),
) -> tuple[list[Item], int, dict[str, Any] | None]:
    if index_name or filters:
        rest = filter_expression, index_name, consistent_read, projection_expression, segments
        result: tuple[list[Item], int, dict[str, Any] | None] = original(
            self, filters, limit, exclusive_start_key, *rest
        )
        return result
    page, is_last = _page(_entries(self, exclusive_start_key, segments), self, limit)
    last_evaluated_key = None if is_last else self._get_last_evaluated_key(page[-1], None)
    found = [item for item in page if filter_expression is None or filter_expression.expr(item)]
    if projection_expression:
        found = [item.project(projection_expression) for item in found]
    return found, len(page), last_evaluated_key


def _page(entries: Iterator[Entry], table: Table, limit: int | None) -> tuple[list[Item], bool]:
    """The items that come next, and whether there are no more."""
    page: list[Item] = []
    size = 0
    for _, hash_key, range_key in entries:
        item = table.get_item(hash_key, range_key)
        size += item.size()
        if page and size > RESULT_SIZE_LIMIT:
            return page, False
        page.append(item)
        if len(page) == limit:
            return page, False
    return page, True


def _entries(
    table: Table, start_key: Mapping[str, Any] | None, segments: tuple[int, int] | tuple[None, None]
) -> Iterator[Entry]:
    """The entries of the segment, those after the key if there is one, whether or not its item still exists."""
    segment, total = (0, 1) if segments[0] is None or segments[1] is None else segments
    order = _order(table)
    # A hash belongs to the segment if `hash * total // HASHES` is its number.
    first, end = (bisect.bisect_left(order, -(-number * HASHES // total), key=_by_hash) for number in _bounds(segment))
    if start_key is not None:
        position = _position(
            DynamoType(start_key[table.hash_key_attr]),
            DynamoType(start_key[table.range_key_attr]) if table.has_range_key else None,
        )
        if position[0] * total // HASHES != segment:
            hint = f"Please use ExclusiveStartKey with correct Segment. TotalSegments: {total} Segment: {segment}"
            raise error("ValidationException", f"The provided starting key is invalid: {hint}")
        first = bisect.bisect_right(order, position, key=_by_position)
    return itertools.islice(order, first, end)


def _bounds(segment: int) -> tuple[int, int]:
    return segment, segment + 1


def _order(table: Table) -> list[Entry]:
    """The keys of all items in the order of a scan, which is found once and then kept up to date."""
    if table.scan_order is None:
        entries = ((_position(item.hash_key, item.range_key), item.hash_key, item.range_key) for item in _items(table))
        table.scan_order = sorted(entries, key=_by_position)
    order: list[Entry] = table.scan_order
    return order


def _items(table: Table) -> Iterator[Item]:
    for found in table.items.values():
        yield from found.values() if table.has_range_key else [found]


def _position(hash_key: DynamoType, range_key: DynamoType | None) -> Position:
    # Numbers are equal however they are written.
    value = hash_key.cast_value.normalize() if hash_key.is_number() else hash_key.value
    digest = hashlib.md5(f"{hash_key.type}{value}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big"), range_key.cast_value if range_key else None


def _by_position(entry: Entry) -> Position:
    return entry[0]


def _by_hash(entry: Entry) -> int:
    return entry[0][0]
