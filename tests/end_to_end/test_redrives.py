"""What an operator does once the cause is fixed: a redrive resumes in the state that failed."""

import json
import os
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from local_aws import Fault, changed_settings, injected
from tests.support.aws import ENDPOINT, client, items, local_only, recovery_points
from tests.support.deployment import BackupJob, Deployment
from tests.support.permissions import without
from tests.support.polling import wait_until
from tests.support.tables import make_table, make_table_with_settings

pytestmark = [local_only, pytest.mark.usefixtures("_quick_restores")]


def denied(service: str, operation: str, function: str) -> Fault:
    return Fault(service=service, operation=operation, error="AccessDeniedException", role=f"rotator-test-{function}")


@dataclass(frozen=True)
class Case:
    """A state that fails: the rule and the source table whose rotation gets there, and what AWS denies it."""

    state: str
    rule: str
    source: str
    fault: Fault
    native: bool = True


CASES = [
    Case("Start Restore", "staging", "production", denied("dynamodb", "RestoreTableFromBackup", "restore-backup")),
    Case("Start Restore Job", "staging", "production", denied("backup", "StartRestoreJob", "restore-backup"), False),
    Case("Check Restore Status", "staging", "production", denied("dynamodb", "TagResource", "check-restore-status")),
    Case("Configure Table", "complete", "settings", denied("dynamodb", "UpdateTable", "configure-table")),
    Case("Run Hook State Machine", "waiting", "waiting", denied("states", "StartExecution", "state-machine")),
    Case("Carry Over Settings", "complete", "settings", denied("dynamodb", "UpdateTimeToLive", "carry-over-settings")),
    Case("Verify Table", "staging", "production", denied("dynamodb", "Scan", "verify-table")),
    Case("Update SSM Parameter", "staging", "production", denied("ssm", "PutParameter", "update-ssm-parameter")),
    Case("Delete Old Tables", "pruned", "prune", denied("dynamodb", "ListTables", "delete-old-tables")),
]


@dataclass(frozen=True)
class Outcome:
    """A rotation that failed in a state, and how it ended after the redrive."""

    failed: dict[str, Any]
    redriven: dict[str, Any]
    history: list[dict[str, Any]]

    @property
    def states_after_the_redrive(self) -> list[str]:
        types = [event["type"] for event in self.history]
        after = self.history[types.index("ExecutionRedriven") :]
        return [event["stateEnteredEventDetails"]["name"] for event in after if "stateEnteredEventDetails" in event]


@pytest.fixture(scope="module")
def outcomes(deployment: Deployment) -> dict[str, Outcome]:
    """All at once, because a rotation waits most of the time."""
    jobs: dict[str, BackupJob] = {}
    with ExitStack() as faults:
        for number, case in enumerate(CASES):
            name = f"rotator-test-redrive-{number}-{case.source}"
            faults.enter_context(recovery_points(native=case.native))
            # ListTables names no table.
            aimed = case.fault if case.rule == "pruned" else replace(case.fault, containing=name[:23])
            faults.enter_context(injected(os.environ[ENDPOINT], aimed))
            jobs[case.state] = deployment.end_of_backup(deployment.start_backup(make_source(name, case)))
        failed = {case.state: deployment.end_of_rotation(case.rule, jobs[case.state]) for case in CASES}
    for case in CASES:
        client("stepfunctions").redrive_execution(executionArn=deployment.execution_arn(case.rule, jobs[case.state]))
    return {
        case.state: Outcome(
            failed[case.state],
            deployment.end_of_rotation(case.rule, jobs[case.state]),
            deployment.history(case.rule, jobs[case.state]),
        )
        for case in CASES
    }


def make_source(name: str, case: Case) -> str:
    if case.source == "settings":
        return make_table_with_settings(name, "table_class", "time_to_live")
    return make_table(name)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.state)
def test_a_redrive_resumes_in_the_state_that_failed(case: Case, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[case.state]

    assert outcome.failed["status"] == "FAILED"
    # What fails to configure the copy is listed under one error.
    assert "AccessDenied" in outcome.failed["error"] + outcome.failed["cause"]
    assert outcome.redriven["status"] == "SUCCEEDED", (
        f"{outcome.redriven.get('error')}: {outcome.redriven.get('cause')}"
    )
    assert outcome.states_after_the_redrive[0] == case.state
    state = json.loads(outcome.redriven["output"])
    assert state["TargetTableName"] == json.loads(outcome.failed["input"])["TargetTableName"]
    source = state["BackupSnsMessage"]["BackedUpResourceArn"].rpartition("/")[2]
    assert items(state["TargetTableName"]) == [{"id": {"S": source}}]


def test_a_restore_job_that_failed_is_replaced_by_a_new_one(deployment: Deployment) -> None:
    name = "rotator-test-again-production"
    with (
        without("dynamodb:RestoreTableFromAwsBackup", deployment.rotator["restore_role"]["name"]),
        recovery_points(native=False),
    ):
        job = deployment.end_of_backup(deployment.start_backup(make_table(name)))
        execution = deployment.end_of_rotation("staging", job)
    assert (execution["status"], execution["error"]) == ("FAILED", "RestoreJobFailed")
    assert "dynamodb:RestoreTableFromAwsBackup" in execution["cause"]
    failed_job = last_state_input(deployment.history("staging", job))["StartRestoreJobOutput"]["RestoreJobId"]

    client("stepfunctions").redrive_execution(executionArn=deployment.execution_arn("staging", job))
    state = deployment.rotate("staging", job)

    assert state["StartRestoreJobOutput"]["RestoreJobId"] != failed_job
    assert items(state["TargetTableName"]) == [{"id": {"S": name}}]


def test_a_copy_that_was_deleted_during_the_restore_is_restored_again(deployment: Deployment) -> None:
    name = "rotator-test-deleted-production"
    denied_tags = replace(denied("dynamodb", "TagResource", "check-restore-status"), containing="rotator-test-deleted")
    with recovery_points(native=True), injected(os.environ[ENDPOINT], denied_tags):
        job = deployment.end_of_backup(deployment.start_backup(make_table(name)))
        execution = deployment.end_of_rotation("staging", job)
    target = json.loads(execution["input"])["TargetTableName"]
    client("dynamodb").delete_table(TableName=target)
    client("dynamodb").get_waiter("table_not_exists").wait(TableName=target)

    client("stepfunctions").redrive_execution(executionArn=deployment.execution_arn("staging", job))
    deployment.rotate("staging", job)

    assert items(target) == [{"id": {"S": name}}]


def test_a_job_that_hit_a_limit_is_started_again_without_a_redrive(deployment: Deployment) -> None:
    name = "rotator-test-limited-production"
    full = {"restores_at_once": 0, "failing_restore_jobs": 1}
    with changed_settings(os.environ[ENDPOINT], **full), recovery_points(native=False):
        job = deployment.end_of_backup(deployment.start_backup(make_table(name)))
        wait_until("failed job", lambda: "Wait To Start Over" in entered(job, deployment), deployment.patience_seconds)
    state = deployment.rotate("staging", job)

    assert entered(job, deployment).count("Start Restore Job") == 2
    assert items(state["TargetTableName"]) == [{"id": {"S": name}}]


def entered(job: BackupJob, deployment: Deployment) -> list[str]:
    """The states that the rotation has entered so far."""
    if not deployment.executions(job):
        return []
    events = deployment.history("staging", job)
    return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]


def last_state_input(history: list[dict[str, Any]]) -> dict[str, Any]:
    details = [event["stateEnteredEventDetails"] for event in history if "stateEnteredEventDetails" in event]
    state: dict[str, Any] = json.loads(details[-1]["input"])
    return state
