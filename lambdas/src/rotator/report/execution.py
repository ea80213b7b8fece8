"""What Step Functions knows of an execution that has ended."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from rotator.aws_errors import translated_errors
from rotator.source_table import source_table_name
from rotator.state import RotationState, execution_name, missing_keys

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
TIMED_OUT = "TIMED_OUT"
ABORTED = "ABORTED"
_ENDED = (SUCCEEDED, FAILED, TIMED_OUT, ABORTED)


# Lambda reports errors as JSON, which Step Functions cuts off after 32,768 characters.
_CUT_OFF_MESSAGE = re.compile(r'"errorMessage"\s*:\s*("(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*)')


@dataclass(frozen=True)
class Failure:
    """An error by name, and its cause without a stack trace. Both are empty where there was none."""

    error: str = ""
    cause: str = ""

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Self:
        return cls(described.get("error", ""), _message_in(described.get("cause", "")))


@dataclass(frozen=True)
class EndedExecution:
    """How an execution ended, in which state of the state machine, and with which state data.

    `last_attempt` is how the last attempt in that state failed: that is all that is known of what an execution was
    retrying when its time was over. `errors` are those of all attempts in that state, before a redrive as well, with an
    empty one for an attempt whose failure is not known.
    """

    arn: str
    status: str
    state: RotationState
    step: str
    failure: Failure
    last_attempt: Failure
    errors: frozenset[str]
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
            step, state, last_attempt, errors = "", json.loads(described["output"]), Failure(), frozenset[str]()
        else:
            step, state, last_attempt, errors = _last_state(arn, described["input"], stepfunctions)
        redrivable = described.get("redriveStatus", "REDRIVABLE") == "REDRIVABLE"
        return cls(
            arn=arn,
            status=described["status"],
            state=state,
            step=step,
            failure=Failure.of(described),
            last_attempt=last_attempt,
            errors=errors,
            not_redrivable_because="" if redrivable else described.get("redriveStatusReason", "AWS does not allow it"),
        )

    @property
    def name(self) -> str:
        return execution_name(self.arn)

    @property
    def is_rotation(self) -> bool:
        """Whether `start_workflow` started it. Somebody may have started it by hand, with any input."""
        return not missing_keys(self.state)

    @property
    def rule(self) -> str:
        return self.state["Rule"] if self.is_rotation else "an unknown rule"

    @property
    def source_table(self) -> str:
        return source_table_name(self.state) if self.is_rotation else "an unknown table"


def _last_state(arn: str, execution_input: str, stepfunctions: "SFNClient") -> tuple[str, Any, Failure, frozenset[str]]:
    """The state that was entered last, its input, the last failure in it since a redrive, and the error of any attempt.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
    """
    last_attempt, is_before_redrive = Failure(), False
    errors: set[str] = set()
    error = ""
    with translated_errors():
        pages = stepfunctions.get_paginator("get_execution_history").paginate(executionArn=arn, reverseOrder=True)
        for page in pages:
            for event in page["events"]:
                if entered := event.get("stateEnteredEventDetails"):
                    state = json.loads(entered.get("input", execution_input))
                    return entered["name"], state, last_attempt, frozenset(errors or {""})
                failure = _failure_in(event)
                error = failure.error or error
                if event["type"] == "TaskScheduled":
                    errors.add(error)
                    error = ""
                is_before_redrive = is_before_redrive or event["type"] == "ExecutionRedriven"
                if not (last_attempt.error or is_before_redrive):
                    last_attempt = failure
    return "", json.loads(execution_input), last_attempt, frozenset()


def _failure_in(event: Mapping[str, Any]) -> Failure:
    """Each way in which a task can fail has details of its own, with the same keys."""
    if not event["type"].startswith("Execution"):
        for key, details in event.items():
            if key.endswith("EventDetails") and "error" in details:
                return Failure.of(details)
    return Failure()


def _message_in(cause: str) -> str:
    """The message in a cause: Lambda adds a stack trace to it, and a hook's state machine its whole description."""
    try:
        description = json.loads(cause)
    except ValueError:
        cut_off = _CUT_OFF_MESSAGE.search(cause)
        return json.loads(f'{cut_off[1]}"', strict=False) if cut_off else cause
    if not isinstance(description, dict):
        return cause
    if "errorMessage" in description:
        return str(description["errorMessage"])
    if "ExecutionArn" in description:
        parts = (description.get("Status"), description.get("Error"), _message_in(description.get("Cause", "")))
        return ": ".join(part for part in parts if part)
    return cause
