"""What people can do about an execution that did not succeed, with the commands."""

import json
import shlex
from dataclasses import dataclass

from rotator.report.execution import EndedExecution
from rotator.report.outcome import is_switched
from rotator.report.redrive import redrive_can_help
from rotator.report.steps import SWITCH_STEP
from rotator.state import RotationState


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
    elif redrive_can_help(execution):
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


def _look_at_parameter(state: RotationState) -> NextStep:
    return NextStep(
        "Before you do anything else, look where the parameter points: AWS may have set it although its response was "
        "lost.",
        f"aws ssm get-parameter --name {state['TargetParameterName']} --query Parameter.Value --output text",
    )


def _new_rotation(execution: EndedExecution, start_workflow_function: str) -> NextStep:
    message = execution.state["BackupSnsMessage"]
    return NextStep(
        "If you have changed the rule or upgraded the module, start a new rotation, because a redrive reuses the old "
        "input and the old definition. It makes another copy:",
        _refresh(start_workflow_function, Rule=execution.state["Rule"], RecoveryPointArn=message["RecoveryPointArn"]),
    )


def _first_rotation(start_workflow_function: str) -> NextStep:
    return NextStep(
        "Only start_workflow starts rotations. To rotate the newest recovery point of a table, invoke it with the name "
        "of the table in place of <source table>:",
        _refresh(start_workflow_function, SourceTable="<source table>"),
    )


def _refresh(start_workflow_function: str, **request: str) -> str:
    """The command that invokes `start_workflow` with a request.

    What `fileb://` names, both versions of the CLI send as it is:
    https://docs.aws.amazon.com/cli/latest/userguide/cliv2-migration-changes.html
    """
    return (
        f"echo {shlex.quote(json.dumps({'Refresh': request}))} | "
        f"aws lambda invoke --function-name {start_workflow_function} --payload fileb:///dev/stdin /dev/stdout"
    )
