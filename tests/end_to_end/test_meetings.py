"""Rotations that meet one another, what somebody else made, or the end of their time."""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.end_to_end.conftest import ENDPOINT, local_only, recovery_points
from tests.end_to_end.deployment import BackupJob, Deployment, client, items
from tests.end_to_end.test_faults import make_table
from tests.local_aws.faults import Fault, injected

pytestmark = local_only


def test_the_parameter_does_not_go_back_where_the_older_backup_is_restored_last(deployment: Deployment) -> None:
    table_arn = make_table("rotator-test-overtaken-production")
    with recovery_points(native=True), ExitStack() as until_the_newer_one_is_done:
        with held_up("overtaken"):
            older = deployment.end_of_backup(deployment.start_backup(table_arn))
            until_the_newer_one_is_done.enter_context(held_up(older.recovery_point_arn))
        newer = deployment.end_of_backup(deployment.start_backup(table_arn))
        deployment.rotate("staging", newer)

    states = {job.id: deployment.rotate("staging", job) for job in (newer, older)}
    value = client("ssm").get_parameter(Name="/rotator-test/overtaken/table-arn")["Parameter"]["Value"]
    assert value == states[newer.id]["DescribeTableOutput"]["Table"]["TableArn"]
    assert states[older.id]["UpdateSSMParameterOutput"]["Value"] == value
    assert states[older.id]["DescribeTableOutput"]["Table"]["TableStatus"] == "ACTIVE"


def held_up(containing: str) -> AbstractContextManager[object]:
    """No restore begins whose request contains the text."""
    fault = Fault(
        service="dynamodb",
        operation="RestoreTableFromBackup",
        error="LimitExceededException",
        role="rotator-test-*",
        containing=containing,
    )
    return injected(os.environ[ENDPOINT], fault)


@pytest.mark.parametrize(
    ("kind", "description", "reason"),
    [
        ("String", "", "was not set by this module"),
        ("SecureString", "", "was not set by this module"),
        (
            "String",
            "Copy of arn:aws:dynamodb:x:1:table/users from the backup of 2020-01-01T00:00:00.000Z, x",
            "points at a copy of arn:aws:dynamodb:x:1:table/users",
        ),
    ],
)
def test_a_parameter_that_is_taken_fails_before_anything_is_restored(
    kind: str, description: str, reason: str, deployment: Deployment
) -> None:
    name = f"taken-{uuid.uuid4().hex[:8]}"
    parameter = f"/rotator-test/{name}/table-arn"
    client("ssm").put_parameter(Name=parameter, Value="theirs", Type=kind, Description=description)

    job = deployment.end_of_backup(deployment.start_backup(make_table(f"rotator-test-{name}-production")))
    execution = deployment.end_of_rotation("staging", job)

    assert (execution["status"], execution["error"]) == ("FAILED", "ParameterTaken")
    assert reason in execution["cause"]
    assert json.loads(execution["input"])["TargetTableName"] not in client("dynamodb").list_tables()["TableNames"]
    assert client("ssm").get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"] == "theirs"


class TestRotationByHand:
    """Started from the input of an earlier one, with another target."""

    def start(self, state: dict[str, Any], deployment: Deployment, **changes: str) -> dict[str, Any]:
        job = BackupJob(uuid.uuid4().hex, "", "", datetime.now(UTC))
        client("stepfunctions").start_execution(
            stateMachineArn=deployment.rotator["state_machine_arn"],
            name=f"staging-{job.id}",
            input=json.dumps(state | changes),
        )
        return deployment.end_of_rotation("staging", job)

    def test_a_recovery_point_can_be_restored_again_under_another_name(
        self, deployment: Deployment, jobs: dict[str, BackupJob]
    ) -> None:
        first = json.loads(deployment.end_of_rotation("staging", jobs["users-production"])["input"])
        again = "rotator-test-again-20260101-00-00-00"

        execution = self.start(first, deployment, TargetTableName=again, TargetParameterName="")

        assert execution["status"] == "SUCCEEDED", execution.get("cause")
        assert items(again) == items(first["TargetTableName"])

    def test_a_table_of_another_recovery_point_is_not_taken_over(
        self, deployment: Deployment, jobs: dict[str, BackupJob]
    ) -> None:
        with recovery_points(native=True):
            users = deployment.rotate("staging", deployment.back_up("users-production"))
        orders = deployment.rotate("staging", jobs["orders-production"])

        execution = self.start(users, deployment, TargetTableName=orders["TargetTableName"])

        assert (execution["status"], execution["error"]) == ("FAILED", "TargetTableTaken")
        assert orders["TargetTableName"] in execution["cause"]
        assert users["BackupSnsMessage"]["RecoveryPointArn"] in execution["cause"]


def test_a_rotation_ends_when_its_time_is_over_and_is_reported(deployment: Deployment) -> None:
    with environment_of("check_restore_status", deployment, TIMEOUT_HOURS="0.000001"):
        job = deployment.end_of_backup(deployment.start_backup(make_table("rotator-test-slow-production")))
        execution = deployment.end_of_rotation("staging", job)

    assert (execution["status"], execution["error"]) == ("FAILED", "RotationTimedOut")
    reports = [message["Subject"] for message in deployment.messages_at(deployment.outputs["inbox_url"]["value"])]
    assert "Failed: rotation of rotator-test-slow-production by rule staging" in reports


@contextmanager
def environment_of(function: str, deployment: Deployment, **changes: str) -> Iterator[None]:
    name = deployment.rotator["functions"][function]["name"]
    before = client("lambda").get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    client("lambda").update_function_configuration(FunctionName=name, Environment={"Variables": before | changes})
    try:
        yield
    finally:
        client("lambda").update_function_configuration(FunctionName=name, Environment={"Variables": before})
