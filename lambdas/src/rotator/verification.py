"""Proof that a backup restores: the target table is what was backed up, and what the rule asks for.

`ItemCount` proves nothing, because DynamoDB updates it every six hours
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rotator.aws_errors import translated_errors
from rotator.clients import Clients
from rotator.errors import NotYet, VerificationFailed
from rotator.indexes import differences_between, indexes_of, is_being_built, unknown_kinds
from rotator.logs import logger
from rotator.metrics import put_metrics
from rotator.source_table import absence_of_source_table, describe_recovery_point, describe_source_table
from rotator.state import Invocation, RestoreOptions, RotationState, VerifyTableOutput
from rotator.target_table import billing_mode_of, describe_target_table, is_encrypted_as
from rotator.unknown_members import member

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# A copy with less than that compared is not verified.
_PROOF = {"key", "indexes", "items"}


def verify_table(invocation: Invocation, clients: Clients) -> VerifyTableOutput:
    """Compares the target table with what a native backup records, or else with the source table as it is now.

    A copy is verified if there was one of them to compare all of its key and indexes with, and it has items. Otherwise
    nothing is proven: unless it differs, it is neither verified nor failed.

    Raises `VerificationFailed` with the differences, `NotYet` while an index is being built, and `TableNotFound`.
    """
    state = invocation["State"]
    table = describe_target_table(state, clients.dynamodb)
    for name, index in indexes_of(table).items():
        if is_being_built(index):
            raise NotYet(f"The index {name} of {table['TableName']} is being built")
    backup = describe_recovery_point(state, clients.dynamodb)
    source = describe_source_table(invocation, clients.dynamodb)
    size = backup["BackupDetails"].get("BackupSizeBytes") if backup else _size_of_restored(state, clients)
    comparisons = dict(_comparisons(table, backup, source, state["Restore"]))
    has_items = _has_items(table["TableName"], clients.dynamodb)
    if has_items or size:
        comparisons["items"] = [] if has_items else [f"it has no items, but the backup has {size} bytes"]
    differences = [difference for found in comparisons.values() for difference in found]
    verified = False if differences else True if comparisons.keys() >= _PROOF else None
    put_metrics(
        invocation,
        restore_seconds=state["DescribeTableOutput"]["RestoreSeconds"],
        backup_size_bytes=size,
        verified=verified,
    )
    logger.info(
        "Table verified",
        target_table=table["TableName"],
        verified=verified,
        comparisons=list(comparisons),
        differences=differences,
    )
    if differences:
        raise VerificationFailed(f"The restored table is not what was backed up: {'; '.join(differences)}")
    return {
        "Verified": verified,
        "ComparedWith": _compared_with(backup, source, invocation),
        "Comparisons": list(comparisons),
        "BackupSizeBytes": size,
    }


def _compared_with(backup: dict[str, Any] | None, source: dict[str, Any] | None, invocation: Invocation) -> str:
    if backup:
        return "backup"
    return "source table" if source else f"nothing, as the source table {absence_of_source_table(invocation)}"


def _size_of_restored(state: RotationState, clients: Clients) -> int | None:
    job = state.get("StartRestoreJobOutput")
    if job is None:
        return None
    with translated_errors():
        return clients.backup.describe_restore_job(RestoreJobId=job["RestoreJobId"]).get("BackupSizeInBytes")


def _comparisons(
    table: dict[str, Any], backup: dict[str, Any] | None, source: dict[str, Any] | None, options: RestoreOptions
) -> Iterator[tuple[str, list[str]]]:
    """What can be compared, each with the differences that were found."""
    expected = _recorded(backup) if backup else source
    if expected:
        yield "key", _differences_of_keys(table, expected)
    if expected or "ExcludedIndexes" in options:
        unknown = unknown_kinds(expected or {})
        indexes = f"indexes except {', '.join(unknown)}" if unknown else "indexes"
        yield indexes, _differences_of_indexes(table, expected or {}, options.get("ExcludedIndexes", []))
    if source:
        yield "attribute types", _differences_of_types(table, source)
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
