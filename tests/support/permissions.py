"""What roles are permitted, and permissions taken away for a while."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.aws import client


def statements(role: str, on: str = "") -> list[tuple[str, str, str]]:
    """The role with each statement of its policies, where a text is given about a resource with it, and each action."""
    found = []
    for name in client("iam").list_role_policies(RoleName=role)["PolicyNames"]:
        policy = client("iam").get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for statement in policy["Statement"]:
            if on in json.dumps(statement["Resource"]):
                found += [(role, statement["Sid"], action) for action in _actions(statement)]
    return found


@contextmanager
def without(action: str, role: str, sid: str | None = None, account: str | None = None) -> Iterator[None]:
    """Takes an action out of the role's policy, or out of one statement, for as long as the block runs."""
    iam = client("iam", account)
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    reduced = {
        **policy,
        "Statement": [
            _reduced(statement, action) if sid in (None, statement["Sid"]) else statement
            for statement in policy["Statement"]
        ],
    }
    assert reduced != policy, f"{role} does not have {action}"
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(reduced))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))


@contextmanager
def not_invoked_by(source_arn: str, function_arn: str) -> Iterator[None]:
    """Takes the permission to invoke a function away from a topic or rule, for as long as the block runs."""
    policy = json.loads(client("lambda").get_policy(FunctionName=function_arn)["Policy"])
    (permission,) = (statement for statement in policy["Statement"] if source_arn in json.dumps(statement))
    client("lambda").remove_permission(FunctionName=function_arn, StatementId=permission["Sid"])
    try:
        yield
    finally:
        client("lambda").add_permission(
            FunctionName=function_arn,
            StatementId=permission["Sid"],
            Action=permission["Action"],
            Principal=permission["Principal"]["Service"],
            SourceArn=source_arn,
        )


@contextmanager
def without_policy(event_bus: str) -> Iterator[None]:
    """Closes an event bus to other accounts for as long as the block runs."""
    events = client("events")
    policy = events.describe_event_bus(Name=event_bus)["Policy"]
    events.remove_permission(EventBusName=event_bus, RemoveAllPermissions=True)
    try:
        yield
    finally:
        events.put_permission(EventBusName=event_bus, Policy=policy)


def _reduced(statement: dict[str, Any], action: str) -> dict[str, Any]:
    # IAM knows no statement without an action, so one that nobody uses takes its place.
    return {**statement, "Action": [kept for kept in _actions(statement) if kept != action] or ["iam:GetRole"]}


def _actions(statement: dict[str, Any]) -> list[str]:
    actions: list[str] | str = statement["Action"]
    return [actions] if isinstance(actions, str) else actions
