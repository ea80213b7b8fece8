"""Whichever way a rotation ends, somebody hears of it, and what to do."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local_aws import Fault, changed_settings, injected
from tests.support.aws import ENDPOINT, client, local_only, recovery_points
from tests.support.deployment import BackupJob, Deployment
from tests.support.pages import Shell, answer
from tests.support.polling import wait_until
from tests.support.tables import make_table

pytestmark = [local_only, pytest.mark.usefixtures("_quick_restores")]


def report_on(name: str, deployment: Deployment, rule: str = "") -> str:
    """The message about the rotation of a table that did not succeed, as `subject: text`."""

    def arrived() -> str | None:
        for message in deployment.inbox():
            if f"rotation of {name} by rule {rule}" in message["Subject"] and not message["Subject"].startswith(
                "Complete"
            ):
                return f"{message['Subject']}: {message['Message']}"
        return None

    return wait_until(f"report on {name}", arrived, deployment.patience_seconds)


def redrive_command(rule: str, job: BackupJob, deployment: Deployment) -> str:
    return f"aws stepfunctions redrive-execution --execution-arn {deployment.execution_arn(rule, job)}"


def test_a_rotation_that_was_stopped_by_hand_is_reported(deployment: Deployment) -> None:
    name = "rotator-test-stopped-waiting"
    with recovery_points(native=True):
        job = deployment.end_of_backup(deployment.start_backup(make_table(name)))
    deployment.hook_of(job, "waiting")
    client("stepfunctions").stop_execution(executionArn=deployment.execution_arn("waiting", job))

    report = report_on(name, deployment)

    assert report.startswith(f"Stopped: rotation of {name} by rule waiting: ")
    assert "was stopped in the step Run Hook State Machine" in report
    assert "The hook has not completed on it, so it may hold unmasked data." in report
    assert redrive_command("waiting", job, deployment) in report


def test_a_rotation_that_ran_out_of_time_is_reported_and_gets_a_fresh_time_limit(deployment: Deployment) -> None:
    name = "rotator-test-slow-production"
    with (
        time_limit(8, deployment),
        recovery_points(native=True),
        changed_settings(os.environ[ENDPOINT], restore_seconds=12),
    ):
        job = deployment.end_of_backup(deployment.start_backup(make_table(name)))
        execution = deployment.end_of_rotation("staging", job)
    assert execution["status"] == "TIMED_OUT"

    report = report_on(name, deployment)

    assert report.startswith(f"Timed out: rotation of {name} by rule staging: ")
    assert "A restore already under way continues." in report
    assert redrive_command("staging", job, deployment) in report
    wait_until("end of the restore", lambda: is_active(execution), deployment.patience_seconds)
    client("stepfunctions").redrive_execution(executionArn=deployment.execution_arn("staging", job))
    deployment.rotate("staging", job)


def is_active(execution: dict[str, Any]) -> bool | None:
    table = client("dynamodb").describe_table(TableName=json.loads(execution["input"])["TargetTableName"])["Table"]
    return table["TableStatus"] == "ACTIVE" or None


def test_a_call_that_aws_throttles_for_ever_runs_out_of_time(deployment: Deployment) -> None:
    name = "rotator-test-throttled-production"
    throttled = Fault(
        service="dynamodb", operation="Scan", error="ThrottlingException", role="rotator-test-*", containing="throttled"
    )
    with time_limit(20, deployment), recovery_points(native=True), injected(os.environ[ENDPOINT], throttled):
        job = deployment.end_of_backup(deployment.start_backup(make_table(name)))
        execution = deployment.end_of_rotation("staging", job)

    assert execution["status"] == "TIMED_OUT"
    report = report_on(name, deployment)
    assert "did not end within timeout_hours in the step Verify Table" in report
    assert re.search("Last error: +NotYet: .*ThrottlingException.* Scan", report)


def test_a_hook_that_failed_is_reported_with_its_reason(
    deployment: Deployment, early_jobs: dict[str, BackupJob]
) -> None:
    deployment.end_of_rotation("spoiled", early_jobs["hook"])

    report = report_on("rotator-test-hook", deployment, "spoiled")

    assert "failed in the step Run Hook State Machine" in report
    assert re.search("Hook: +arn:.*:stateMachine:rotator-test-failing-hook\n", report)
    assert re.search("Cause: +FAILED: NotMasked: The hook failed on purpose.\n", report)
    assert redrive_command("spoiled", early_jobs["hook"], deployment) in report


def test_a_hook_that_returns_more_than_a_state_may_hold_is_reported(deployment: Deployment) -> None:
    name = "rotator-test-talkative"
    with recovery_points(native=True):
        job = deployment.end_of_backup(deployment.start_backup(make_table(name)))
        execution = deployment.end_of_rotation("talkative", job)
    assert (execution["status"], execution["error"]) == ("FAILED", "States.DataLimitExceeded")

    report = report_on(name, deployment)

    assert "failed in the step Run Hook State Machine" in report
    assert "States.DataLimitExceeded" in report
    assert "talkative-hook" in report
    assert "The hook has run on it, but returned more than a state may hold (256 KiB)." in report
    assert redrive_command("talkative", job, deployment) in report


def test_a_rotation_with_too_long_a_history_is_reported_and_cannot_be_redriven(deployment: Deployment) -> None:
    name = "rotator-test-long-production"
    with recovery_points(native=True), changed_settings(os.environ[ENDPOINT], history_events=20):
        job = deployment.end_of_backup(deployment.start_backup(make_table(name)))
        execution = deployment.end_of_rotation("staging", job)
        assert execution["status"] == "FAILED"
        report = report_on(name, deployment)

    assert "This execution cannot be redriven: Execution history event limit exceeded." in report
    assert redrive_command("staging", job, deployment) not in report
    assert "aws lambda invoke" in report


def test_a_rotation_whose_function_was_killed_is_reported(deployment: Deployment) -> None:
    name = "rotator-test-killed-production"
    with (
        recovery_points(native=True),
        injected(
            os.environ[ENDPOINT], Fault(function="rotator-test-verify-table", kill="before", containing="-killed-")
        ),
    ):
        job = deployment.end_of_backup(deployment.start_backup(make_table(name)))
        execution = deployment.end_of_rotation("staging", job)
    assert (execution["status"], execution["error"]) == ("FAILED", "Runtime.ExitError")

    report = report_on(name, deployment)

    assert "failed in the step Verify Table" in report
    assert "Runtime.ExitError" in report
    assert "stackTrace" not in report
    assert redrive_command("staging", job, deployment) in report


def test_an_execution_that_somebody_started_with_another_input_says_how_rotations_are_started(
    deployment: Deployment,
) -> None:
    arn = client("stepfunctions").start_execution(
        stateMachineArn=deployment.rotator["state_machine_arn"], name="by-hand", input="{}"
    )["executionArn"]

    def arrived() -> dict[str, Any] | None:
        subject = "Failed: by-hand, which is not a rotation"
        return next((message for message in deployment.inbox() if message["Subject"] == subject), None)

    report = wait_until("report", arrived, deployment.patience_seconds)

    assert client("stepfunctions").describe_execution(executionArn=arn)["error"] == "NotARotation"
    assert "It lacks BackupSnsMessage," in report["Message"]
    assert f"--function-name {deployment.rotator['functions']['start_workflow']['name']}" in report["Message"]
    assert "stackTrace" not in report["Message"]


def test_the_command_in_a_report_starts_a_new_rotation(deployment: Deployment, tmp_path: Path) -> None:
    name = "rotator-test-anew-production"
    denied = Fault(
        service="dynamodb",
        operation="RestoreTableFromBackup",
        error="AccessDeniedException",
        role="rotator-test-*",
        containing="-anew-",
    )
    with recovery_points(native=True), injected(os.environ[ENDPOINT], denied):
        job = deployment.end_of_backup(deployment.start_backup(make_table(name)))
        deployment.end_of_rotation("staging", job)
    report = report_on(name, deployment)

    command = next(line for line in report.splitlines() if "aws lambda invoke" in line)
    with Shell(tmp_path) as shell:
        (started,) = answer(shell.run(f"{command}\n"))["Rotations"]

    assert started["Execution"].startswith(f"staging-{job.recovery_point_id}-")
    execution = deployment.end_of_execution(started["Execution"])
    assert execution["status"] == "SUCCEEDED", execution.get("cause")


def test_a_report_that_cannot_be_published_is_kept(deployment: Deployment) -> None:
    name = "rotator-test-unpublished-production"
    refused = Fault(
        service="sns",
        operation="Publish",
        error="AuthorizationError",
        role="rotator-test-report-result",
        containing=name,
    )
    with recovery_points(native=True), injected(os.environ[ENDPOINT], refused):
        job = deployment.end_of_backup(deployment.start_backup(make_table(name)))
        deployment.rotate("staging", job)

        def arrived() -> dict[str, Any] | None:
            records = deployment.messages("failed_reports_queue")
            return next((record for record in records if job.id in json.dumps(record)), None)

        record = wait_until("failed report", arrived, deployment.patience_seconds)

    assert record["requestPayload"]["detail"]["status"] == "SUCCEEDED"
    # As docs/operating.md says.
    client("lambda").invoke(
        FunctionName=deployment.rotator["functions"]["report_result"]["name"],
        Payload=json.dumps(record["requestPayload"]),
    )
    wait_until("report", lambda: any(name in message["Subject"] for message in deployment.inbox()))


@contextmanager
def time_limit(seconds: int, deployment: Deployment) -> Iterator[None]:
    """Another time limit for executions that start while the block runs."""
    arn = deployment.rotator["state_machine_arn"]
    machine = client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    changed = json.dumps(json.loads(machine["definition"]) | {"TimeoutSeconds": seconds})
    client("stepfunctions").update_state_machine(stateMachineArn=arn, definition=changed)
    try:
        yield
    finally:
        client("stepfunctions").update_state_machine(stateMachineArn=arn, definition=machine["definition"])
