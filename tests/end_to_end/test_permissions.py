"""Each permission is needed: without it, a rotation fails, and says which one is missing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.end_to_end.conftest import local_only
from tests.end_to_end.deployment import BackupJob, Deployment, client, wait_until

pytestmark = local_only


@contextmanager
def without(action: str, role: str) -> Iterator[None]:
    """Takes an action out of the role's policy, for as long as the block runs."""
    iam = client("iam")
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    reduced = {**policy, "Statement": [_reduced(statement, action) for statement in policy["Statement"]]}
    assert reduced != policy, f"{role} does not have {action}"
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(reduced))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))


def _reduced(statement: dict[str, Any], action: str) -> dict[str, Any]:
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    # IAM knows no statement without an action, so one that nobody uses takes its place.
    return {**statement, "Action": [kept for kept in actions if kept != action] or ["iam:GetRole"]}


def failure(deployment: Deployment, job: BackupJob) -> str:
    execution = deployment.end_of_rotation("staging", job)
    assert execution["status"] == "FAILED"
    return f"{execution['error']}: {execution['cause']}"


@pytest.mark.parametrize(
    ("action", "function"),
    [
        ("dynamodb:RestoreTableFromBackup", "restore_backup"),
        ("dynamodb:BatchWriteItem", "restore_backup"),
        ("dynamodb:DescribeTable", "check_restore_status"),
        ("ssm:PutParameter", "update_ssm_parameter"),
    ],
)
def test_a_rotation_fails_without_a_permission_of_a_function(
    action: str, function: str, deployment: Deployment
) -> None:
    with without(action, deployment.rotator["function_roles"][function]["name"]):
        assert action in failure(deployment, deployment.back_up("users-production"))


def test_a_rotation_fails_where_the_state_machine_may_not_invoke_functions(deployment: Deployment) -> None:
    with without("lambda:InvokeFunction", deployment.rotator["state_machine_role"]["name"]):
        assert "lambda:InvokeFunction" in failure(deployment, deployment.back_up("users-production"))


def test_a_notification_is_kept_where_no_rotation_may_be_started(deployment: Deployment) -> None:
    with without("states:StartExecution", deployment.rotator["function_roles"]["start_workflow"]["name"]):
        job = deployment.back_up("users-production")

        def arrived() -> dict[str, Any] | None:
            records = deployment.messages("failed_notifications_queue")
            return next((record for record in records if job.id in json.dumps(record)), None)

        record = wait_until("message in the queue", arrived, deployment.patience_seconds)
    assert "states:StartExecution" in record["responsePayload"]["errorMessage"]


def test_a_notification_is_kept_where_the_function_may_not_be_invoked(deployment: Deployment) -> None:
    function = deployment.rotator["functions"]["start_workflow"]["arn"]
    permission = json.loads(client("lambda").get_policy(FunctionName=function)["Policy"])["Statement"][0]
    client("lambda").remove_permission(FunctionName=function, StatementId=permission["Sid"])
    try:
        job = deployment.back_up("users-production")

        def arrived() -> dict[str, Any] | None:
            messages = deployment.messages("undelivered_notifications_queue")
            return next((message for message in messages if job.id in json.dumps(message)), None)

        wait_until("message in the queue", arrived, deployment.patience_seconds)
    finally:
        client("lambda").add_permission(
            FunctionName=function,
            StatementId=permission["Sid"],
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=deployment.outputs["topic_arn"]["value"],
        )
