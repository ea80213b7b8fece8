"""A rotation as it happens, read from the history of its execution."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

POLLING_SECONDS = 0.2
START_PATIENCE_SECONDS = 30
PATIENCE_SECONDS = 180


class RotationError(Exception):
    """A rotation did not start, did not end, or failed."""


@dataclass(frozen=True)
class State:
    """A state that the execution has left; `output` is the state of the execution then."""

    name: str
    seconds: float
    output: dict[str, Any]

    def __str__(self) -> str:
        """What the state produced."""
        match self.name:
            case "Start Restore":
                table = self.output["RestoreTableFromBackupOutput"]["TableDescription"]
                return f"{table['TableName']} is {table['TableStatus']}"
            case "Start Restore Job":
                return f"restore job {self.output['StartRestoreJobOutput']['RestoreJobId']}"
            case "Check Restore Status":
                status = self.output["DescribeTableOutput"]
                return f"{self.output['TargetTableName']} is {status['Table'].get('TableStatus', 'not created yet')}"
            case "Run Hook State Machine":
                summary = self.output["BeforeSwitchOutput"]["Output"]
                return f"{summary['ItemsChanged']} of {summary['ItemsScanned']} items masked, and none is left"
            case "Verify Table":
                proof = self.output["VerifyTableOutput"]
                return f"verified against the {proof['ComparedWith']}"
            case "Update SSM Parameter":
                version = self.output["UpdateSSMParameterOutput"]["Version"]
                return f"{self.output['TargetParameterName']} has version {version}"
        return ""


def patiently(seconds: float) -> Iterator[None]:
    """Yields at intervals until the time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(POLLING_SECONDS)


def first_execution(step_functions: "SFNClient", state_machine_arn: str) -> str:
    """The ARN of the state machine's first execution, as soon as there is one."""
    for _ in patiently(START_PATIENCE_SECONDS):
        executions = step_functions.list_executions(stateMachineArn=state_machine_arn)["executions"]
        if executions:
            return executions[-1]["executionArn"]
    raise RotationError(f"the backup did not start a rotation within {START_PATIENCE_SECONDS} seconds")


def follow(step_functions: "SFNClient", execution_arn: str) -> Iterator[State]:
    """Each state as the execution leaves it, except for choices, until the execution succeeds."""
    entered: dict[str, datetime] = {}
    seen = 0
    for _ in patiently(PATIENCE_SECONDS):
        # Before the history, so that the history of an ended execution is complete.
        execution = step_functions.describe_execution(executionArn=execution_arn)
        pages = step_functions.get_paginator("get_execution_history").paginate(executionArn=execution_arn)
        events = [event for page in pages for event in page["events"]]
        for event in events[seen:]:
            if state := event.get("stateEnteredEventDetails"):
                entered[state["name"]] = event["timestamp"]
            if event["type"] == "ChoiceStateExited":
                continue
            if ended := event.get("stateExitedEventDetails"):
                took = event["timestamp"] - entered[ended["name"]]
                yield State(ended["name"], took.total_seconds(), json.loads(ended["output"]))
        seen = len(events)
        if execution["status"] == "SUCCEEDED":
            return
        if execution["status"] != "RUNNING":
            error, cause = execution.get("error"), execution.get("cause")
            raise RotationError(f"the rotation is {execution['status']}: {error}: {_message(cause)}")
    raise RotationError(f"the rotation did not end within {PATIENCE_SECONDS} seconds")


def _message(cause: str | None) -> str:
    """The text of an exception, where the cause is one as Lambda describes it, or an execution that failed of one."""
    try:
        described = json.loads(cause or "")
        if "ExecutionArn" in described:
            return f"{described['Error']}: {_message(described['Cause'])}"
        return str(described["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return str(cause)
