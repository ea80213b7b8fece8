"""What people read about a rotation: what happened, to what, and what to do."""

import json
import shlex
import uuid
from dataclasses import dataclass

from rotator.errors import (
    InvalidParameterName,
    InvalidTableName,
    RestoreJobFailed,
    RestoreOptionImpossible,
    TableNotFound,
    TargetTableTaken,
)
from rotator.report.execution import ABORTED, FAILED, TIMED_OUT, EndedExecution
from rotator.restore.status import COMPLETE
from rotator.state import RotationState

HOOK_STEPS = frozenset({"Run Hook Function", "Run Hook State Machine"})
CHECK_STEP = "Check Restore Status"

_LONGEST_CAUSE = 2000

_HEADLINES = {
    FAILED: ("Failed", "failed"),
    TIMED_OUT: ("Timed out", "did not end within timeout_hours"),
    ABORTED: ("Stopped", "was stopped"),
}
# A redrive would only fail again, because it reuses the rule as it was.
_ERRORS_OF_THE_RULE = frozenset(
    error.__name__ for error in (InvalidTableName, InvalidParameterName, RestoreOptionImpossible)
)
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
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
    return Message(
        subject=f"Complete: rotation of {execution.source_table} by rule {execution.rule}",
        summary="A backup of a DynamoDB table was restored to a table that is ready to use.",
        facts={
            **_what(state),
            "Parameter is": state.get("UpdateSSMParameterOutput", {}).get("Value", "-"),
            "Restored in": f"{state['DescribeTableOutput']['RestoreSeconds']} s",
            "Verified": _verified(state),
            "Execution": _link(execution.arn),
        },
    )


def failure(execution: EndedExecution, start_workflow_function: str) -> Message:
    """`start_workflow_function` is the name of the function that a new rotation is started with."""
    headline, verb = _HEADLINES[execution.status]
    step = f" in the step {execution.step}" if execution.step else ""
    facts = _what(execution.state)
    if execution.step in HOOK_STEPS:
        facts["Hook"] = execution.state["BeforeSwitch"]
    if execution.error or execution.cause:
        facts["Error"] = execution.error or "-"
        facts["Cause"] = execution.cause[:_LONGEST_CAUSE] or "-"
    return Message(
        subject=f"{headline}: rotation of {execution.source_table} by rule {execution.rule}",
        summary=f"The rotation of a DynamoDB table {verb}{step}. {_outcome(execution)}",
        facts=facts | {"Execution": _link(execution.arn)},
        next_steps=_next_steps(execution, start_workflow_function),
    )


def _outcome(execution: EndedExecution) -> str:
    """What the parameter and the copy are like now."""
    state, error = execution.state, execution.error
    if "UpdateSSMParameterOutput" in state:
        return "The parameter had been set before that. Old copies may be left."
    copy = state.get("TargetTableName", "")
    pointer = "The parameter still points where it did before."
    if error == RestoreJobFailed.__name__:
        return f"{pointer} AWS Backup gave up the restore."
    if error == TargetTableTaken.__name__:
        return f"{pointer} The table {copy} belongs to something else, and was left alone."
    if error == TableNotFound.__name__:
        return f"{pointer} The copy {copy} no longer exists."
    if not _is_started(state):
        return f"{pointer} Nothing was restored."
    if not _is_restored(state):
        return (
            f"{pointer} A restore already under way continues. The table {copy} stays until you delete it, unless you "
            "redrive the execution. It does not carry the module's tags yet."
        )
    if state["BeforeSwitch"] and "BeforeSwitchOutput" not in state:
        return f"{pointer} The copy {copy} stays. The hook has not completed on it, so it may hold unmasked data."
    return f"{pointer} The copy {copy} stays."


def _is_started(state: RotationState) -> bool:
    return "RestoreTableFromBackupOutput" in state or "StartRestoreJobOutput" in state


def _is_restored(state: RotationState) -> bool:
    return "DescribeTableOutput" in state and state["DescribeTableOutput"]["RestoreStatus"] == COMPLETE


def _next_steps(execution: EndedExecution, start_workflow_function: str) -> tuple[NextStep, ...]:
    steps = []
    if execution.not_redrivable_because:
        steps.append(NextStep(f"This execution cannot be redriven: {execution.not_redrivable_because}."))
    elif execution.error not in _ERRORS_OF_THE_RULE and not _is_without_its_copy(execution):
        steps.append(
            NextStep(
                "If you have fixed something in AWS, such as a permission, a table or a hook, or if the rotation only "
                "needs more time, redrive the execution. It resumes in the step where it ended:",
                f"aws stepfunctions redrive-execution --execution-arn {execution.arn}",
            )
        )
    if "UpdateSSMParameterOutput" not in execution.state and "BackupSnsMessage" in execution.state:
        steps.append(_new_rotation(execution, start_workflow_function))
    return tuple(steps)


def _is_without_its_copy(execution: EndedExecution) -> bool:
    """Only the check of the restore can start it over."""
    return execution.error == TableNotFound.__name__ and execution.step != CHECK_STEP


def _new_rotation(execution: EndedExecution, start_workflow_function: str) -> NextStep:
    state = execution.state
    message = state["BackupSnsMessage"]
    job_id = f"again-{uuid.uuid5(uuid.NAMESPACE_URL, execution.arn).hex[:12]}"
    notification = {
        "Message": f"{message['StatusMessage']} Recovery point ARN: {message['RecoveryPointArn']}. "
        f"Resource ARN : {message['BackedUpResourceArn']}. BackupJob ID : {job_id}",
        "MessageAttributes": {
            "StartTime": {"Type": "String", "Value": message["StartTime"]},
            "Rule": {"Type": "String", "Value": state["Rule"]},
        },
    }
    payload = json.dumps({"Records": [{"Sns": notification}]}, separators=(",", ":"))
    delete = ""
    if _is_started(state) and execution.error not in (TargetTableTaken.__name__, TableNotFound.__name__):
        delete = f"aws dynamodb delete-table --table-name {state['TargetTableName']}\n"
    return NextStep(
        "If you have changed the rule or upgraded the module, start a new rotation, because a redrive reuses the old "
        "input and the old definition"
        + (". The copy of this rotation has to be deleted first, if it exists:" if delete else ":"),
        f"{delete}aws lambda invoke --function-name {start_workflow_function} "
        f"--cli-binary-format raw-in-base64-out --payload {shlex.quote(payload)} /dev/stdout",
    )


def _verified(state: RotationState) -> str:
    if "VerifyTableOutput" not in state:
        return "no, the rule does not ask for it"
    output = state["VerifyTableOutput"]
    size = "unknown" if output["BackupSizeBytes"] is None else f"{output['BackupSizeBytes']} bytes"
    return f"yes, compared with: {output['ComparedWith']}; size of the backup: {size}"


def _what(state: RotationState) -> dict[str, str]:
    if "BackupSnsMessage" not in state:
        return {"Input": json.dumps(state)[:_LONGEST_CAUSE]}
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
    _, partition, _, region, *_ = execution_arn.split(":")
    console = _CONSOLES.get(partition, _CONSOLES["aws"])
    return f"https://{region}.{console}/states/home?region={region}#/v2/executions/details/{execution_arn}"
