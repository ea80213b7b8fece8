"""What counts as proof that a backup restores."""

import json
import re
from typing import Any

import pytest
from botocore.stub import Stubber

from rotator.clients import Clients
from rotator.errors import NotYet, VerificationFailed
from rotator.state import VerifyTableOutput
from rotator.verification import verify_table
from tests.support.rotations import TARGET, invocation, restored

ADVANCED = "arn:aws:backup:us-east-1:123456789012:recovery-point:1eb3b5e7-9eb0-435a-a80b-108b488b0d45"
KEY = [{"AttributeName": "id", "KeyType": "HASH"}]
NOT_FOUND = "ResourceNotFoundException"


def index(name: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"IndexName": name, "KeySchema": KEY, "Projection": {"ProjectionType": "ALL"}, **changes}


def table(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "TableName": TARGET,
        "KeySchema": KEY,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "GlobalSecondaryIndexes": [index("by-day", IndexStatus="ACTIVE")],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        **changes,
    }


def verified(
    clients: Clients,
    copy: dict[str, Any],
    *,
    source: dict[str, Any] | None = None,
    size: int = 0,
    items: int = 0,
    **options: Any,  # noqa: ANN401
) -> VerifyTableOutput:
    """The verdict on a table that AWS Backup restored."""
    rotation = invocation(ADVANCED)
    rotation["State"]["Restore"] = options  # type: ignore[typeddict-item]
    rotation["State"]["StartRestoreJobOutput"] = {"RestoreJobId": "job"}
    rotation["State"]["DescribeTableOutput"] = restored()
    with Stubber(clients.dynamodb) as dynamodb, Stubber(clients.backup) as backup:
        dynamodb.add_response("describe_table", {"Table": copy})
        if source:
            dynamodb.add_response("describe_table", {"Table": source})
        else:
            dynamodb.add_client_error("describe_table", NOT_FOUND)
        backup.add_response("describe_restore_job", {"BackupSizeInBytes": size})
        dynamodb.add_response("scan", {"Count": 0, "LastEvaluatedKey": {"id": {"S": "a"}}})
        dynamodb.add_response("scan", {"Count": items})
        return verify_table(rotation, clients)


def test_a_table_like_its_source_is_verified(clients: Clients, capsys: pytest.CaptureFixture[str]) -> None:
    output = verified(clients, table(), source=table(), size=4711, items=1)

    assert output == {"Verified": True, "ComparedWith": "source table", "BackupSizeBytes": 4711}
    metrics = next(line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" in line)
    assert {name: metrics[name] for name in ("RestoreSeconds", "BackupSizeBytes", "Verified")} == {
        "RestoreSeconds": [261.0],
        "BackupSizeBytes": [4711.0],
        "Verified": [1.0],
    }
    assert metrics["rule"] == "staging"


def test_the_metric_of_a_table_that_differs_is_zero(clients: Clients, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(VerificationFailed):
        verified(clients, table(), size=4711)

    metrics = next(line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" in line)
    assert metrics["Verified"] == [0.0]


@pytest.mark.parametrize(
    ("restored", "difference"),
    [
        (
            table(KeySchema=[{"AttributeName": "no", "KeyType": "HASH"}]),
            "its key is {'HASH': 'no'}, not {'HASH': 'id'}",
        ),
        (
            table(AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}]),
            "its attribute id is of type N, not S",
        ),
        (table(GlobalSecondaryIndexes=[]), "its index by-day is missing"),
        (
            table(GlobalSecondaryIndexes=[index("by-day", Projection={"ProjectionType": "KEYS_ONLY"})]),
            "its index by-day has another key or projection",
        ),
        (table(GlobalSecondaryIndexes=[index("by-day", IndexStatus="DELETING")]), "its index by-day is DELETING"),
    ],
)
def test_a_table_that_differs_is_not_verified(restored: dict[str, Any], difference: str, clients: Clients) -> None:
    with pytest.raises(VerificationFailed, match=f"not what was backed up: {re.escape(difference)}$"):
        verified(clients, restored, source=table())


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"ExcludedIndexes": ["by-day"]}, "it has the index by-day, which the rule leaves out"),
        ({"BillingMode": "PROVISIONED"}, "its billing mode is PAY_PER_REQUEST, not PROVISIONED"),
        ({"Encryption": "AWS_MANAGED"}, "it is encrypted with a key that DynamoDB owns, not AWS_MANAGED"),
    ],
)
def test_a_table_without_what_the_rule_asks_for_is_not_verified(
    options: dict[str, Any], difference: str, clients: Clients
) -> None:
    with pytest.raises(VerificationFailed, match=re.escape(difference)):
        verified(clients, table(), source=table(), **options)


def test_an_index_that_is_left_out_is_not_missed(clients: Clients) -> None:
    restored = table(GlobalSecondaryIndexes=[])

    assert verified(clients, restored, source=table(), ExcludedIndexes=["by-day"])["Verified"]


def test_an_index_that_the_source_has_lost_since_is_no_difference(clients: Clients) -> None:
    assert verified(clients, table(), source=table(GlobalSecondaryIndexes=[]))["Verified"]


def test_an_index_that_is_being_built_is_waited_for(clients: Clients) -> None:
    with pytest.raises(NotYet, match="by-day"):
        verified(clients, table(GlobalSecondaryIndexes=[index("by-day", IndexStatus="CREATING")]), source=table())


def test_an_empty_table_from_a_backup_with_items_is_not_verified(clients: Clients) -> None:
    with pytest.raises(VerificationFailed, match="it has no items, but the backup has 1 bytes"):
        verified(clients, table(), size=1)
    assert verified(clients, table(), size=0)["Verified"]


def test_without_source_and_native_backup_it_says_that_there_was_nothing_to_compare(clients: Clients) -> None:
    assert verified(clients, table())["ComparedWith"] == "nothing, as the source table is gone"


BACKUP: dict[str, Any] = {
    "BackupDetails": {
        "BackupArn": invocation()["State"]["BackupSnsMessage"]["RecoveryPointArn"],
        "BackupName": "backup",
        "BackupStatus": "AVAILABLE",
        "BackupType": "AWS_BACKUP",
        "BackupCreationDateTime": "2026-11-23T02:07:00Z",
    },
    "SourceTableDetails": {
        "TableName": "orders",
        "TableId": "5a772b5a-36d5-4a69-9b18-ed2f5213c659",
        "KeySchema": KEY,
        "TableCreationDateTime": "2026-11-23T02:07:00Z",
        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    },
}


def verified_native(clients: Clients, backup: dict[str, Any]) -> VerifyTableOutput:
    """The verdict on a table that DynamoDB restored, and whose source is gone."""
    rotation = invocation()
    rotation["State"]["DescribeTableOutput"] = restored()
    with Stubber(clients.dynamodb) as dynamodb:
        dynamodb.add_response("describe_table", {"Table": table()})
        dynamodb.add_response("describe_backup", {"BackupDescription": backup})
        dynamodb.add_client_error("describe_table", NOT_FOUND)
        dynamodb.add_response("scan", {"Count": 1})
        return verify_table(rotation, clients)


def test_a_native_backup_is_compared_as_it_was_recorded(clients: Clients) -> None:
    backup = BACKUP | {
        "BackupDetails": BACKUP["BackupDetails"] | {"BackupSizeBytes": 4711},
        "SourceTableFeatureDetails": {"GlobalSecondaryIndexes": [index("by-day"), index("by-night")]},
    }

    with pytest.raises(VerificationFailed, match="its index by-night is missing"):
        verified_native(clients, backup)


def test_a_native_backup_may_tell_neither_its_size_nor_of_indexes(clients: Clients) -> None:
    assert verified_native(clients, BACKUP) == {
        "Verified": True,
        "ComparedWith": "backup",
        "BackupSizeBytes": None,
    }
