"""From a backup to a fresh table and its parameter."""

import json
from datetime import datetime

import pytest
from pytest_terraform.tf import TerraformTestApi

from tests.support.aws import client, items
from tests.support.deployment import BackupJob, Deployment, notification
from tests.support.fixtures import ITEM_TEXT
from tests.support.plans import assert_nothing_to_change
from tests.support.polling import wait_until


def suffix(job: BackupJob) -> str:
    return f"{job.start_time:-%Y%m%d-%H-%M-%S}"


@pytest.mark.parametrize("source", ["orders-production", "users-production"])
def test_a_backup_becomes_a_table_with_its_items_and_its_own_parameter(
    source: str, deployment: Deployment, jobs: dict[str, BackupJob]
) -> None:
    state = deployment.rotate("staging", jobs[source])

    stem = source.removesuffix("-production")
    target = f"rotator-test-{stem}-staging{suffix(jobs[source])}"
    table = client("dynamodb").describe_table(TableName=target)["Table"]
    history = client("ssm").get_parameter_history(Name=f"/rotator-test/{stem}/table-arn")["Parameters"]
    assert state["TargetTableName"] == target
    assert table["TableStatus"] == "ACTIVE"
    assert state["UpdateSSMParameterOutput"]["Value"] == table["TableArn"]
    assert table["TableArn"] in [version["Value"] for version in history]
    assert items(target) == items(deployment.source_table(source)["name"])


def test_a_table_that_matches_two_rules_is_restored_for_each(
    deployment: Deployment, jobs: dict[str, BackupJob]
) -> None:
    job = jobs["orders-production"]

    state = deployment.rotate("reporting", job)

    assert state["TargetTableName"] == f"rotator-test-production_orders{suffix(job)}"
    assert deployment.executions(job) == [f"reporting-{job.recovery_point_id}", f"staging-{job.recovery_point_id}"]


def test_without_a_parameter_success_still_means_that_there_is_a_table(
    deployment: Deployment, jobs: dict[str, BackupJob]
) -> None:
    state = deployment.rotate("reporting", jobs["orders-production"])

    assert state["DescribeTableOutput"]["Table"]["TableStatus"] == "ACTIVE"
    assert "UpdateSSMParameterOutput" not in state


def test_a_table_that_no_rule_matches_is_left_alone(deployment: Deployment, jobs: dict[str, BackupJob]) -> None:
    def said_so() -> bool | None:
        lines = deployment.log_lines("start_workflow", jobs["scratch"].recovery_point_id)
        return any(line["message"] == "No rule matches the table" for line in lines) or None

    wait_until("log line", said_so, deployment.patience_seconds)
    assert deployment.executions(jobs["scratch"]) == []


def test_a_notification_that_comes_again_starts_nothing(deployment: Deployment, jobs: dict[str, BackupJob]) -> None:
    job = jobs["users-production"]

    def handled(times: int) -> None:
        def often_enough() -> bool | None:
            return len(deployment.log_lines("start_workflow", job.recovery_point_id)) >= times or None

        wait_until(f"{times} notifications in the log", often_enough, deployment.patience_seconds)

    deployment.publish(job.notification())
    deployment.publish(job.notification())
    handled(times=3)
    state = deployment.rotate("staging", job)
    deployment.publish(job.notification())
    handled(times=4)

    assert deployment.executions(job) == [f"staging-{job.recovery_point_id}"]
    assert len(deployment.log_lines("restore_backup", state["TargetTableName"])) == 1


@pytest.mark.parametrize(
    ("rule", "error", "name"),
    [
        ("too-long", "InvalidTableName", "unlucky-unlucky-unlucky"),
        ("no-parameter-name", "InvalidParameterName", "/rotator-test//table-arn"),
    ],
)
def test_an_illegal_name_fails_before_anything_is_restored(
    rule: str, error: str, name: str, deployment: Deployment, jobs: dict[str, BackupJob]
) -> None:
    execution = deployment.end_of_rotation(rule, jobs["unlucky"])

    assert (execution["status"], execution["error"]) == ("FAILED", error)
    assert name in execution["cause"]
    assert json.loads(execution["input"])["TargetTableName"] not in client("dynamodb").list_tables()["TableNames"]


def test_an_unreadable_notification_of_a_table_ends_in_the_failure_queue(deployment: Deployment) -> None:
    table_arn = deployment.source_table("orders-production")["arn"]
    text = f"The backup of {table_arn} is complete."
    deployment.publish(notification(text))

    record = deployment.dead_letter("failed_notifications_queue", text)
    assert record["responsePayload"]["errorType"] == "UnreadableEvent"
    assert table_arn in record["requestPayload"]["Records"][0]["Sns"]["Message"]


def test_the_state_keeps_to_its_contract(deployment: Deployment, jobs: dict[str, BackupJob]) -> None:
    job = jobs["orders-production"]

    state = deployment.rotate("staging", job)

    assert state["BackupSnsMessage"] == {
        "StatusMessage": "An AWS Backup job was completed successfully.",
        "RecoveryPointArn": job.recovery_point_arn,
        "BackedUpResourceArn": job.table_arn,
        "BackupJobID": job.id,
        "StartTime": f"{job.start_time:%Y-%m-%dT%H:%M:%S}.{job.start_time.microsecond // 1000:03}Z",
    }
    assert state["SourcePattern"] == "^rotator-test-(.+)-production$"
    assert state["ReplacementPattern"] == "rotator-test-$1-staging"
    assert state["SSMParameterName"] == "/rotator-test/$1/table-arn"
    table = state["DescribeTableOutput"]["Table"]
    assert table["TableName"] == state["TargetTableName"]
    assert datetime.fromisoformat(table["CreationDateTime"]) > job.start_time
    assert table["CreationDateTime"].endswith("Z")
    if ":recovery-point:" in job.recovery_point_arn:
        assert state["StartRestoreJobOutput"]["RestoreJobId"]
    else:
        assert state["RestoreTableFromBackupOutput"]["TableDescription"]["TableName"] == state["TargetTableName"]
    assert state["UpdateSSMParameterOutput"]["Value"] == state["DescribeTableOutput"]["Table"]["TableArn"]


def test_logs_are_json_with_the_rotation_and_without_items(deployment: Deployment, jobs: dict[str, BackupJob]) -> None:
    job = jobs["orders-production"]
    deployment.rotate("staging", job)

    for function in deployment.rotator["functions"]:
        lines = [line for line in deployment.log_lines(function, "") if "message" in line]
        if function != "delete_old_tables":  # no part of this rotation
            assert f"staging-{job.recovery_point_id}" in {line.get("rotation") for line in lines}
        # A sweep is about several source tables, and somebody who rolls back names a parameter.
        subjects = {"recovery_point", "source_tables"} if function == "start_workflow" else {"rotation", "parameter"}
        assert [line for line in lines if line.get("level") == "INFO" and subjects.isdisjoint(line)] == []
        assert deployment.log_lines(function, ITEM_TEXT) == []
    messages = deployment.log_messages(deployment.rotator["state_machine_log_group"]["name"])
    assert any(job.recovery_point_id in message for message in messages)
    assert not any(ITEM_TEXT in message for message in messages)


def test_terraform_finds_nothing_to_change_afterwards(rotator: TerraformTestApi) -> None:
    assert_nothing_to_change(rotator)
