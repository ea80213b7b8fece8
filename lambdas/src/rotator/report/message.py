"""What people read about a rotation: what happened, to what, and what to do."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rotator.report.console import link
from rotator.report.execution import ABORTED, FAILED, TIMED_OUT, EndedExecution
from rotator.report.next_steps import NextStep, next_steps, release
from rotator.report.outcome import left_alone, outcome
from rotator.report.steps import HOOK_STEPS
from rotator.restore.target import SUPERSEDED
from rotator.settings import ReportSettings
from rotator.state import RotationState

_LONGEST_CAUSE = 2000

_HEADLINES = {
    FAILED: ("Failed", "failed"),
    TIMED_OUT: ("Timed out", "did not end within timeout_hours"),
    ABORTED: ("Stopped", "was stopped"),
}


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


def success(execution: EndedExecution, settings: ReportSettings) -> Message:
    """`settings` name the functions that the commands invoke."""
    state = execution.state
    restored = state["DescribeTableOutput"]
    if restored["RestoreStatus"] == SUPERSEDED:
        return _superseded(execution)
    headline, summary = "Complete", "A backup of a DynamoDB table was restored to a table that is ready to use."
    if left := left_alone(state):
        headline += f", {left.headline}"
        summary += f" {left.sentence}"
    return Message(
        subject=f"{headline}: {_rotation(execution)}",
        summary=summary,
        facts={
            **_what(execution),
            "Parameter is": state.get("UpdateSSMParameterOutput", {}).get("Value", "-"),
            "Restored in": f"{restored['RestoreSeconds']} s",
            "Verified": _verified(state),
            "Execution": link(execution.arn),
        },
        next_steps=release(execution, settings),
    )


def _superseded(execution: EndedExecution) -> Message:
    copy = execution.state["TargetTableName"]
    return Message(
        subject=f"Superseded: {_rotation(execution)}",
        summary="Two backups of a DynamoDB table started within the same second, so that their copies would have the "
        f"same name. The rotation of the other backup made the copy {copy}, which stands for both. This rotation ended "
        "without a copy of its own.",
        facts={**_what(execution), "Execution": link(execution.arn)},
    )


def failure(execution: EndedExecution, settings: ReportSettings) -> Message:
    """`settings` name the functions that the commands invoke."""
    headline, verb = _HEADLINES[execution.status]
    step = f" in the step {execution.step}" if execution.step else ""
    facts = _errors(execution) | {"Execution": link(execution.arn)}
    if not execution.is_rotation:
        return Message(
            subject=f"{headline}: {execution.name}, which is not a rotation",
            summary="Somebody started an execution of the state machine with an input that is not that of a rotation. "
            f"It {verb}{step}. Nothing was restored.",
            facts={"Input": json.dumps(execution.state)[:_LONGEST_CAUSE]} | facts,
            next_steps=next_steps(execution, settings),
        )
    hook = {"Hook": execution.state["BeforeSwitch"]} if execution.step in HOOK_STEPS else {}
    return Message(
        subject=f"{headline}: {_rotation(execution)}",
        summary=f"The rotation of a DynamoDB table {verb}{step}. {outcome(execution)}",
        facts=_what(execution) | hook | facts,
        next_steps=next_steps(execution, settings),
    )


def _rotation(execution: EndedExecution) -> str:
    return f"rotation of {execution.source_table} by rule {execution.rule}"


def _errors(execution: EndedExecution) -> dict[str, str]:
    """How the execution ended, and, where that says nothing of the cause, what it was retrying."""
    failure, last_attempt = execution.failure, execution.last_attempt
    errors = {"Error": failure.error, "Cause": failure.cause}
    if last_attempt != failure:
        errors["Last error"] = ": ".join(filter(None, (last_attempt.error, last_attempt.cause)))
    elif execution.is_rotation:
        errors["Last error"] = execution.state.get("DescribeTableOutput", {}).get("StatusMessage", "")
    return {name: text[:_LONGEST_CAUSE] for name, text in errors.items() if text}


def _verified(state: RotationState) -> str:
    output: Mapping[str, Any] | None = state.get("VerifyTableOutput")
    if output is None:
        return "no, the rule does not ask for it"
    # Executions that were started before an upgrade do not list the comparisons, and are verified in any case.
    comparisons = output.get("Comparisons", ())
    if output["ComparedWith"].startswith("nothing") and not comparisons:
        return "nothing to compare"
    size = "unknown" if output["BackupSizeBytes"] is None else f"{output['BackupSizeBytes']} bytes"
    details = [
        ", ".join(comparisons),
        f"compared with: {output['ComparedWith']}",
        f"size of the backup: {size}",
    ]
    return f"{'yes' if output['Verified'] else 'not proven'} ({'; '.join(filter(None, details))})"


def _what(execution: EndedExecution) -> dict[str, str]:
    state = execution.state
    message = state["BackupSnsMessage"]
    return {
        "Rotation": execution.name,
        "Rule": state["Rule"],
        "Source table": message["BackedUpResourceArn"],
        "Backup": message["StartTime"],
        "Recovery point": message["RecoveryPointArn"],
        "Target table": state["TargetTableName"],
        "Parameter": state["TargetParameterName"] or "-",
    }
