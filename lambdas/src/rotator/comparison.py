"""Proof that a backup restores: a restored table is what was backed up, and what is asked of it.

`ItemCount` proves nothing, because DynamoDB updates it every six hours
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rotator.aws_errors import translated_errors
from rotator.errors import NotYet
from rotator.indexes import differences_between, indexes_of, is_being_built, unknown_kinds
from rotator.state import RestoreOptions
from rotator.target_table import billing_mode_of, is_encrypted_as
from rotator.unknown_members import member

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = "key"
ITEMS = "items"
TYPES = "attribute types"
BACKUP = "backup"

# A table with less than that compared is not verified.
_PROOF = {KEY, "indexes", ITEMS}


@dataclass(frozen=True)
class Findings:
    """Each comparison that was made, with the differences that it found, and what the table was compared with."""

    by_comparison: dict[str, list[str]]
    compared_with: str

    @property
    def comparisons(self) -> list[str]:
        return list(self.by_comparison)

    @property
    def differences(self) -> list[str]:
        return [difference for found in self.by_comparison.values() for difference in found]

    @property
    def verified(self) -> bool | None:
        """`None` where nothing is proven: the table does not differ, but too little of it could be compared."""
        if self.differences:
            return False
        return True if self.by_comparison.keys() >= _PROOF else None


@dataclass(frozen=True)
class Original:
    """What a table was restored from, as far as AWS still tells.

    What a native backup records, the source table as it is now, why there is none, and the size of the backup.
    """

    backup: dict[str, Any] | None
    source: dict[str, Any] | None
    absence: str
    size_bytes: int | None

    @property
    def compared_with(self) -> str:
        if self.backup:
            return BACKUP
        return "source table" if self.source else f"nothing, as the source table {self.absence}"


def compare(table: dict[str, Any], original: Original, options: RestoreOptions, dynamodb: "DynamoDBClient") -> Findings:
    """Compares a restored table with what a native backup records, or else with the source table as it is now.

    The table is verified if there was one of them to compare all of its key and indexes with, and it has items.
    `options` are what a rule asks for. Raises `NotYet` while an index is being built.
    """
    for name, index in indexes_of(table).items():
        if is_being_built(index):
            raise NotYet(f"The index {name} of {table['TableName']} is being built")
    comparisons = dict(_comparisons(table, original.backup, original.source, options))
    has_items = _has_items(table["TableName"], dynamodb)
    if has_items or original.size_bytes:
        missing = f"it has no items, but the backup has {original.size_bytes} bytes"
        comparisons[ITEMS] = [] if has_items else [missing]
    return Findings(comparisons, original.compared_with)


def _comparisons(
    table: dict[str, Any], backup: dict[str, Any] | None, source: dict[str, Any] | None, options: RestoreOptions
) -> Iterator[tuple[str, list[str]]]:
    """What can be compared, each with the differences that were found."""
    expected = _recorded(backup) if backup else source
    if expected:
        yield KEY, _differences_of_keys(table, expected)
    if expected or "ExcludedIndexes" in options:
        unknown = unknown_kinds(expected or {})
        indexes = f"indexes except {', '.join(unknown)}" if unknown else "indexes"
        yield indexes, _differences_of_indexes(table, expected or {}, options.get("ExcludedIndexes", []))
    if source:
        yield TYPES, _differences_of_types(table, source)
    if "BillingMode" in options:
        yield "billing mode", _differences_of_billing_mode(table, options["BillingMode"])
    if "Encryption" in options:
        yield "encryption", _differences_of_encryption(table, options["Encryption"])


def _recorded(backup: dict[str, Any]) -> dict[str, Any]:
    """What a native backup records of key and indexes, in the form of `DescribeTable`."""
    return {**backup["SourceTableDetails"], **member(backup, "SourceTableFeatureDetails")}


def _differences_of_keys(table: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """A key has up to four attributes of each type, and their order is part of it."""
    if table["KeySchema"] == expected["KeySchema"]:
        return []
    return [f"its key is {_key(table)}, not {_key(expected)}"]


def _differences_of_types(table: dict[str, Any], source: dict[str, Any]) -> list[str]:
    there, types = _types(table), _types(source)
    return [
        f"its attribute {name} is of type {there[name]}, not {types[name]}"
        for name in sorted(there.keys() & types.keys())
        if there[name] != types[name]
    ]


def _differences_of_indexes(table: dict[str, Any], expected: dict[str, Any], excluded: list[str]) -> list[str]:
    """An index that only the copy has is no difference: no restore invents one, so the source lost it since."""
    there, wanted = indexes_of(table), indexes_of(expected)
    return [
        *(f"it has the index {name}, which the rule leaves out" for name in excluded if name in there),
        *(f"its index {name} is missing" for name in wanted if name not in there and name not in excluded),
        *(
            f"its index {name} has another {part}"
            for name in wanted
            if name in there
            for part in differences_between(there[name], wanted[name])
        ),
        *(
            f"its index {name} is {index['IndexStatus']}"
            for name, index in there.items()
            if index.get("IndexStatus", "ACTIVE") != "ACTIVE"
        ),
    ]


def _differences_of_billing_mode(table: dict[str, Any], wanted: str) -> list[str]:
    there = billing_mode_of(table)
    return [] if there == wanted else [f"its billing mode is {there}, not {wanted}"]


def _differences_of_encryption(table: dict[str, Any], wanted: str) -> list[str]:
    if is_encrypted_as(wanted, table):
        return []
    key = table.get("SSEDescription", {}).get("KMSMasterKeyArn", "a key that DynamoDB owns")
    return [f"it is encrypted with {key}, not {wanted}"]


def _has_items(table_name: str, dynamodb: "DynamoDBClient") -> bool:
    """Reads until there is an item, and counts it without looking at it."""
    with translated_errors():
        pages = dynamodb.get_paginator("scan").paginate(
            TableName=table_name, Select="COUNT", PaginationConfig={"PageSize": 1}
        )
        return any(page["Count"] for page in pages)


def _key(described: dict[str, Any]) -> str:
    return ", ".join(f"{key['AttributeName']} ({key['KeyType']})" for key in described["KeySchema"])


def _types(described: dict[str, Any]) -> dict[str, str]:
    return {
        attribute["AttributeName"]: attribute["AttributeType"]
        for attribute in described.get("AttributeDefinitions", [])
    }
