"""The kinds of secondary index, each with what the calls of DynamoDB name it. Nothing else lists them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rotator.unknown_members import UNKNOWN


@dataclass(frozen=True)
class IndexKind:
    """A kind of index.

    `described` is its key in `DescribeTable` and in what a backup records, `override` its parameter in
    `RestoreTableFromBackup`, and `update` that in `UpdateTable`: empty where such an index can't be changed or deleted.
    """

    described: str
    override: str
    update: str


GLOBAL: Final = IndexKind("GlobalSecondaryIndexes", "GlobalSecondaryIndexOverride", "GlobalSecondaryIndexUpdates")
LOCAL: Final = IndexKind("LocalSecondaryIndexes", "LocalSecondaryIndexOverride", "")
VECTOR: Final = IndexKind("VectorIndexes", "VectorIndexOverride", "VectorIndexUpdates")

KINDS: Final = (GLOBAL, LOCAL, VECTOR)

# What DynamoDB says of an index besides how it was defined: its progress, its size, its ARN, and its capacity, which
# may change at any time.
_NOT_DEFINED = {
    "Backfilling",
    "IndexArn",
    "IndexSizeBytes",
    "IndexStatus",
    "ItemCount",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "WarmThroughput",
}


def indexes_of(described: Mapping[str, Any], *kinds: IndexKind) -> dict[str, dict[str, Any]]:
    """The indexes of these kinds, or of all, in the description of a table or of a backup's features, by name."""
    return {index["IndexName"]: index for kind in kinds or KINDS for index in described.get(kind.described, [])}


def unknown_kinds(described: Mapping[str, Any]) -> list[str]:
    """The kinds of index in such a description that botocore does not know."""
    return [path for path in described.get(UNKNOWN, []) if re.fullmatch(r"\w*Indexes", path)]


def definition_of(index: Mapping[str, Any]) -> dict[str, Any]:
    """How an index was defined, in the form in which an override of a restore takes it."""
    return {key: value for key, value in index.items() if key not in _NOT_DEFINED}


def is_being_built(index: Mapping[str, Any]) -> bool:
    """A vector index may still be filled once it is `ACTIVE`."""
    return index.get("IndexStatus") in ("CREATING", "UPDATING") or bool(index.get("Backfilling"))


def differences_between(index: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """In which parts of their definitions two indexes differ.

    Compares what is told of both, because a backup may record less than DynamoDB says of a table.
    """
    one, another = _comparable(index), _comparable(other)
    return sorted(part for part in one.keys() & another.keys() if one[part] != another[part])


def _comparable(index: Mapping[str, Any]) -> dict[str, Any]:
    """Only the attributes of a key have an order."""
    projection = index["Projection"]
    return definition_of(index) | {
        "Projection": (projection["ProjectionType"], sorted(projection.get("NonKeyAttributes", []))),
        "SearchSchema": {
            element["AttributeName"]: element["SearchSchemaElementType"] for element in index.get("SearchSchema", [])
        },
    }
