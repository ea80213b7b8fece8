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

from tests.end_to_end.conftest import ENDPOINT, local_only, recovery_points
from tests.end_to_end.deployment import BackupJob, Deployment, client, items
from tests.end_to_end.tables import make_table
from tests.local_aws.faults import Fault, InjectedFault, injected

pytestmark = local_only

SUCCEEDS = ""
PREFIX = "rotator-test-"

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
    "job-invalid": (
        error("backup", "StartRestoreJob", "InvalidParameterValueException"),
        "InvalidParameterValueException",
    ),
    "job-denied": (error("backup", "StartRestoreJob", "AccessDeniedException"), "AccessDeniedException"),
}
CASES = [("native", name) for name in NATIVE] + [("advanced", name) for name in ADVANCED]


@dataclass(frozen=True)
class Outcome:
    job: BackupJob
    execution: dict[str, Any]
    struck: int


@pytest.fixture(scope="module")
def outcomes(deployment: Deployment) -> Iterator[dict[tuple[str, str], Outcome]]:
    jobs: dict[tuple[str, str], tuple[BackupJob, InjectedFault]] = {}
    with ExitStack() as faults:
        for kind, cases in (("native", NATIVE), ("advanced", ADVANCED)):
            faults.enter_context(recovery_points(native=kind == "native"))
            started = {}
            for name, (fault, _) in cases.items():
                source = f"{PREFIX}{kind}-{name}-production"
                aimed = replace(fault, containing=f"{kind}-{name}")
                started[name] = (
                    deployment.start_backup(make_table(source)),
                    faults.enter_context(injected(os.environ[ENDPOINT], aimed)),
                )
            for name, (job_id, struck) in started.items():
                jobs[kind, name] = deployment.end_of_backup(job_id), struck
        executions = {case: deployment.end_of_rotation("staging", job) for case, (job, _) in jobs.items()}
        yield {case: Outcome(job, executions[case], fault.struck) for case, (job, fault) in jobs.items()}


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_there_is_one_right_outcome(kind: str, name: str, outcomes: dict[tuple[str, str], Outcome]) -> None:
    outcome = outcomes[kind, name]
    execution, state = outcome.execution, json.loads(outcome.execution["input"])
    fault, expected = (NATIVE if kind == "native" else ADVANCED)[name]
    target, parameter = state["TargetTableName"], state["TargetParameterName"]

    assert outcome.struck > 0, "the fault never struck"
    if expected == SUCCEEDS:
        assert execution["status"] == "SUCCEEDED", f"{execution.get('error')}: {execution.get('cause')}"
        assert items(target) == [{"id": {"S": outcome.job.table_arn.rpartition("/")[2]}}]
        value = client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]
        assert value.rpartition("/")[2] == target
    else:
        assert (execution["status"], execution["error"]) == ("FAILED", expected)
        if fault.times is not None:
            assert outcome.struck == 1, "a permanent error is not retried"


def test_every_rotation_is_reported_but_the_one_that_may_not_be(
    deployment: Deployment, outcomes: dict[tuple[str, str], Outcome]
) -> None:
    reports = [message["Subject"] for message in deployment.messages_at(deployment.outputs["inbox_url"]["value"])]

    for kind, name in outcomes:
        expected = (NATIVE if kind == "native" else ADVANCED)[name][1]
        subject = (
            f"{'Failed' if expected else 'Complete'}: rotation of {PREFIX}{kind}-{name}-production by rule staging"
        )
        assert reports.count(subject) == (0 if name == "publish-denied" else 1), subject


def test_nothing_is_left_in_the_queues(deployment: Deployment, outcomes: dict[tuple[str, str], Outcome]) -> None:
    names = {f"{kind}-{name}-" for kind, name in outcomes}
    left = [*deployment.messages("failed_notifications_queue"), *deployment.messages("undelivered_notifications_queue")]
    assert [message for message in left if any(name in json.dumps(message) for name in names)] == []
