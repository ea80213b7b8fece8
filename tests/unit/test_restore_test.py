"""Which verdict a restore test gets, and when none."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from rotator.clients import Clients
from rotator.errors import NotYet, TableNotFound, VerdictRefused
from rotator.restore_test import validate_restore_test
from tests.support.rotations import ELSEWHERE, TABLE_ARN

JOB = "4CEB6DFA-0F35-4F9C-B1C8-2A2F0F4E0B0B"
TEST_TABLE = "awsbackup-restore-test-1a2b"
ADVANCED = "arn:aws:backup:us-east-1:123456789012:recovery-point:1eb3b5e7-9eb0-435a-a80b-108b488b0d45"
NATIVE = f"{TABLE_ARN}/backup/01795422364460-083c1149"
KEY = [{"AttributeName": "id", "KeyType": "HASH"}]
INDEX = {"IndexName": "by-day", "KeySchema": KEY, "Projection": {"ProjectionType": "ALL"}}
NOT_FOUND = "ResourceNotFoundException"
BACKED_UP = datetime(2026, 11, 23, 2, 7, tzinfo=UTC)
PUT = "put_restore_validation_result"


def table(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "TableName": TEST_TABLE,
        "CreationDateTime": datetime(2025, 1, 1, tzinfo=UTC),
        "KeySchema": KEY,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        **changes,
    }


def recorded(**features: Any) -> dict[str, Any]:  # noqa: ANN401
    """What a native backup records of the source table."""
    return {
        "BackupDetails": {
            "BackupArn": NATIVE,
            "BackupName": "nightly",
            "BackupStatus": "AVAILABLE",
            "BackupType": "AWS_BACKUP",
            "BackupCreationDateTime": BACKED_UP,
        },
        "SourceTableDetails": {
            "TableName": "orders",
            "TableId": "5a772b5a-36d5-4a69-9b18-ed2f5213c659",
            "KeySchema": KEY,
            "TableCreationDateTime": BACKED_UP,
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        },
        "SourceTableFeatureDetails": features,
    }


def verdict(
    clients: Clients,
    restored: dict[str, Any] | None,
    *,
    source: dict[str, Any] | None = None,
    backup: dict[str, Any] | None = None,
    items: int = 1,
    size: int = 4711,
    refused: bool = False,
    announced_source: str | None = None,
    **job: Any,  # noqa: ANN401
) -> tuple[str, str] | None:
    """The verdict on a restore test, and the reason for it. `None` if none is recorded."""
    described = {
        "RestoreJobId": JOB,
        "Status": "COMPLETED",
        "RecoveryPointArn": NATIVE if backup else ADVANCED,
        "SourceResourceArn": TABLE_ARN,
        "RecoveryPointCreationDate": BACKED_UP,
        "CreatedResourceArn": f"arn:aws:dynamodb:us-east-1:123456789012:table/{TEST_TABLE}",
        "BackupSizeInBytes": size,
        **job,
    }
    put: list[dict[str, Any]] = []
    clients.backup.meta.events.register(
        "provide-client-params.backup.PutRestoreValidationResult", lambda params, **_: put.append(params)
    )
    with Stubber(clients.backup) as aws_backup, Stubber(clients.dynamodb) as dynamodb:
        aws_backup.add_response("describe_restore_job", described, {"RestoreJobId": JOB})
        if restored:
            dynamodb.add_response("describe_table", {"Table": restored}, {"TableName": TEST_TABLE})
        else:
            dynamodb.add_client_error("describe_table", NOT_FOUND)
        if backup:
            dynamodb.add_response("describe_backup", {"BackupDescription": backup})
        if TABLE_ARN in (described["SourceResourceArn"], announced_source):
            if source:
                dynamodb.add_response("describe_table", {"Table": source}, {"TableName": "orders"})
            else:
                dynamodb.add_client_error("describe_table", NOT_FOUND)
        dynamodb.add_response("scan", {"Count": items})
        if refused:
            aws_backup.add_client_error(PUT, "InvalidRequestException", "Another validator was first")
            aws_backup.add_response("describe_restore_job", {**described, "ValidationStatus": "FAILED"})
        else:
            aws_backup.add_response(PUT, {})
        announced = {"sourceResourceArn": announced_source} if announced_source else {}
        validate_restore_test({"detail": {"restoreJobId": JOB, **announced}}, clients)
    return (put[0]["ValidationStatus"], put[0]["ValidationStatusMessage"]) if put else None


def logged(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The line about the validation."""
    (record,) = (record for record in caplog.records if record.message == "Restore test validated")
    return vars(record)


def test_a_table_like_its_source_is_successful(clients: Clients, caplog: pytest.LogCaptureFixture) -> None:
    assert verdict(clients, table(), source=table()) == (
        "SUCCESSFUL",
        "Verified: key, indexes, attribute types, items. Compared with: source table.",
    )
    validated = logged(caplog)
    assert (validated["restore_job"], validated["table"], validated["verified"]) == (JOB, TEST_TABLE, True)


def test_a_table_like_what_a_native_backup_records_is_successful(clients: Clients) -> None:
    assert verdict(clients, table(), backup=recorded()) == (
        "SUCCESSFUL",
        "Verified: key, indexes, items. Compared with: backup.",
    )


def test_a_source_that_an_old_sdk_does_not_tell_is_that_of_the_event(clients: Clients) -> None:
    got = verdict(clients, table(), source=table(), SourceResourceArn="", announced_source=TABLE_ARN)

    assert got == ("SUCCESSFUL", "Verified: key, indexes, attribute types, items. Compared with: source table.")


@pytest.mark.parametrize(
    ("restored", "items", "difference"),
    [
        (table(KeySchema=[{"AttributeName": "no", "KeyType": "HASH"}]), 1, "its key is no (HASH), not id (HASH)"),
        (table(), 0, "it has no items, but the backup has 4711 bytes"),
    ],
)
def test_what_no_change_of_the_source_explains_is_a_failure(
    restored: dict[str, Any], items: int, difference: str, clients: Clients
) -> None:
    assert verdict(clients, restored, source=table(), items=items) == (
        "FAILED",
        f"Not what was backed up: {difference}. Compared with: source table.",
    )


def test_an_index_that_the_backup_records_must_be_there(clients: Clients) -> None:
    got = verdict(clients, table(), backup=recorded(GlobalSecondaryIndexes=[INDEX]))

    assert got == ("FAILED", "Not what was backed up: its index by-day is missing. Compared with: backup.")


def test_an_index_that_the_source_may_have_got_since_proves_nothing(
    clients: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    assert verdict(clients, table(), source=table(GlobalSecondaryIndexes=[INDEX])) is None

    assert logged(caplog)["differences"] == ["its index by-day is missing"]


@pytest.mark.parametrize("backup", [None, recorded()], ids=["advanced", "native"])
def test_a_type_that_the_source_may_have_got_since_proves_nothing(
    backup: dict[str, Any] | None, clients: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    types = [{"AttributeName": "id", "AttributeType": "N"}]

    assert verdict(clients, table(), source=table(AttributeDefinitions=types), backup=backup) is None

    assert logged(caplog)["differences"] == ["its attribute id is of type S, not N"]


@pytest.mark.parametrize(
    ("source", "job", "why"),
    [
        (None, {}, "is gone"),
        (table(), {"SourceResourceArn": ELSEWHERE}, "belongs to another account or Region"),
        (table(), {"SourceResourceArn": ""}, "is not known"),
        (
            table(CreationDateTime=datetime(2026, 11, 24, tzinfo=UTC), GlobalSecondaryIndexes=[INDEX]),
            {},
            "has been created anew since the backup",
        ),
    ],
)
def test_without_anything_to_compare_with_there_is_no_verdict(
    source: dict[str, Any] | None,
    job: dict[str, Any],
    why: str,
    clients: Clients,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert verdict(clients, table(), source=source, **job) is None

    assert logged(caplog)["compared_with"] == f"nothing, as the source table {why}"


def test_a_restored_table_without_items_fails_even_if_the_source_is_gone(clients: Clients) -> None:
    status, _ = verdict(clients, table(), items=0) or ("", "")

    assert status == "FAILED"


def test_an_empty_table_proves_nothing(clients: Clients) -> None:
    assert verdict(clients, table(), source=table(), items=0, size=0) is None


@pytest.mark.parametrize("status", ["SUCCESSFUL", "FAILED", "TIMED_OUT"])
def test_an_event_that_is_delivered_again_changes_nothing(status: str, clients: Clients) -> None:
    assert verdict(clients, None, ValidationStatus=status) is None


def test_a_table_that_is_gone_is_an_error(clients: Clients) -> None:
    with pytest.raises(TableNotFound, match=f"The table {TEST_TABLE} of the restore job {JOB} does not exist"):
        verdict(clients, None)


def test_an_index_that_is_being_built_is_waited_for(clients: Clients) -> None:
    with pytest.raises(NotYet):
        verdict(clients, table(GlobalSecondaryIndexes=[{**INDEX, "IndexStatus": "CREATING"}]), source=table())


def test_a_verdict_that_is_refused_is_an_error(clients: Clients) -> None:
    with pytest.raises(VerdictRefused, match="Another validator was first"):
        verdict(clients, table(), source=table(), refused=True)
