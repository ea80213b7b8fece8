"""DynamoDB: the write units that a write consumes, those of the indexes included.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
"""

import math
from collections.abc import Iterable, Mapping, Set

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import SecondaryIndex, Table
from moto.dynamodb.models.utilities import bytesize

UNIT = 1024
"""Bytes that a unit writes."""

Sizes = Mapping[str, int]
"""Bytes of each attribute of an item; none if there is no item."""


def write_units(table: Table, old: Item | None, new: Item | None) -> dict[str | None, int]:
    """The units that the table, which has no name here, and each of its indexes consumed."""
    before, after = _attributes(old), _attributes(new)
    sizes, new_sizes = _sizes(before), _sizes(after)
    changed = {name for name in {*before, *after} if not _is_same(before.get(name), after.get(name))}
    units: dict[str | None, int] = {None: max(_units(sizes, sizes), _units(new_sizes, new_sizes))}
    for index in table.all_indexes():
        if consumed := _index_units(index, sizes, new_sizes, changed):
            units[index.name] = consumed
    return units


def _attributes(item: Item | None) -> Mapping[str, DynamoType]:
    return item.attrs if item else {}


def _is_same(one: DynamoType | None, other: DynamoType | None) -> bool:
    return one is not None and other is not None and one == other


def _sizes(attributes: Mapping[str, DynamoType]) -> Sizes:
    return {name: bytesize(name) + value.size() for name, value in attributes.items()}


def _index_units(index: SecondaryIndex, old: Sizes, new: Sizes, changed: Set[str]) -> int:
    before, after = _projected(index, old), _projected(index, new)
    if not changed & (before | after):
        return 0
    units = [_units(entry, sizes) for entry, sizes in ((before, old), (after, new)) if entry]
    # What moves within the index is deleted in one place and put in the other.
    return sum(units) if changed & set(index.schema_key_attrs) else max(units)


def _projected(index: SecondaryIndex, attributes: Iterable[str]) -> Set[str]:
    """The attributes of an item that are in the index."""
    names = set(attributes)
    if not names.issuperset(index.schema_key_attrs):
        return set()
    if index.projection["ProjectionType"] == "ALL":
        return names
    return names & {*index.table_key_attrs, *index.schema_key_attrs, *index.projection.get("NonKeyAttributes", [])}


def _units(names: Iterable[str], sizes: Sizes) -> int:
    return max(1, math.ceil(sum(sizes[name] for name in names) / UNIT))
