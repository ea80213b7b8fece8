"""Rotations that meet one another, what somebody else made, or the end of their time."""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws.faults import Fault, changed_settings, injected
from tests.end_to_end.conftest import ENDPOINT, local_only, recovery_points
from tests.end_to_end.deployment import BackupJob, Deployment, client, items
from tests.end_to_end.tables import make_table
from tests.end_to_end.test_permissions import without

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


USERS = "Copy of arn:aws:dynamodb:x:1:table/users from the backup of 2020-01-01T00:00:00.000Z, x"


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
    assert json.loads(execution["input"])["TargetTableName"] not in client("dynamodb").list_tables()["TableNames"]
    assert client("ssm").get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"] == value


def test_a_copy_may_have_the_longest_name_that_dynamodb_takes(deployment: Deployment) -> None:
    name = "rotator-test-" + "x" * 216 + "-production"
    with recovery_points(native=True):
        state = deployment.rotate("staging", deployment.end_of_backup(deployment.start_backup(make_table(name))))

    assert len(state["TargetTableName"]) == 255
    assert items(state["TargetTableName"]) == [{"id": {"S": name}}]


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
        assert users["BackupSnsMessage"]["RecoveryPointArn"] in execution["cause"]


class TestRedrive:
    """What an operator does when the cause is mended."""

    def redriven(self, job: BackupJob, deployment: Deployment) -> dict[str, Any]:
        client("stepfunctions").redrive_execution(executionArn=deployment.execution_arn("staging", job))
        return deployment.rotate("staging", job)

    def test_a_rotation_goes_on_where_it_failed(self, deployment: Deployment) -> None:
        table_arn = make_table("rotator-test-redriven-production")
        fault = Fault(
            service="ssm",
            operation="PutParameter",
            error="AccessDeniedException",
            role="rotator-test-*",
            containing="redriven",
        )
        with injected(os.environ[ENDPOINT], fault):
            job = deployment.end_of_backup(deployment.start_backup(table_arn))
            execution = deployment.end_of_rotation("staging", job)
        assert (execution["status"], execution["error"]) == ("FAILED", "AccessDeniedException")

        state = self.redriven(job, deployment)

        assert state["UpdateSSMParameterOutput"]["Value"] == state["DescribeTableOutput"]["Table"]["TableArn"]
        for function in ("restore_backup", "verify_table"):
            lines = deployment.log_lines(function, job.id)
            assert len([line for line in lines if line.get("level") == "INFO"]) == 1, "done a second time"

    def test_a_restore_job_that_failed_is_started_anew(self, deployment: Deployment) -> None:
        with without("dynamodb:RestoreTableFromAwsBackup", deployment.rotator["restore_role"]["name"]):
            table_arn = make_table("rotator-test-again-production")
            job = deployment.end_of_backup(deployment.start_backup(table_arn))
            execution = deployment.end_of_rotation("staging", job)
        assert (execution["status"], execution["error"]) == ("FAILED", "RestoreJobFailed")
        assert "dynamodb:RestoreTableFromAwsBackup" in execution["cause"]

        state = self.redriven(job, deployment)

        assert state["StartedOver"] == 1
        assert items(state["TargetTableName"]) == [{"id": {"S": "rotator-test-again-production"}}]


class TestEndOfTime:
    """Whatever a rotation waits for, it ends when its time is over, and that is reported."""

    def test_the_restore(self, deployment: Deployment) -> None:
        with changed_settings(os.environ[ENDPOINT], restore_seconds=5):
            cause = self.fails("check_restore_status", deployment)
        assert "the restore that began at" in cause

    @pytest.mark.parametrize(
        ("function", "service"),
        [("configure_table", "dynamodb"), ("verify_table", "dynamodb"), ("update_ssm_parameter", "ssm")],
    )
    def test_a_call_that_aws_does_not_take_yet(self, function: str, service: str, deployment: Deployment) -> None:
        role = deployment.rotator["function_roles"][function]["name"]
        cause = self.fails(function, deployment, Fault(service=service, error="ThrottlingException", role=role))
        assert "ThrottlingException" in cause

    def fails(self, function: str, deployment: Deployment, *faults: Fault) -> str:
        name = f"rotator-test-slow-{function}-production"
        with environment_of(function, deployment, TIMEOUT_HOURS="0.000001"), ExitStack() as while_it_runs:
            for fault in faults:
                while_it_runs.enter_context(injected(os.environ[ENDPOINT], fault))
            job = deployment.end_of_backup(deployment.start_backup(make_table(name)))
            execution = deployment.end_of_rotation("staging", job)
        assert (execution["status"], execution["error"]) == ("FAILED", "RotationTimedOut")
        reports = [message["Subject"] for message in deployment.messages_at(deployment.outputs["inbox_url"]["value"])]
        assert f"Failed: rotation of {name} by rule staging" in reports
        return str(execution["cause"])


@contextmanager
def environment_of(function: str, deployment: Deployment, **changes: str) -> Iterator[None]:
    """Waits for the end of all other rotations first, which are not to have it."""
    deployment.end_of_all_rotations()
    name = deployment.rotator["functions"][function]["name"]
    before = client("lambda").get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    client("lambda").update_function_configuration(FunctionName=name, Environment={"Variables": before | changes})
    try:
        yield
    finally:
        client("lambda").update_function_configuration(FunctionName=name, Environment={"Variables": before})
