"""The verdicts on restored tables that AWS Backup keeps, for whoever audits it."""

import os
from typing import Any

import pytest

from local_aws import Fault, changed_settings, injected
from tests.support.aws import ENDPOINT, client, held_up, local_only, recovery_points
from tests.support.deployment import BackupJob, Deployment
from tests.support.polling import wait_until
from tests.support.tables import index, make_table

pytestmark = [local_only, pytest.mark.usefixtures("_quick_restores")]


def advanced_backup(name: str, deployment: Deployment, *indexes: dict[str, Any]) -> BackupJob:
    with recovery_points(native=False):
        return deployment.end_of_backup(deployment.start_backup(make_table(name, *indexes)))


def restore_job(state: dict[str, Any]) -> dict[str, Any]:
    job: dict[str, Any] = client("backup").describe_restore_job(
        RestoreJobId=state["StartRestoreJobOutput"]["RestoreJobId"]
    )
    return job


def verdict_on(state: dict[str, Any], deployment: Deployment) -> dict[str, Any]:
    """The restore job of a rotation, once there is a verdict on it."""

    def judged() -> dict[str, Any] | None:
        job = restore_job(state)
        return job if "ValidationStatus" in job else None

    return wait_until("verdict", judged, deployment.patience_seconds)


def refusals(state: dict[str, Any], deployment: Deployment) -> list[dict[str, Any]]:
    lines = deployment.log_lines("report_result", "Verdict not recorded in AWS Backup")
    return [line for line in lines if line["restore_job"] == state["StartRestoreJobOutput"]["RestoreJobId"]]


def is_reported(name: str, deployment: Deployment) -> bool:
    return f"Complete: rotation of {name} by rule staging" in [message["Subject"] for message in deployment.inbox()]


def failure_is_reported(name: str, deployment: Deployment) -> bool:
    return f"Failed: rotation of {name} by rule staging" in [message["Subject"] for message in deployment.inbox()]


def test_a_verified_rotation_of_an_advanced_recovery_point_leaves_its_verdict(deployment: Deployment) -> None:
    state = deployment.rotate("staging", advanced_backup("rotator-test-judged-production", deployment))

    job = verdict_on(state, deployment)

    assert (job["ValidationStatus"], job["ValidationStatusMessage"]) == (
        "SUCCESSFUL",
        "Verified: key, indexes, attribute types, items. Compared with: source table.",
    )
    assert refusals(state, deployment) == []


def test_a_verdict_that_aws_backup_refuses_is_logged_and_fails_nothing(deployment: Deployment) -> None:
    name = "rotator-test-refused-production"
    with changed_settings(os.environ[ENDPOINT], verdicts_on_restore_tests_only=True):
        state = deployment.rotate("staging", advanced_backup(name, deployment))
        wait_until("report", lambda: is_reported(name, deployment), deployment.patience_seconds)

    (refusal,) = refusals(state, deployment)
    assert refusal["level"] == "WARNING"
    assert "is not part of a restore testing plan" in refusal["reason"]
    assert "ValidationStatus" not in restore_job(state)


@pytest.mark.parametrize(
    "trouble",
    [
        {"error": "ThrottlingException", "times": 4},
        {"error": "ServiceUnavailableException", "status": 500, "times": 4},
        {"drop": True, "takes_effect": True, "times": 1},
    ],
    ids=["throttled", "failing", "response lost"],
)
def test_a_verdict_survives_trouble_and_is_recorded_once(trouble: dict[str, Any], deployment: Deployment) -> None:
    name = f"rotator-test-trouble-{len(str(trouble))}-production"
    fault = Fault(
        service="backup", operation="PutRestoreValidationResult", role="rotator-test-report-result", **trouble
    )
    with injected(os.environ[ENDPOINT], fault) as injected_fault:
        state = deployment.rotate("staging", advanced_backup(name, deployment))
        job = verdict_on(state, deployment)
        wait_until("report", lambda: is_reported(name, deployment), deployment.patience_seconds)

    assert injected_fault.struck == trouble["times"]
    assert job["ValidationStatus"] == "SUCCESSFUL"
    assert refusals(state, deployment) == []
    subjects = [message["Subject"] for message in deployment.inbox()]
    assert subjects.count(f"Complete: rotation of {name} by rule staging") == 1


def test_a_rotation_that_failed_verification_leaves_no_verdict_until_a_redrive_succeeds(
    deployment: Deployment,
) -> None:
    name = "rotator-test-doubted-production"
    with held_up("rotator-test-doubted-staging-"):
        job = advanced_backup(name, deployment)
        # The source table gets an index that its backup does not have.
        client("dynamodb").update_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("id", "day")],
            GlobalSecondaryIndexUpdates=[{"Create": index("by-day")}],
        )
    execution = deployment.end_of_rotation("staging", job)
    assert (execution["status"], execution["error"]) == ("FAILED", "VerificationFailed")
    wait_until("report", lambda: failure_is_reported(name, deployment), deployment.patience_seconds)
    (restored,) = [
        line["restore_job"]
        for line in deployment.log_lines("check_restore_status", "Restore job checked")
        if line["rotation"].endswith(job.recovery_point_id)
    ][-1:]
    assert "ValidationStatus" not in client("backup").describe_restore_job(RestoreJobId=restored)
    client("dynamodb").update_table(TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-day"}}])

    client("stepfunctions").redrive_execution(executionArn=deployment.execution_arn("staging", job))
    state = deployment.rotate("staging", job)

    assert verdict_on(state, deployment)["ValidationStatus"] == "SUCCESSFUL"
