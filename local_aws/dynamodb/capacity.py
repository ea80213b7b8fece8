"""DynamoDB: the write units that a write consumes, those of the indexes included.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
"""

import math
from collections.abc import Mapping

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import SecondaryIndex, Table
from moto.dynamodb.models.utilities import bytesize

UNIT = 1024
"""Bytes that a unit writes."""

Attributes = Mapping[str, DynamoType]


def write_units(table: Table, old: Item | None, new: Item | None) -> dict[str | None, int]:
    """The units that the table, which has no name here, and each of its indexes consumed."""
    before, after = _attributes(old), _attributes(new)
    units: dict[str | None, int] = {None: _units(before, after)}
    for index in table.all_indexes():
        if consumed := _index_units(index, before, after):
            units[index.name] = consumed
    return units


def _attributes(item: Item | None) -> Attributes:
    return item.attrs if item else {}


def _index_units(index: SecondaryIndex, old: Attributes, new: Attributes) -> int:
    before, after = _projected(index, old), _projected(index, new)
    if before == after:
        return 0
    if before and after and all(before[name] == after[name] for name in index.schema_key_attrs):
        return _units(before, after)
    # What moves within the index is deleted in one place and put in the other.
    return sum(_units(entry) for entry in (before, after) if entry)


def _projected(index: SecondaryIndex, attributes: Attributes) -> Attributes:
    if not all(name in attributes for name in index.schema_key_attrs):
        return {}
    if index.projection["ProjectionType"] == "ALL":
        return attributes
    names = {*index.table_key_attrs, *index.schema_key_attrs, *index.projection.get("NonKeyAttributes", [])}
    return {name: value for name, value in attributes.items() if name in names}


def _units(*entries: Attributes) -> int:
    return max(1, *(math.ceil(_size(entry) / UNIT) for entry in entries))


def _size(attributes: Attributes) -> int:
    return sum(bytesize(name) + value.size() for name, value in attributes.items())
