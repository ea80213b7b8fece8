"""What Step Functions knows of an execution that has ended."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from rotator.aws_errors import translated_errors
from rotator.source_table import source_table_name
from rotator.state import RotationState

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
TIMED_OUT = "TIMED_OUT"
ABORTED = "ABORTED"
_ENDED = (SUCCEEDED, FAILED, TIMED_OUT, ABORTED)


@dataclass(frozen=True)
class EndedExecution:
    """How an execution ended, in which state of the state machine, and with which state data."""

    arn: str
    status: str
    state: RotationState
    step: str
    error: str
    cause: str
    not_redrivable_because: str

    @classmethod
    def describe(cls, arn: str, stepfunctions: "SFNClient") -> Self | None:
        """`None` where the execution is running, because somebody redrove it since.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
        """
        with translated_errors():
            described = stepfunctions.describe_execution(executionArn=arn)
        if described["status"] not in _ENDED:
            return None
        if described["status"] == SUCCEEDED:
            step, state = "", json.loads(described["output"])
        else:
            step, state = _last_state(arn, described["input"], stepfunctions)
        redrivable = described.get("redriveStatus", "REDRIVABLE") == "REDRIVABLE"
        return cls(
            arn=arn,
            status=described["status"],
            state=state,
            step=step,
            error=described.get("error", ""),
            cause=_message_in(described.get("cause", "")),
            not_redrivable_because="" if redrivable else described.get("redriveStatusReason", "AWS does not allow it"),
        )

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]

    @property
    def rule(self) -> str:
        return self.state.get("Rule", "an unknown rule")

    @property
    def source_table(self) -> str:
        return source_table_name(self.state) if "BackupSnsMessage" in self.state else "an unknown table"


def _last_state(arn: str, execution_input: str, stepfunctions: "SFNClient") -> tuple[str, Any]:
    """The state that was entered last, and its input.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
    """
    with translated_errors():
        pages = stepfunctions.get_paginator("get_execution_history").paginate(executionArn=arn, reverseOrder=True)
        for page in pages:
            for event in page["events"]:
                if entered := event.get("stateEnteredEventDetails"):
                    return entered["name"], json.loads(entered.get("input", execution_input))
    return "", json.loads(execution_input)


def _message_in(cause: str) -> str:
    """The message in a cause: Lambda adds a stack trace to it, and a hook's state machine its whole description."""
    try:
        description = json.loads(cause)
    except ValueError:
        return cause
    if not isinstance(description, dict):
        return cause
    if "errorMessage" in description:
        return str(description["errorMessage"])
    if "ExecutionArn" in description:
        return f"{description.get('Status')}: {description.get('Error', '')} {description.get('Cause', '')}".strip()
    return cause
