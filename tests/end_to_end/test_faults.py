"""Whatever AWS does to a call, there is one right outcome: a row of cases for each kind of recovery point.

All rotations run at once, each of a table of its own, which its fault is aimed at by name.
"""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from local_aws import Fault, InjectedFault, injected
from rotator.aws_errors import LASTING_QUOTAS, NOT_VISIBLE_YET, NOT_YET
from tests.support.aws import ENDPOINT, client, items, local_only, recovery_points
from tests.support.backups import back_up_unnoticed
from tests.support.deployment import BackupJob, Deployment
from tests.support.polling import wait_until
from tests.support.tables import make_table, make_table_with_settings

pytestmark = local_only

SUCCEEDS = ""
PREFIX = "rotator-test-"

IN_USE = "ResourceInUseException"
UNKNOWN = "ResourceNotFoundException"
CONCURRENT = "ConcurrentUpdateException"

# More than a client's own attempts, so that the state machine has to retry as well.
OFTEN = 4


def error(service: str, operation: str, code: str, times: int | None = OFTEN, status: int = 400) -> Fault:
    return Fault(service=service, operation=operation, error=code, times=times, status=status, role=f"{PREFIX}*")


def lost(service: str, operation: str) -> Fault:
    return Fault(service=service, operation=operation, drop=True, takes_effect=True, times=1, role=f"{PREFIX}*")


def killed(function: str, moment: Any) -> Fault:  # noqa: ANN401
    return Fault(function=f"{PREFIX}{function}", kill=moment, times=1)


BOTH_KINDS = {
    "describe-throttled": (error("dynamodb", "DescribeTable", "ThrottlingException"), SUCCEEDS),
    "describe-broken": (error("dynamodb", "DescribeTable", "InternalServerError", status=500), SUCCEEDS),
    "describe-unknown-yet": (error("dynamodb", "DescribeTable", "ResourceNotFoundException", 2), SUCCEEDS),
    "describe-gone": (error("dynamodb", "DescribeTable", "ResourceNotFoundException", None), "TableNotFound"),
    "describe-denied": (error("dynamodb", "DescribeTable", "AccessDeniedException"), "AccessDeniedException"),
    "tags-unknown-yet": (error("dynamodb", "ListTagsOfResource", UNKNOWN, 1), SUCCEEDS),
    "tag-limited": (error("dynamodb", "TagResource", "LimitExceededException"), SUCCEEDS),
    "tag-unknown-yet": (error("dynamodb", "TagResource", "ResourceNotFoundException"), SUCCEEDS),
    "tag-in-use": (error("dynamodb", "TagResource", "ResourceInUseException"), SUCCEEDS),
    "tag-lost": (lost("dynamodb", "TagResource"), SUCCEEDS),
    "put-crowded": (error("ssm", "PutParameter", "TooManyUpdates"), SUCCEEDS),
    "put-throttled": (error("ssm", "PutParameter", "ThrottlingException"), SUCCEEDS),
    "put-broken": (error("ssm", "PutParameter", "InternalServerError", status=500), SUCCEEDS),
    "put-lost": (lost("ssm", "PutParameter"), SUCCEEDS),
    "put-full": (
        error("ssm", "PutParameter", "ParameterMaxVersionLimitExceeded"),
        "ParameterMaxVersionLimitExceeded",
    ),
    "history-throttled": (error("ssm", "GetParameterHistory", "ThrottlingException"), SUCCEEDS),
    "start-throttled": (error("states", "StartExecution", "ThrottlingException", 3), SUCCEEDS),
    "start-lost": (lost("states", "StartExecution"), SUCCEEDS),
    "publish-denied": (error("sns", "Publish", "AuthorizationError"), SUCCEEDS),
    "restore-killed-before": (killed("restore-backup", "before"), SUCCEEDS),
    "restore-killed-after": (killed("restore-backup", "after"), SUCCEEDS),
    "check-killed-after": (killed("check-restore-status", "after"), SUCCEEDS),
    "update-killed-after": (killed("update-ssm-parameter", "after"), SUCCEEDS),
}
NATIVE = BOTH_KINDS | {
    "restore-over-quota": (error("dynamodb", "RestoreTableFromBackup", "LimitExceededException"), SUCCEEDS),
    "restore-in-use": (error("dynamodb", "RestoreTableFromBackup", "BackupInUseException"), SUCCEEDS),
    "restore-throttled": (error("dynamodb", "RestoreTableFromBackup", "ThrottlingException"), SUCCEEDS),
    "restore-broken": (error("dynamodb", "RestoreTableFromBackup", "InternalServerError", status=500), SUCCEEDS),
    "restore-lost": (lost("dynamodb", "RestoreTableFromBackup"), SUCCEEDS),
    "restore-no-backup": (
        error("dynamodb", "RestoreTableFromBackup", "BackupNotFoundException"),
        "BackupNotFoundException",
    ),
    "restore-invalid": (error("dynamodb", "RestoreTableFromBackup", "ValidationException"), "ValidationException"),
    "restore-denied": (error("dynamodb", "RestoreTableFromBackup", "AccessDeniedException"), "AccessDeniedException"),
}
ADVANCED = BOTH_KINDS | {
    "job-throttled": (error("backup", "StartRestoreJob", "ThrottlingException"), SUCCEEDS),
    "job-over-quota": (error("backup", "StartRestoreJob", "LimitExceededException"), SUCCEEDS),
    "job-broken": (error("backup", "StartRestoreJob", "ServiceUnavailableException", status=500), SUCCEEDS),
    "job-lost": (lost("backup", "StartRestoreJob"), SUCCEEDS),
    # The call does not name the table, so it strikes whichever rotation comes first.
    "job-unknown-yet": (
        replace(error("backup", "DescribeRestoreJob", UNKNOWN, 1), containing="restore-jobs"),
        SUCCEEDS,
    ),
    "job-invalid": (
        error("backup", "StartRestoreJob", "InvalidParameterValueException"),
        "InvalidParameterValueException",
    ),
    "job-denied": (error("backup", "StartRestoreJob", "AccessDeniedException"), "AccessDeniedException"),
}
# Of source tables with one setting each. The client does not retry what DynamoDB does not take yet.
SETTINGS = {
    "time_to_live-in-use": (error("dynamodb", "UpdateTimeToLive", IN_USE, 1), SUCCEEDS),
    "point_in_time_recovery-in-use": (error("dynamodb", "UpdateContinuousBackups", IN_USE, 1), SUCCEEDS),
    "point_in_time_recovery-early": (
        error("dynamodb", "UpdateContinuousBackups", "ContinuousBackupsUnavailableException", 1),
        SUCCEEDS,
    ),
    "point_in_time_recovery-unknown": (
        error("dynamodb", "UpdateContinuousBackups", "TableNotFoundException", 1),
        SUCCEEDS,
    ),
    "point_in_time_recovery-unknown-yet": (
        error("dynamodb", "DescribeContinuousBackups", "TableNotFoundException", 1),
        SUCCEEDS,
    ),
    "time_to_live-unknown-yet": (error("dynamodb", "DescribeTimeToLive", UNKNOWN, 1), SUCCEEDS),
    "time_to_live-unknown": (error("dynamodb", "UpdateTimeToLive", UNKNOWN, 1), SUCCEEDS),
    "time_to_live-lost": (lost("dynamodb", "UpdateTimeToLive"), SUCCEEDS),
    "stream-unknown": (error("dynamodb", "UpdateTable", UNKNOWN, 1), SUCCEEDS),
    "stream-lost": (lost("dynamodb", "UpdateTable"), SUCCEEDS),
    "resource_policy-unknown-yet": (error("dynamodb", "GetResourcePolicy", UNKNOWN, 1), SUCCEEDS),
    "resource_policy-unknown": (error("dynamodb", "PutResourcePolicy", UNKNOWN, 1), SUCCEEDS),
    "resource_policy-in-use": (error("dynamodb", "PutResourcePolicy", IN_USE, 1), SUCCEEDS),
    "table_class-in-use": (error("dynamodb", "UpdateTable", IN_USE, 1), SUCCEEDS),
    "kinesis_destination-in-use": (error("dynamodb", "EnableKinesisStreamingDestination", IN_USE, 1), SUCCEEDS),
    "kinesis_destination-unknown-yet": (
        error("dynamodb", "DescribeKinesisStreamingDestination", UNKNOWN, 1),
        SUCCEEDS,
    ),
    "kinesis_destination-unknown": (error("dynamodb", "EnableKinesisStreamingDestination", UNKNOWN, 1), SUCCEEDS),
    "kinesis_destination-lost": (lost("dynamodb", "EnableKinesisStreamingDestination"), SUCCEEDS),
    "contributor_insights-unknown-yet": (error("dynamodb", "DescribeContributorInsights", UNKNOWN, 1), SUCCEEDS),
    "contributor_insights-unknown": (error("dynamodb", "UpdateContributorInsights", UNKNOWN, 1), SUCCEEDS),
    "contributor_insights-in-use": (error("dynamodb", "UpdateContributorInsights", IN_USE, 1), SUCCEEDS),
    "auto_scaling-busy-target": (
        error("application-autoscaling", "RegisterScalableTarget", CONCURRENT, 1),
        SUCCEEDS,
    ),
    "auto_scaling-busy-policy": (error("application-autoscaling", "PutScalingPolicy", CONCURRENT, 1), SUCCEEDS),
    "auto_scaling-unknown-target": (
        error("application-autoscaling", "PutScalingPolicy", "ObjectNotFoundException", 1),
        SUCCEEDS,
    ),
    # The client retries this code by itself, so the number of calls proves nothing.
    "auto_scaling-quota-of-targets": (
        error("application-autoscaling", "RegisterScalableTarget", "LimitExceededException", None),
        "SettingsNotApplied",
    ),
    "auto_scaling-quota-of-policies": (
        error("application-autoscaling", "PutScalingPolicy", "LimitExceededException", None),
        "SettingsNotApplied",
    ),
    "auto_scaling-broken": (
        error("application-autoscaling", "DescribeScalingPolicies", "InternalServiceException", 3),
        SUCCEEDS,
    ),
}
# Of backups that become known through an event.
EVENTS = {
    "start-throttled": (error("states", "StartExecution", "ThrottlingException"), SUCCEEDS),
    "start-lost": (lost("states", "StartExecution"), SUCCEEDS),
    "delivery-throttled": (replace(error("lambda", "Invoke", "THROTTLING", 2), role=None), SUCCEEDS),
    "delivery-repeated": (replace(lost("lambda", "Invoke"), role=None), SUCCEEDS),
    "workflow-killed-before": (killed("start-workflow", "before"), SUCCEEDS),
    "workflow-killed-after": (killed("start-workflow", "after"), SUCCEEDS),
}
CASES = {"native": NATIVE, "advanced": ADVANCED, "set": SETTINGS, "event": EVENTS}
RULES = {"native": "staging", "advanced": "staging", "set": "complete", "event": "staging"}


def source_name(kind: str, name: str) -> str:
    return f"{PREFIX}{kind}-{name}-{'settings' if kind == 'set' else 'production'}"


def make_source(kind: str, name: str) -> str:
    if kind == "set":
        return make_table_with_settings(source_name(kind, name), name.partition("-")[0])
    return make_table(source_name(kind, name))


@dataclass(frozen=True)
class Outcome:
    job: BackupJob
    execution: dict[str, Any]
    struck: int


@pytest.fixture(scope="module")
def outcomes(deployment: Deployment) -> Iterator[dict[tuple[str, str], Outcome]]:
    jobs: dict[tuple[str, str], tuple[BackupJob, InjectedFault]] = {}
    with ExitStack() as faults:
        for kind, cases in CASES.items():
            vault = deployment.vault("first")["name"] if kind == "event" else None
            faults.enter_context(recovery_points(native=kind != "advanced"))
            started = {}
            for name, (fault, _) in cases.items():
                table_arn = make_source(kind, name)
                aimed = fault if fault.containing else replace(fault, containing=f"{kind}-{name}")
                started[name] = (
                    deployment.start_backup(table_arn, vault),
                    faults.enter_context(injected(os.environ[ENDPOINT], aimed)),
                )
            for name, (job_id, struck) in started.items():
                jobs[kind, name] = deployment.end_of_backup(job_id), struck
        executions = {
            (kind, name): deployment.end_of_rotation(RULES[kind], job) for (kind, name), (job, _) in jobs.items()
        }
        yield {case: Outcome(job, executions[case], fault.struck) for case, (job, fault) in jobs.items()}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, cases in CASES.items() for name in cases])
def test_there_is_one_right_outcome(kind: str, name: str, outcomes: dict[tuple[str, str], Outcome]) -> None:
    outcome = outcomes[kind, name]
    execution, state = outcome.execution, json.loads(outcome.execution["input"])
    fault, expected = CASES[kind][name]

    assert outcome.struck > 0, "the fault never struck"
    if expected != SUCCEEDS:
        assert (execution["status"], execution["error"]) == ("FAILED", expected)
        if fault.times is not None:
            assert outcome.struck == 1, "a permanent error is not retried"
        return
    assert execution["status"] == "SUCCEEDED", f"{execution.get('error')}: {execution.get('cause')}"
    assert items(state["TargetTableName"]) == [{"id": {"S": source_name(kind, name)}}]
    if kind == "set":
        settings = (
            json.loads(execution["output"])["ConfigureTableOutput"]["Settings"]
            | json.loads(execution["output"])["CarryOverSettingsOutput"]["Settings"]
        )
        assert settings[name.partition("-")[0]] == "applied"
    else:
        value = client("ssm").get_parameter(Name=state["TargetParameterName"])["Parameter"]["Value"]
        assert value.rpartition("/")[2] == state["TargetTableName"]


def test_each_row_of_the_table_of_errors_has_a_case() -> None:
    struck = {(fault.operation, fault.error) for cases in CASES.values() for fault, _ in cases.values()}

    assert {*NOT_YET, *LASTING_QUOTAS, *NOT_VISIBLE_YET} <= struck


def test_every_rotation_is_reported_except_the_one_that_cannot_be(
    deployment: Deployment, outcomes: dict[tuple[str, str], Outcome]
) -> None:
    expected = {}
    for kind, name in outcomes:
        result = "Failed" if CASES[kind][name][1] else "Complete"
        subject = f"{result}: rotation of {source_name(kind, name)} by rule {RULES[kind]}"
        expected[subject] = 0 if name == "publish-denied" else 1

    def counted() -> dict[str, int]:
        subjects = [message["Subject"] for message in deployment.inbox()]
        return {subject: subjects.count(subject) for subject in expected}

    wait_until("all reports", lambda: counted() == expected, why_not=lambda: str(counted()))


def test_nothing_is_left_in_the_queues(deployment: Deployment, outcomes: dict[tuple[str, str], Outcome]) -> None:
    names = {f"{kind}-{name}-" for kind, name in outcomes}
    left = [*deployment.messages("failed_notifications_queue"), *deployment.messages("undelivered_notifications_queue")]
    assert [message for message in left if any(name in json.dumps(message) for name in names)] == []


FAULTS_OF_CHANNELS = {
    "throttled": Fault(service="backup", error="ThrottlingException", times=OFTEN),
    "lost": Fault(service="backup", drop=True, takes_effect=True, times=OFTEN),
    "killed": killed("start-workflow", "after"),
}


def in_start_workflow(name: str, operation: str) -> Fault:
    fault = FAULTS_OF_CHANNELS[name]
    return fault if fault.function else replace(fault, operation=operation, role=f"{PREFIX}start-workflow")


@pytest.mark.usefixtures("_quick_restores")
@pytest.mark.parametrize("name", FAULTS_OF_CHANNELS)
def test_a_copied_recovery_point_is_rotated_in_the_end(name: str, deployment: Deployment) -> None:
    vault, table_arn = deployment.vault("other")["name"], make_table(source_name("copy", name))
    with recovery_points(native=False):
        job = deployment.end_of_backup(deployment.start_backup(table_arn, vault))
    with injected(os.environ[ENDPOINT], in_start_workflow(name, "DescribeRecoveryPoint")) as fault:
        deployment.rotate("staging", deployment.copy(job, "other", "first"))
    assert fault.struck > 0, "the fault never struck"


@pytest.mark.usefixtures("_quick_restores")
@pytest.mark.parametrize("name", FAULTS_OF_CHANNELS)
def test_a_sweep_succeeds_in_the_end(name: str, deployment: Deployment) -> None:
    job = back_up_unnoticed(source_name("sweep", name), deployment)
    with injected(os.environ[ENDPOINT], in_start_workflow(name, "ListRecoveryPointsByBackupVault")) as fault:
        deployment.fire_sweep()
        deployment.rotate("staging", job)
    assert fault.struck > 0, "the fault never struck"
    assert deployment.executions(job) == [f"staging-{job.recovery_point_id}"]
