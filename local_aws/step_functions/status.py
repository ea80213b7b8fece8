"""Step Functions: the status of an execution, as reported by events and by DescribeExecution."""

import json
from datetime import datetime
from typing import Any

from moto.stepfunctions.parser.backend.execution import Execution

from local_aws.eventbridge import rules
from local_aws.settings import settings

LARGEST_IN_EVENT = 248 * 1024
"""Bytes of input and output, as escaped text."""


def not_redrivable_because(execution: Execution) -> str | None:
    """Why the execution cannot be redriven, in AWS's words. None if it can."""
    if execution.status in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {execution.status} and cannot be redriven"
    if history_length(execution) >= settings.history_events - 1:
        return "Execution history event limit exceeded"
    return None


def history_length(execution: Execution) -> int:
    """How many events the history has."""
    env = execution.exec_worker.env
    return env.event_manager._event_id_gen._next_id - 1 if env else 0


def redrives(execution: Execution) -> dict[str, Any]:
    """The part of DescribeExecution that is about redrives, with datetimes."""
    reason = not_redrivable_because(execution)
    return {
        "redriveCount": getattr(execution, "redrives", 0),
        "redriveDate": getattr(execution, "redriven_at", None),
        "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
        "redriveStatusReason": reason,
    }


def announce(execution: Execution) -> None:
    """Emits the event about the new status of the execution.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    given, output = execution.execution_input, execution.to_describe_output().get("output")
    escaped = len(json.dumps(given, ensure_ascii=False).encode())
    escaped_output = len(json.dumps(output, ensure_ascii=False).encode()) if output is not None else 0
    includes_input = escaped + escaped_output <= LARGEST_IN_EVENT
    includes_output = escaped_output <= LARGEST_IN_EVENT
    detail = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.start_date,
        "stopDate": execution.stop_date,
        "input": given if includes_input else None,
        "inputDetails": {"included": includes_input},
        "output": output if includes_output else None,
        "outputDetails": None if output is None else {"included": includes_output},
        "error": execution.error,
        "cause": execution.cause,
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        **redrives(execution),
    }
    _, _, _, region, account, *_ = execution.exec_arn.split(":")
    rules.emit(
        account,
        region,
        "aws.states",
        "Step Functions Execution Status Change",
        [execution.exec_arn],
        {name: _milliseconds(value) if isinstance(value, datetime) else value for name, value in detail.items()},
    )


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
