"""What people can do about how an execution ended, with the commands."""

import json
import shlex
from dataclasses import dataclass

from rotator.arns import place_of
from rotator.report.execution import EndedExecution
from rotator.report.outcome import HELD, is_switched, left_alone
from rotator.report.redrive import redrive_can_help
from rotator.report.steps import SWITCH_STEP
from rotator.settings import ReportSettings


@dataclass(frozen=True)
class NextStep:
    """Something that the reader can do, and when. The command is for a shell with the AWS CLI."""

    when: str
    command: str = ""


def next_steps(execution: EndedExecution, settings: ReportSettings) -> tuple[NextStep, ...]:
    """Those after a failure. `settings` name the functions that the commands invoke."""
    if not execution.is_rotation:
        return (_first_rotation(execution, settings),)
    steps = [_redrive(execution)]
    if execution.step == SWITCH_STEP:
        steps.append(_look_at_parameter(execution))
    if not is_switched(execution):
        steps.append(_new_rotation(execution, settings))
    return (*steps, *release(execution, settings))


def release(execution: EndedExecution, settings: ReportSettings) -> tuple[NextStep, ...]:
    """The way to release a parameter that was left alone because it is held. None where it was not."""
    if left_alone(execution.state) != HELD:
        return ()
    request = {"Release": {"Parameter": execution.state["TargetParameterName"]}}
    return (
        NextStep(
            "To release the parameter, so that the next backup moves it on:",
            _invoke(settings.update_ssm_parameter_function, request, execution),
        ),
    )


def _redrive(execution: EndedExecution) -> NextStep:
    if redrive_can_help(execution):
        return NextStep(
            "If you have fixed something in AWS, such as a permission, a table or a hook, or if the rotation only "
            "needs more time, redrive the execution. It resumes in the step where it ended:",
            _aws(f"stepfunctions redrive-execution --execution-arn {execution.arn}", execution),
        )
    if execution.not_redrivable_because:
        return NextStep(f"This execution cannot be redriven: {execution.not_redrivable_because}.")
    return NextStep("A redrive would only fail again.")


def _look_at_parameter(execution: EndedExecution) -> NextStep:
    name = execution.state["TargetParameterName"]
    return NextStep(
        "Before you delete the copy, look where the parameter points: AWS may have set it although its response was "
        "lost.",
        _aws(f"ssm get-parameter --name {name} --query Parameter.Value --output text", execution),
    )


def _new_rotation(execution: EndedExecution, settings: ReportSettings) -> NextStep:
    """Not of this recovery point, because its copy would count as later than those of newer backups."""
    when = (
        "If you have changed the rule or upgraded the module, start a new rotation, because a redrive reuses the old "
        "input and the old definition."
        if redrive_can_help(execution)
        else "Once the cause is fixed, start a new rotation."
    )
    request = {
        "Rule": execution.state["Rule"],
        "SourceTable": execution.state["BackupSnsMessage"]["BackedUpResourceArn"],
    }
    return NextStep(
        f"{when} It makes a copy of the newest backup:",
        _invoke(settings.start_workflow_function, {"Refresh": request}, execution),
    )


def _first_rotation(execution: EndedExecution, settings: ReportSettings) -> NextStep:
    return NextStep(
        "Only start_workflow starts rotations. To rotate the newest recovery point of a table, invoke it with the name "
        "of the table in place of <source table>:",
        _invoke(settings.start_workflow_function, {"Refresh": {"SourceTable": "<source table>"}}, execution),
    )


def _invoke(function: str, request: object, execution: EndedExecution) -> str:
    """The command that invokes a function of the module with a request.

    What `fileb://` names, both versions of the CLI send as it is:
    https://docs.aws.amazon.com/cli/latest/userguide/cliv2-migration-changes.html
    """
    invoke = f"lambda invoke --function-name {function} --payload fileb:///dev/stdin /dev/stdout"
    return f"echo {shlex.quote(json.dumps(request))} | {_aws(invoke, execution)}"


def _aws(command: str, execution: EndedExecution) -> str:
    return f"aws {command} --region {place_of(execution.arn).region}"
