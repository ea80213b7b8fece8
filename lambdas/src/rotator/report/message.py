"""What people read about a rotation: what happened, to what, and what to do."""

import json
import shlex
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rotator.errors import (
    InvalidParameterName,
    InvalidTableName,
    RestoreJobFailed,
    RestoreOptionImpossible,
    TableNotFound,
    TargetTableTaken,
)
from rotator.ownership import PREFIX
from rotator.report.execution import ABORTED, FAILED, TIMED_OUT, EndedExecution
from rotator.restore.status import COMPLETE
from rotator.state import RotationState

HOOK_STEPS = frozenset({"Run Hook Function", "Run Hook State Machine"})
START_STEPS = frozenset({"Start Restore", "Start Restore Job"})
STEPS_BEFORE_RESTORE = START_STEPS | {"Native Recovery Point?", "Wait To Start Over"}
CHECK_STEP = "Check Restore Status"
SWITCH_STEP = "Update SSM Parameter"
STEPS_AFTER_SWITCH = frozenset({"Retention Requested?", "Delete Old Tables", "Rotation Complete"})

CLAIMED = "CLAIMED"
SUPERSEDED = "SUPERSEDED"

_ROTATION_TAG = f"{PREFIX}rotation"

_LONGEST_CAUSE = 2000

_LEFT_AT_LATER_COPY = "The parameter was left at the copy of a later backup."
_OLD_COPIES = "Old copies may be left."

_HEADLINES = {
    FAILED: ("Failed", "failed"),
    TIMED_OUT: ("Timed out", "did not end within timeout_hours"),
    ABORTED: ("Stopped", "was stopped"),
}
# A redrive would only fail again, because it reuses the rule as it was.
_ERRORS_OF_THE_RULE = frozenset(
    error.__name__ for error in (InvalidTableName, InvalidParameterName, RestoreOptionImpossible)
)
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_TOO_MUCH_DATA = "States.DataLimitExceeded"
# AWS may have done what the function asked for, although nobody received its response.
_ERRORS_OF_LOST_RESPONSES = frozenset({"Runtime.ExitError", "Sandbox.Timedout", "States.Timeout", "TemporaryFailure"})
# Those of aws-iso* are not documented. Their sign-in is, in botocore's endpoint rules, and its domain is that of the
# console in all other partitions.
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-eusc": "console.amazonaws-eusc.eu",
    "aws-iso": "console.c2shome.ic.gov",
    "aws-iso-b": "console.sc2shome.sgov.gov",
    "aws-iso-e": "console.csphome.adc-e.uk",
    "aws-iso-f": "console.csphome.hci.ic.gov",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


@dataclass(frozen=True)
class NextStep:
    """Something that the reader can do, and when. The command is for a shell with the AWS CLI."""

    when: str
    command: str = ""


@dataclass(frozen=True)
class Message:
    """The parts of a message, from which the forms for e-mail and chat are made."""

    subject: str
    summary: str
    facts: dict[str, str]
    next_steps: tuple[NextStep, ...] = ()

    @property
    def text(self) -> str:
        width = max(map(len, self.facts)) + 2
        facts = [f"{name + ':':{width}}{value}" for name, value in self.facts.items()]
        steps = [f"{step.when}\n\n{step.command}" if step.command else step.when for step in self.next_steps]
        return "\n\n".join([self.summary, "\n".join(facts), *steps]) + "\n"


def success(execution: EndedExecution) -> Message:
    state = execution.state
    restored = state["DescribeTableOutput"]
    if restored["RestoreStatus"] == SUPERSEDED:
        return _superseded(execution)
    headline, summary = "Complete", "A backup of a DynamoDB table was restored to a table that is ready to use."
    if _is_left_at_later_copy(state):
        headline += ", left at a later copy"
        summary += f" {_LEFT_AT_LATER_COPY}"
    return Message(
        subject=f"{headline}: {_rotation(execution)}",
        summary=summary,
        facts={
            **_what(state),
            "Parameter is": state.get("UpdateSSMParameterOutput", {}).get("Value", "-"),
            "Restored in": f"{restored['RestoreSeconds']} s",
            "Verified": _verified(state),
            "Execution": _link(execution.arn),
        },
    )


def _superseded(execution: EndedExecution) -> Message:
    copy = execution.state["TargetTableName"]
    return Message(
        subject=f"Superseded: {_rotation(execution)}",
        summary="Two backups of a DynamoDB table started within the same second, so that their copies would have the "
        f"same name. The rotation of the other backup made the copy {copy}, which stands for both. This rotation ended "
        "without a copy of its own.",
        facts={**_what(execution.state), "Execution": _link(execution.arn)},
    )


def failure(execution: EndedExecution, start_workflow_function: str) -> Message:
    """`start_workflow_function` is the name of the function that a new rotation is started with."""
    headline, verb = _HEADLINES[execution.status]
    step = f" in the step {execution.step}" if execution.step else ""
    facts = _errors(execution) | {"Execution": _link(execution.arn)}
    if not execution.is_rotation:
        return Message(
            subject=f"{headline}: {execution.name}, which is not a rotation",
            summary="Somebody started an execution of the state machine with an input that is not that of a rotation. "
            f"It {verb}{step}. Nothing was restored.",
            facts={"Input": json.dumps(execution.state)[:_LONGEST_CAUSE]} | facts,
            next_steps=(_first_rotation(start_workflow_function),),
        )
    hook = {"Hook": execution.state["BeforeSwitch"]} if execution.step in HOOK_STEPS else {}
    return Message(
        subject=f"{headline}: {_rotation(execution)}",
        summary=f"The rotation of a DynamoDB table {verb}{step}. {_outcome(execution)}",
        facts=_what(execution.state) | hook | facts,
        next_steps=_next_steps(execution, start_workflow_function),
    )


def _rotation(execution: EndedExecution) -> str:
    return f"rotation of {execution.source_table} by rule {execution.rule}"


def _errors(execution: EndedExecution) -> dict[str, str]:
    """How the execution ended, and, where that says nothing of the cause, what it was retrying."""
    failure, last_attempt = execution.failure, execution.last_attempt
    errors = {"Error": failure.error, "Cause": failure.cause}
    if last_attempt != failure:
        errors["Last error"] = ": ".join(filter(None, (last_attempt.error, last_attempt.cause)))
    return {name: text[:_LONGEST_CAUSE] for name, text in errors.items() if text}


def _outcome(execution: EndedExecution) -> str:
    """What the parameter and the copy are like now."""
    state = execution.state
    if _is_switched(execution):
        return " ".join(
            filter(None, (f"The copy {state['TargetTableName']} is ready to use.", _switch(state), _OLD_COPIES))
        )
    if execution.step == SWITCH_STEP:
        return f"The parameter may already point at the copy {state['TargetTableName']}, which stays."
    pointer = "The parameter still points where it did before. " if state["TargetParameterName"] else ""
    return f"{pointer}{_outcome_for_copy(execution)}"


def _is_switched(execution: EndedExecution) -> bool:
    return execution.step in STEPS_AFTER_SWITCH or "UpdateSSMParameterOutput" in execution.state


def _switch(state: RotationState) -> str:
    if _is_left_at_later_copy(state):
        return _LEFT_AT_LATER_COPY
    return "The parameter had been set before that." if state["TargetParameterName"] else ""


def _is_left_at_later_copy(state: RotationState) -> bool:
    output = state.get("UpdateSSMParameterOutput")
    return output is not None and output["Value"] != state["DescribeTableOutput"]["Table"]["TableArn"]


def _outcome_for_copy(execution: EndedExecution) -> str:
    """What the copy is like before the switch."""
    state, error, copy = execution.state, execution.failure.error, execution.state["TargetTableName"]
    if error == RestoreJobFailed.__name__:
        return f"AWS Backup gave up the restore to {copy}."
    if error == TargetTableTaken.__name__:
        return f"The table {copy} belongs to something else, and was left alone."
    if error == TableNotFound.__name__:
        return f"The copy {copy} no longer exists."
    if not _is_started(execution):
        if execution.step in START_STEPS and execution.last_attempt.error in _ERRORS_OF_LOST_RESPONSES:
            return f"A restore to the table {copy} may have been started, because a response was lost."
        return "Nothing was restored."
    if not _is_restored(state):
        return (
            f"A restore already under way continues. The table {copy} stays until you delete it, unless you redrive "
            "the execution. It does not carry the module's tags yet."
        )
    if state["BeforeSwitch"] and "BeforeSwitchOutput" not in state:
        if error == _TOO_MUCH_DATA:
            return f"The copy {copy} stays. The hook has run on it, but returned more than a state may hold (256 KiB)."
        return f"The copy {copy} stays. The hook has not completed on it, so it may hold unmasked data."
    if "CarryOverSettingsOutput" not in state:
        return f"The copy {copy} stays. It may lack settings that the rule asks for."
    return f"The copy {copy} stays."


def _is_started(execution: EndedExecution) -> bool:
    """An earlier restore may have ended without a table, so that it had to start over."""
    outputs = ("RestoreTableFromBackupOutput", "StartRestoreJobOutput")
    return execution.step not in STEPS_BEFORE_RESTORE and any(output in execution.state for output in outputs)


def _is_restored(state: RotationState) -> bool:
    return "DescribeTableOutput" in state and state["DescribeTableOutput"]["RestoreStatus"] in (CLAIMED, COMPLETE)


def _next_steps(execution: EndedExecution, start_workflow_function: str) -> tuple[NextStep, ...]:
    steps = []
    if execution.not_redrivable_because:
        steps.append(NextStep(f"This execution cannot be redriven: {execution.not_redrivable_because}."))
    elif execution.failure.error not in _ERRORS_OF_THE_RULE and not _is_without_its_copy(execution):
        steps.append(
            NextStep(
                "If you have fixed something in AWS, such as a permission, a table or a hook, or if the rotation only "
                "needs more time, redrive the execution. It resumes in the step where it ended:",
                f"aws stepfunctions redrive-execution --execution-arn {execution.arn}",
            )
        )
    if execution.step == SWITCH_STEP:
        steps.append(_look_at_parameter(execution.state))
    if not _is_switched(execution):
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
    state = execution.state
    message = state["BackupSnsMessage"]
    when = (
        "If you have changed the rule or upgraded the module, start a new rotation, because a redrive reuses the old "
        "input and the old definition"
    )
    delete = ""
    if execution.step == SWITCH_STEP:
        when += ". That only helps where the parameter points elsewhere and the copy of this rotation is gone:"
    elif _is_started(execution) and execution.failure.error not in (TargetTableTaken.__name__, TableNotFound.__name__):
        when += f". The copy has to be deleted first, if it exists and its tag {_ROTATION_TAG} names no other rotation:"
        delete = f"aws dynamodb delete-table --table-name {state['TargetTableName']}\n"
    else:
        when += ":"
    invoke = _invoke(
        start_workflow_function,
        status_message=message["StatusMessage"],
        recovery_point_arn=message["RecoveryPointArn"],
        table_arn=message["BackedUpResourceArn"],
        job_id=f"again-{uuid.uuid5(uuid.NAMESPACE_URL, execution.arn).hex[:12]}",
        start_time=message["StartTime"],
        rule=state["Rule"],
    )
    return NextStep(when, f"{delete}{invoke}")


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


def _verified(state: RotationState) -> str:
    output: Mapping[str, Any] | None = state.get("VerifyTableOutput")
    if output is None:
        return "no, the rule does not ask for it"
    # Executions that were started before an upgrade do not list the comparisons, and are verified in any case.
    compared_nothing = "Comparisons" not in output and output["ComparedWith"].startswith("nothing")
    if compared_nothing or not output["Verified"]:
        return "nothing to compare"
    size = "unknown" if output["BackupSizeBytes"] is None else f"{output['BackupSizeBytes']} bytes"
    details = [
        ", ".join(output.get("Comparisons", ())),
        f"compared with: {output['ComparedWith']}",
        f"size of the backup: {size}",
    ]
    return f"yes ({'; '.join(filter(None, details))})"


def _what(state: RotationState) -> dict[str, str]:
    message = state["BackupSnsMessage"]
    return {
        "Rule": state["Rule"],
        "Source table": message["BackedUpResourceArn"],
        "Backup": f"{message['StartTime']}, job {message['BackupJobID']}",
        "Recovery point": message["RecoveryPointArn"],
        "Target table": state["TargetTableName"],
        "Parameter": state["TargetParameterName"] or "-",
    }


def _link(execution_arn: str) -> str:
    """The execution in the console, or its ARN where the partition's console is unknown."""
    _, partition, _, region, *_ = execution_arn.split(":")
    if partition not in _CONSOLES:
        return execution_arn
    return f"https://{region}.{_CONSOLES[partition]}/states/home?region={region}#/v2/executions/details/{execution_arn}"
