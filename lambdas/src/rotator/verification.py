"""Proof that a backup restores: the target table is what was backed up, and what the rule asks for.

`ItemCount` proves nothing, because DynamoDB updates it every six hours
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html).
"""

from typing import TYPE_CHECKING, Any

from rotator.aws_errors import translated_errors
from rotator.clients import Clients
from rotator.errors import NotYet, VerificationFailed
from rotator.logs import logger
from rotator.metrics import put_metrics
from rotator.source_table import describe_recovery_point, describe_source_table
from rotator.state import Invocation, RestoreOptions, RotationState, VerifyTableOutput
from rotator.target_table import billing_mode_of, describe_target_table, is_encrypted_as

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_INDEXES = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")


def verify_table(invocation: Invocation, clients: Clients) -> VerifyTableOutput:
    """Compares the target table with what a native backup records, or else with the source table as it is now.

    Raises `VerificationFailed` with the differences, `NotYet` while an index is being built, and `TableNotFound`.
    """
    state = invocation["State"]
    table = describe_target_table(state, clients.dynamodb)
    backup = describe_recovery_point(state, clients.dynamodb)
    source = describe_source_table(state, clients.dynamodb)
    size = backup["BackupDetails"].get("BackupSizeBytes") if backup else _size_of_restored(state, clients)
    differences = [
        *_differences_of_keys(table, backup, source),
        *_differences_of_indexes(table, backup, source, state["Restore"].get("ExcludedIndexes", [])),
        *_differences_from_options(table, state["Restore"]),
    ]
    if _is_empty(table["TableName"], clients.dynamodb) and size:
        differences.append(f"it has no items, but the backup has {size} bytes")
    put_metrics(
        state["Rule"],
        restore_seconds=state["DescribeTableOutput"]["RestoreSeconds"],
        backup_size_bytes=size,
        verified=not differences,
    )
    logger.info("Table verified", target_table=table["TableName"], differences=differences)
    if differences:
        raise VerificationFailed(f"The restored table is not what was backed up: {'; '.join(differences)}")
    return {
        "Verified": True,
        "ComparedWith": "backup" if backup else "source table" if source else "nothing, as the source table is gone",
        "BackupSizeBytes": size,
    }


def _size_of_restored(state: RotationState, clients: Clients) -> int | None:
    job = state.get("StartRestoreJobOutput")
    if job is None:
        return None
    with translated_errors():
        return clients.backup.describe_restore_job(RestoreJobId=job["RestoreJobId"]).get("BackupSizeInBytes")


def _differences_of_keys(
    table: dict[str, Any], backup: dict[str, Any] | None, source: dict[str, Any] | None
) -> list[str]:
    differences = []
    expected = backup["SourceTableDetails"] if backup else source
    if expected and _keys(expected) != _keys(table):
        differences.append(f"its key is {_keys(table)}, not {_keys(expected)}")
    there, types = _types(table), _types(source or {})
    differences += [
        f"its attribute {name} is of type {there[name]}, not {types[name]}"
        for name in sorted(there.keys() & types.keys())
        if there[name] != types[name]
    ]
    return differences


def _differences_of_indexes(
    table: dict[str, Any], backup: dict[str, Any] | None, source: dict[str, Any] | None, excluded: list[str]
) -> list[str]:
    """An index that only the copy has is no difference: no restore invents one, so the source lost it since."""
    expected = _indexes(backup.get("SourceTableFeatureDetails", {}) if backup else source or {})
    there = _indexes(table)
    for name, index in there.items():
        if index.get("IndexStatus") in ("CREATING", "UPDATING"):
            raise NotYet(f"The index {name} of {table['TableName']} is being built")
    return [
        *(f"it has the index {name}, which the rule leaves out" for name in excluded if name in there),
        *(f"its index {name} is missing" for name in expected if name not in there and name not in excluded),
        *(
            f"its index {name} has another key or projection"
            for name, index in expected.items()
            if name in there and _shape(there[name]) != _shape(index)
        ),
        *(
            f"its index {name} is {index['IndexStatus']}"
            for name, index in there.items()
            if index.get("IndexStatus", "ACTIVE") != "ACTIVE"
        ),
    ]


def _differences_from_options(table: dict[str, Any], options: RestoreOptions) -> list[str]:
    differences = []
    if "BillingMode" in options and billing_mode_of(table) != options["BillingMode"]:
        differences.append(f"its billing mode is {billing_mode_of(table)}, not {options['BillingMode']}")
    if "Encryption" in options and not is_encrypted_as(options["Encryption"], table):
        key = table.get("SSEDescription", {}).get("KMSMasterKeyArn", "a key that DynamoDB owns")
        differences.append(f"it is encrypted with {key}, not {options['Encryption']}")
    return differences


def _is_empty(table_name: str, dynamodb: "DynamoDBClient") -> bool:
    """Reads until there is an item, and counts it without looking at it."""
    with translated_errors():
        pages = dynamodb.get_paginator("scan").paginate(
            TableName=table_name, Select="COUNT", PaginationConfig={"PageSize": 1}
        )
        return not any(page["Count"] for page in pages)


def _keys(described: dict[str, Any]) -> dict[str, str]:
    return {key["KeyType"]: key["AttributeName"] for key in described["KeySchema"]}


def _types(described: dict[str, Any]) -> dict[str, str]:
    return {
        attribute["AttributeName"]: attribute["AttributeType"]
        for attribute in described.get("AttributeDefinitions", [])
    }


def _indexes(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {index["IndexName"]: index for kind in _INDEXES for index in described.get(kind, [])}


def _shape(index: dict[str, Any]) -> tuple[dict[str, str], str, list[str]]:
    projection = index["Projection"]
    return _keys(index), projection["ProjectionType"], sorted(projection.get("NonKeyAttributes", []))
