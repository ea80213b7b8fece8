"""Rotations that meet one another, or what somebody else made."""

import json
import os
import time
import uuid
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws import changed_settings
from tests.support.aws import ENDPOINT, client, held_up, items, local_only, recovery_points
from tests.support.deployment import BackupJob, Deployment
from tests.support.tables import make_table, table_names

pytestmark = [local_only, pytest.mark.usefixtures("_quick_restores")]


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


USERS = (
    "Copy of arn:aws:dynamodb:x:1:table/users from the backup of 2020-01-01T00:00:00.000Z, x, "
    "by the rule staging of the module rotator-test"
)


@pytest.mark.parametrize(
    ("kind", "value", "description", "reason"),
    [
        ("String", "theirs", "", "was not set by this module"),
        ("SecureString", "theirs", "", "was not set by this module"),
        ("String", "theirs", USERS, "was not set by this module"),
        (
            "String",
            "arn:aws:dynamodb:x:1:table/users-20200101-00-00-00",
            USERS,
            "points at a copy of arn:aws:dynamodb:x:1:table/users",
        ),
    ],
)
def test_a_parameter_that_is_taken_fails_before_anything_is_restored(
    kind: str, value: str, description: str, reason: str, deployment: Deployment
) -> None:
    name = f"taken-{uuid.uuid4().hex[:8]}"
    parameter = f"/rotator-test/{name}/table-arn"
    client("ssm").put_parameter(Name=parameter, Value=value, Type=kind, Description=description)

    job = deployment.end_of_backup(deployment.start_backup(make_table(f"rotator-test-{name}-production")))
    execution = deployment.end_of_rotation("staging", job)

    assert (execution["status"], execution["error"]) == ("FAILED", "ParameterTaken")
    assert reason in execution["cause"]
    assert json.loads(execution["input"])["TargetTableName"] not in table_names()
    assert client("ssm").get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"] == value


def test_a_parameter_that_was_created_in_advance_is_adopted_once(deployment: Deployment) -> None:
    parameter = "/rotator-test/adopted/table-arn"
    client("ssm").put_parameter(Name=parameter, Value="placeholder", Type="String")
    first, second = (make_table(f"rotator-test-adopt-{name}") for name in ("first", "second"))

    with recovery_points(native=True):
        state = deployment.rotate("adopting", deployment.end_of_backup(deployment.start_backup(first)))
        other = deployment.end_of_rotation("adopting", deployment.end_of_backup(deployment.start_backup(second)))

    assert (other["status"], other["error"]) == ("FAILED", "ParameterTaken")
    value = client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]
    assert value == state["DescribeTableOutput"]["Table"]["TableArn"]


def test_a_copy_may_have_the_longest_name_that_dynamodb_takes(deployment: Deployment) -> None:
    name = "rotator-test-" + "x" * 216 + "-production"
    with recovery_points(native=True):
        state = deployment.rotate("staging", deployment.end_of_backup(deployment.start_backup(make_table(name))))

    assert len(state["TargetTableName"]) == 255
    assert items(state["TargetTableName"]) == [{"id": {"S": name}}]


class TestRotationByHand:
    """Started from the input of an earlier one, with another target."""

    def start(self, state: dict[str, Any], deployment: Deployment, **changes: object) -> dict[str, Any]:
        job = BackupJob("", f"recovery-point:{uuid.uuid4()}", "", datetime.now(UTC))
        client("stepfunctions").start_execution(
            stateMachineArn=deployment.rotator["state_machine_arn"],
            name=f"staging-{job.recovery_point_id}",
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

    @pytest.mark.parametrize("native", [True, False])
    def test_a_table_of_another_recovery_point_is_not_taken_over(
        self, native: bool, deployment: Deployment, jobs: dict[str, BackupJob]
    ) -> None:
        with recovery_points(native=native):
            users = deployment.rotate("staging", deployment.back_up("users-production"))
        orders = deployment.rotate("staging", jobs["orders-production"])

        execution = self.start(users, deployment, TargetTableName=orders["TargetTableName"])

        assert (execution["status"], execution["error"]) == ("FAILED", "TargetTableTaken")
        assert orders["TargetTableName"] in execution["cause"]
        assert deployment.execution_arn("staging", jobs["orders-production"]) in execution["cause"]
        assert ownership(orders)["rotation"] == deployment.execution_arn("staging", jobs["orders-production"])

    @pytest.mark.parametrize("native", [True, False])
    def test_a_recovery_point_is_not_restored_for_another_table(
        self, native: bool, deployment: Deployment, jobs: dict[str, BackupJob]
    ) -> None:
        with recovery_points(native=native):
            users = deployment.end_of_rotation("staging", deployment.back_up("users-production"))
        state = json.loads(users["input"])
        orders_arn = jobs["orders-production"].table_arn
        message = state["BackupSnsMessage"] | {"BackedUpResourceArn": orders_arn}
        target = "rotator-test-mixed-up-20260101-00-00-00"

        execution = self.start(state, deployment, BackupSnsMessage=message, TargetTableName=target)

        assert (execution["status"], execution["error"]) == ("FAILED", "RecoveryPointMismatch")
        assert jobs["users-production"].table_arn in execution["cause"]
        assert orders_arn in execution["cause"]
        assert target not in table_names()


@pytest.fixture(scope="module")
def unannounced_vault() -> str:
    """The name of a vault that publishes no notifications."""
    name = "rotator-test-unannounced"
    client("backup").create_backup_vault(BackupVaultName=name)
    return name


@pytest.mark.parametrize("native", [True, False])
def test_two_backups_of_one_second_end_with_one_copy(
    native: bool, deployment: Deployment, unannounced_vault: str
) -> None:
    kind = "native" if native else "advanced"
    table_arn = make_table(f"rotator-test-twice-{kind}-production")
    with recovery_points(native=native):
        first = deployment.end_of_backup(deployment.start_backup(table_arn))
        winner = deployment.rotate("staging", first)
        second = deployment.end_of_backup(deployment.start_backup(table_arn, unannounced_vault))
    in_the_same_second = replace(second, start_time=first.start_time)

    deployment.publish(in_the_same_second.notification())

    superseded = deployment.rotate("staging", in_the_same_second)
    assert superseded["DescribeTableOutput"]["RestoreStatus"] == "SUPERSEDED"
    assert superseded["TargetTableName"] == winner["TargetTableName"]
    assert "UpdateSSMParameterOutput" not in superseded
    assert ownership(winner)["recovery-point"] == first.recovery_point_arn


def test_copies_are_not_rotated_however_many_nights_they_are_backed_up(deployment: Deployment) -> None:
    source = "rotator-test-nights"
    make_table(source)
    copies: set[str] = set()
    with changed_settings(os.environ[ENDPOINT], backup_seconds=0.1):
        for night in range(1, 6):
            arns = [
                client("dynamodb").describe_table(TableName=name)["Table"]["TableArn"] for name in table_names(source)
            ]
            started = [deployment.start_backup(arn) for arn in arns]
            jobs = {job.table_arn: job for job in map(deployment.end_of_backup, started)}
            state = deployment.rotate("appending", jobs[next(arn for arn in arns if arn.endswith(source))])
            copies.add(state["TargetTableName"])
            # The names of copies have seconds.
            time.sleep(1)
            assert len(jobs) == night
    deployment.end_of_all_rotations()

    assert {*table_names(source)} == {source, *copies}
    assert len(copies) == 5


def ownership(state: dict[str, Any]) -> dict[str, str]:
    """The tags of ownership of the copy of a rotation, without their prefix."""
    arn = state["DescribeTableOutput"]["Table"]["TableArn"]
    tags = client("dynamodb").list_tags_of_resource(ResourceArn=arn)["Tags"]
    return {tag["Key"].removeprefix("backup-dynamodb-rotator:"): tag["Value"] for tag in tags}
