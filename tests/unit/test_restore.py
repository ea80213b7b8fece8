"""Starting a restore and checking on it, as far as moto can show it. The rest is end to end."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from rotator.clients import Clients
from rotator.errors import (
    InvalidParameterName,
    InvalidTableName,
    NotYet,
    RestoreJobFailed,
    TableNotFound,
    TargetTableTaken,
    UnexpectedTableStatus,
)
from rotator.ownership import is_copy, tags_of
from rotator.restore.job import idempotency_token
from rotator.restore.start import start_restore
from rotator.restore.status import check_restore_status
from rotator.state import DescribeTableOutput, Invocation
from rotator.timestamps import to_iso8601
from tests.support.rotations import ACCOUNT, SETTINGS, TARGET, TARGET_ARN, invocation

ADVANCED = "arn:aws:backup:us-east-1:123456789012:recovery-point:1eb3b5e7-9eb0-435a-a80b-108b488b0d45"
HOUR = timedelta(hours=1)


@pytest.fixture
def recovery_point_arn(clients: Clients) -> str:
    clients.dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return clients.dynamodb.create_backup(TableName="orders", BackupName="backup")["BackupDetails"]["BackupArn"]


def test_the_recovery_point_is_restored_to_the_target_table(recovery_point_arn: str, clients: Clients) -> None:
    output: Any = start_restore(invocation(recovery_point_arn), SETTINGS, clients)

    assert output["TableDescription"]["TableName"] == TARGET
    assert output["TableDescription"]["CreationDateTime"].endswith("Z")
    assert TARGET in clients.dynamodb.list_tables()["TableNames"]


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        ({"target": "a" * 256}, InvalidTableName),
        ({"parameter": "/aws/orders"}, InvalidParameterName),
    ],
)
def test_what_cannot_succeed_fails_before_anything_is_restored(
    broken: dict[str, Any], error: type[Exception], recovery_point_arn: str, clients: Clients
) -> None:
    with pytest.raises(error):
        start_restore(invocation(recovery_point_arn, **broken), SETTINGS, clients)
    assert clients.dynamodb.list_tables()["TableNames"] == ["orders"]


def test_an_advanced_recovery_point_is_restored_by_a_job(clients: Clients) -> None:
    rotation = invocation(ADVANCED)
    with Stubber(clients.backup) as stub:
        stub.add_response(
            "start_restore_job",
            {"RestoreJobId": "job"},
            {
                "RecoveryPointArn": ADVANCED,
                "ResourceType": "DynamoDB",
                "IamRoleArn": SETTINGS.restore_role_arn,
                "IdempotencyToken": idempotency_token(rotation["State"], rotation["Execution"]),
                "Metadata": {"targetTableName": TARGET, "encryptionType": "Default"},
            },
        )
        assert start_restore(rotation, SETTINGS, clients) == {"RestoreJobId": "job"}


def test_a_retry_finds_the_same_job_and_a_restore_that_starts_over_a_new_one() -> None:
    rotation, again = invocation(ADVANCED), invocation(ADVANCED)
    again["State"]["StartRestoreJobOutput"] = {"RestoreJobId": "failed"}
    tokens = [idempotency_token(each["State"], each["Execution"]) for each in (rotation, rotation, again)]

    assert tokens[0] == tokens[1] != tokens[2]
    assert [str(uuid.UUID(token)) for token in tokens] == tokens


class TestTargetThatExists:
    """Whether this rotation created it follows from what DynamoDB still reports."""

    @pytest.fixture
    def table(self, recovery_point_arn: str) -> dict[str, Any]:
        """What DynamoDB says of a table that is being restored from the same recovery point."""
        return {
            "TableName": TARGET,
            "TableArn": TARGET_ARN,
            "TableStatus": "CREATING",
            "CreationDateTime": datetime.now(UTC),
            "RestoreSummary": {
                "SourceBackupArn": recovery_point_arn,
                "RestoreDateTime": datetime.now(UTC),
                "RestoreInProgress": True,
            },
        }

    def again(
        self,
        rotation: Invocation,
        table: dict[str, Any],
        clients: Clients,
        tags: list[dict[str, str]] | None = None,
    ) -> Any:  # noqa: ANN401
        with Stubber(clients.dynamodb) as stub:
            stub.add_client_error("restore_table_from_backup", "TableInUseException")
            stub.add_response("describe_table", {"Table": table})
            if tags is not None:
                stub.add_response("list_tags_of_resource", {"Tags": tags}, {"ResourceArn": ANY})
            return start_restore(rotation, SETTINGS, clients)

    def test_one_from_the_same_recovery_point_is_adopted(
        self, table: dict[str, Any], recovery_point_arn: str, clients: Clients
    ) -> None:
        output = self.again(invocation(recovery_point_arn), table, clients)

        assert output["TableDescription"]["TableName"] == TARGET

    def test_one_from_another_recovery_point_fails_with_both_named(
        self, table: dict[str, Any], recovery_point_arn: str, clients: Clients
    ) -> None:
        table["RestoreSummary"]["SourceBackupArn"] = recovery_point_arn + "0"
        with pytest.raises(TargetTableTaken, match=f"{recovery_point_arn}0 rather than {recovery_point_arn}"):
            self.again(invocation(recovery_point_arn), table, clients)

    def test_one_from_a_point_in_time_is_not_touched(
        self, table: dict[str, Any], recovery_point_arn: str, clients: Clients
    ) -> None:
        table["RestoreSummary"] |= {"SourceTableArn": TARGET_ARN}
        del table["RestoreSummary"]["SourceBackupArn"]
        with pytest.raises(TargetTableTaken, match=f"from a point in time of {TARGET_ARN}"):
            self.again(invocation(recovery_point_arn), table, clients)

    def test_one_that_is_being_deleted_is_waited_for(
        self, table: dict[str, Any], recovery_point_arn: str, clients: Clients
    ) -> None:
        with pytest.raises(NotYet):
            self.again(invocation(recovery_point_arn), table | {"TableStatus": "DELETING"}, clients)

    def test_one_from_before_the_rotation_is_not_touched(
        self, table: dict[str, Any], recovery_point_arn: str, clients: Clients
    ) -> None:
        del table["RestoreSummary"]
        rotation = invocation(recovery_point_arn, running_for=-HOUR)
        with pytest.raises(TargetTableTaken, match="before this rotation started"):
            self.again(rotation, table, clients)

    @pytest.mark.parametrize("tagged_with", [None, "same", "other"])
    def test_one_that_is_active_is_recognised_by_its_tags(
        self, tagged_with: str | None, table: dict[str, Any], recovery_point_arn: str, clients: Clients
    ) -> None:
        del table["RestoreSummary"]
        value = {None: None, "same": recovery_point_arn, "other": ADVANCED}[tagged_with]
        tags = [{"Key": "backup-dynamodb-rotator:recovery-point", "Value": value}] if value else []
        rotation = invocation(recovery_point_arn, running_for=HOUR)

        if tagged_with == "other":
            with pytest.raises(TargetTableTaken, match=ADVANCED):
                self.again(rotation, table, clients, tags)
        else:
            self.again(rotation, table, clients, tags)


def job_with_target(clients: Clients, table: dict[str, Any] | None) -> Any:  # noqa: ANN401
    """Restores by a job where DynamoDB says this of the target."""
    with Stubber(clients.dynamodb) as dynamodb, Stubber(clients.backup) as backup:
        if table:
            dynamodb.add_response("describe_table", {"Table": {"TableName": TARGET, "TableStatus": "ACTIVE"} | table})
        else:
            dynamodb.add_client_error("describe_table", "ResourceNotFoundException")
        backup.add_response("start_restore_job", {"RestoreJobId": "job"})
        return start_restore(invocation(ADVANCED), SETTINGS, clients)


@pytest.mark.parametrize("table", [None, {"CreationDateTime": datetime.now(UTC) + HOUR}])
def test_a_job_is_started_where_no_table_existed_before(table: dict[str, Any] | None, clients: Clients) -> None:
    assert job_with_target(clients, table) == {"RestoreJobId": "job"}


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ({"CreationDateTime": datetime.now(UTC) - HOUR}, TargetTableTaken),
        ({"CreationDateTime": datetime.now(UTC) - HOUR, "TableStatus": "DELETING"}, NotYet),
    ],
)
def test_no_job_is_started_where_a_table_already_existed(
    table: dict[str, Any], error: type[Exception], clients: Clients
) -> None:
    with pytest.raises(error, match=TARGET):
        job_with_target(clients, table)


def test_an_active_table_is_complete_and_carries_the_tags_of_ownership(
    recovery_point_arn: str, clients: Clients
) -> None:
    start_restore(invocation(recovery_point_arn), SETTINGS, clients)

    output = check_restore_status(invocation(recovery_point_arn), SETTINGS, clients)

    assert output["RestoreStatus"] == "COMPLETE"
    tags = clients.dynamodb.list_tags_of_resource(ResourceArn=TARGET_ARN)["Tags"]
    assert {tag["Key"].removeprefix("backup-dynamodb-rotator:"): tag["Value"] for tag in tags} == {
        "module": "rotator",
        "rule": "staging",
        "source-table": "arn:aws:dynamodb:us-east-1:123456789012:table/orders",
        "recovery-point": recovery_point_arn,
        "backup-time": "2026-11-23T02:07:00.000Z",
        "table-id": output["Table"]["TableId"],
    }


def test_a_table_with_the_tags_of_another_recovery_point_is_not_claimed(
    recovery_point_arn: str, clients: Clients
) -> None:
    start_restore(invocation(recovery_point_arn), SETTINGS, clients)
    check_restore_status(invocation(recovery_point_arn), SETTINGS, clients)

    with pytest.raises(TargetTableTaken, match=recovery_point_arn):
        check_restore_status(invocation(ADVANCED), SETTINGS, clients)


def test_a_table_that_another_rule_made_of_the_same_recovery_point_is_not_claimed(
    recovery_point_arn: str, clients: Clients
) -> None:
    start_restore(invocation(recovery_point_arn), SETTINGS, clients)
    check_restore_status(invocation(recovery_point_arn), SETTINGS, clients)
    rotation = invocation(recovery_point_arn)
    rotation["State"]["Rule"] = "reporting"

    with pytest.raises(TargetTableTaken, match="from rule staging rather than rule reporting"):
        check_restore_status(rotation, SETTINGS, clients)


def test_a_table_of_the_longest_name_can_be_tagged_and_known_again(clients: Clients) -> None:
    source_table_arn = f"arn:aws:dynamodb:us-gov-west-1:{ACCOUNT}:table/{'a' * 255}"
    rotation = invocation(f"{source_table_arn}/backup/01795422364460-083c1149", source_table_arn=source_table_arn)
    clients.dynamodb.create_table(
        TableName=TARGET,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    table_id = check_restore_status(rotation, SETTINGS, clients)["Table"]["TableId"]

    tags = tags_of(TARGET_ARN, clients.dynamodb)
    assert max(map(len, tags.values())) == 256
    assert is_copy(tags, table_id, rotation["State"], SETTINGS.module)


@pytest.mark.usefixtures("clients")
def test_a_table_that_is_gone_is_an_error_that_names_it(clients: Clients) -> None:
    with pytest.raises(TableNotFound, match=TARGET):
        check_restore_status(invocation(), SETTINGS, clients)


def test_a_status_that_is_not_part_of_a_restore_is_an_error_that_names_it(clients: Clients) -> None:
    with Stubber(clients.dynamodb) as stub:
        stub.add_response("describe_table", {"Table": {"TableName": TARGET, "TableStatus": "ARCHIVED"}})
        with pytest.raises(UnexpectedTableStatus, match=f"{TARGET} is ARCHIVED"):
            check_restore_status(invocation(), SETTINGS, clients)


def checked_job(clients: Clients, *, redriven_after: timedelta | None = None, **job: Any) -> DescribeTableOutput:  # noqa: ANN401
    """The check of a restore whose job looks like this, and which was redriven so long after the job's creation."""
    created = datetime.now(UTC) - HOUR
    rotation = invocation(ADVANCED)
    rotation["State"]["StartRestoreJobOutput"] = {"RestoreJobId": "job"}
    if redriven_after is not None:
        rotation["Execution"] |= {"RedriveCount": 1, "RedriveTime": to_iso8601(created + redriven_after)}
    with Stubber(clients.backup) as stub:
        stub.add_response("describe_restore_job", {"RestoreJobId": "job", "CreationDate": created, **job})
        return check_restore_status(rotation, SETTINGS, clients)


@pytest.mark.parametrize("status", ["PENDING", "RUNNING"])
def test_a_job_that_runs_is_in_progress(status: str, clients: Clients) -> None:
    output = checked_job(clients, Status=status)

    assert (output["Table"], output["RestoreStatus"], output["SecondsToNextCheck"]) == ({}, "IN_PROGRESS", 359)


@pytest.mark.parametrize("status", ["FAILED", "ABORTED"])
def test_a_restore_job_that_ended_badly_fails_with_the_message_of_aws(status: str, clients: Clients) -> None:
    with pytest.raises(RestoreJobFailed, match=f"job is {status}: no such key"):
        checked_job(clients, Status=status, StatusMessage="no such key")


@pytest.mark.parametrize("status", ["FAILED", "ABORTED"])
def test_a_redrive_starts_over_a_restore_whose_job_had_failed(status: str, clients: Clients) -> None:
    output = checked_job(clients, Status=status, StatusMessage="no such key", redriven_after=HOUR / 2)

    assert (output["RestoreStatus"], output["SecondsToNextCheck"]) == ("START_OVER", 1)


def test_a_job_that_fails_after_the_redrive_is_not_started_over_for_ever(clients: Clients) -> None:
    with pytest.raises(RestoreJobFailed):
        checked_job(clients, Status="FAILED", StatusMessage="no such key", redriven_after=-HOUR / 2)


@pytest.mark.parametrize("message", ["Rate exceeded", "You have reached the number of concurrent restores allowed"])
def test_a_job_that_hit_a_limit_is_started_over_after_a_wait(message: str, clients: Clients) -> None:
    output = checked_job(clients, Status="FAILED", StatusMessage=message)

    assert (output["RestoreStatus"], output["SecondsToNextCheck"]) == ("START_OVER", 300)


@pytest.mark.parametrize(("redriven_after", "starts_over"), [(None, False), (HOUR / 2, True), (-HOUR / 2, False)])
def test_a_redrive_starts_over_a_native_restore_whose_table_is_gone(
    redriven_after: timedelta | None, starts_over: bool, clients: Clients
) -> None:
    created = datetime.now(UTC) - HOUR
    rotation = invocation()
    rotation["State"]["RestoreTableFromBackupOutput"] = {
        "TableDescription": {"TableName": TARGET, "CreationDateTime": to_iso8601(created)}
    }
    if redriven_after is not None:
        rotation["Execution"] |= {"RedriveCount": 1, "RedriveTime": to_iso8601(created + redriven_after)}

    if starts_over:
        assert check_restore_status(rotation, SETTINGS, clients)["RestoreStatus"] == "START_OVER"
    else:
        with pytest.raises(TableNotFound, match=TARGET):
            check_restore_status(rotation, SETTINGS, clients)
