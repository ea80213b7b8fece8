"""What people can do about an execution that did not succeed, with the commands."""

import json
import shlex
import uuid
from dataclasses import dataclass

from rotator.errors import (
    InvalidParameterName,
    InvalidTableName,
    RecoveryPointMismatch,
    RestoreOptionImpossible,
    TableNotFound,
    TargetTableTaken,
)
from rotator.ownership import ROTATION
from rotator.report.execution import EndedExecution
from rotator.report.outcome import is_restore_started, is_switched
from rotator.report.steps import CHECK_STEP, SWITCH_STEP
from rotator.state import RotationState

# A redrive would only fail again, because it reuses the rule and the recovery point as they were.
_ERRORS_OF_THE_INPUT = frozenset(
    error.__name__ for error in (InvalidTableName, InvalidParameterName, RecoveryPointMismatch, RestoreOptionImpossible)
)


@dataclass(frozen=True)
class NextStep:
    """Something that the reader can do, and when. The command is for a shell with the AWS CLI."""

    when: str
    command: str = ""


def next_steps(execution: EndedExecution, start_workflow_function: str) -> tuple[NextStep, ...]:
    """`start_workflow_function` is the name of the function that a new rotation is started with."""
    if not execution.is_rotation:
        return (_first_rotation(start_workflow_function),)
    steps = []
    if execution.not_redrivable_because:
        steps.append(NextStep(f"This execution cannot be redriven: {execution.not_redrivable_because}."))
    elif execution.failure.error not in _ERRORS_OF_THE_INPUT and not _is_without_its_copy(execution):
        steps.append(
            NextStep(
                "If you have fixed something in AWS, such as a permission, a table or a hook, or if the rotation only "
                "needs more time, redrive the execution. It resumes in the step where it ended:",
                f"aws stepfunctions redrive-execution --execution-arn {execution.arn}",
            )
        )
    if execution.step == SWITCH_STEP:
        steps.append(_look_at_parameter(execution.state))
    if not is_switched(execution):
        steps.append(_new_rotation(execution, start_workflow_function))
    return tuple(steps)


def _is_without_its_copy(execution: EndedExecution) -> bool:
    """Only the check of the restore can start it over."""
    return execution.failure.error == TableNotFound.__name__ and execution.step != CHECK_STEP


def _look_at_parameter(state: RotationState) -> NextStep:
    return NextStep(
        "Before you do anything else, look where the parameter points: AWS may have set it although its response was "
        "lost.",
        f"aws ssm get-parameter --name {state['TargetParameterName']} --query Parameter.Value --output text",
    )


def _new_rotation(execution: EndedExecution, start_workflow_function: str) -> NextStep:
    """Suggests to delete the copy of the failed rotation only where nothing can point at it."""
    state = execution.state
    message = state["BackupSnsMessage"]
    condition, delete = "", ""
    if execution.step == SWITCH_STEP:
        condition = ". That only helps where the parameter points elsewhere and the copy of this rotation is gone"
    elif _has_left_a_copy(execution):
        condition = f". The copy has to be deleted first, if it exists and its tag {ROTATION} names no other rotation"
        delete = f"aws dynamodb delete-table --table-name {state['TargetTableName']}\n"
    invoke = _invoke(
        start_workflow_function,
        status_message=message["StatusMessage"],
        recovery_point_arn=message["RecoveryPointArn"],
        table_arn=message["BackedUpResourceArn"],
        job_id=f"again-{uuid.uuid5(uuid.NAMESPACE_URL, execution.arn).hex[:12]}",
        start_time=message["StartTime"],
        rule=state["Rule"],
    )
    return NextStep(
        "If you have changed the rule or upgraded the module, start a new rotation, because a redrive reuses the old "
        f"input and the old definition{condition}:",
        f"{delete}{invoke}",
    )


def _has_left_a_copy(execution: EndedExecution) -> bool:
    gone = execution.failure.error in (TargetTableTaken.__name__, TableNotFound.__name__)
    return is_restore_started(execution) and not gone


def _first_rotation(start_workflow_function: str) -> NextStep:
    return NextStep(
        "Only start_workflow starts rotations. To rotate a backup, invoke it with your own values in place of those in "
        "angle brackets:",
        _invoke(
            start_workflow_function,
            status_message="An AWS Backup job was completed successfully.",
            recovery_point_arn="<ARN of the recovery point>",
            table_arn="<ARN of the source table>",
            job_id="<new id>",
            start_time="<start of the backup, such as 2026-11-23T02:07:00Z>",
            rule="<rule>",
        ),
    )


def _invoke(
    function: str,
    *,
    status_message: str,
    recovery_point_arn: str,
    table_arn: str,
    job_id: str,
    start_time: str,
    rule: str,
) -> str:
    """The command that invokes `start_workflow` with a notification."""
    notification = {
        "Message": f"{status_message} Recovery point ARN: {recovery_point_arn}. Resource ARN : {table_arn}. "
        f"BackupJob ID : {job_id}",
        "MessageAttributes": {
            "StartTime": {"Type": "String", "Value": start_time},
            "Rule": {"Type": "String", "Value": rule},
        },
    }
    payload = json.dumps({"Records": [{"Sns": notification}]}, separators=(",", ":"))
    return (
        f"aws lambda invoke --function-name {function} "
        f"--cli-binary-format raw-in-base64-out --payload {shlex.quote(payload)} /dev/stdout"
    )
