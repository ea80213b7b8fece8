"""Step Functions: executions, their history and their logs."""

import json
import re
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.logs.models import logs_backends
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.eval.evaluation_details import ExecutionDetails
from moto.stepfunctions.parser.asl.eval.event.logging import (
    CloudWatchLoggingConfiguration,
    CloudWatchLoggingSession,
    HistoryLog,
)
from moto.stepfunctions.parser.asl.eval.program_state import ProgramRunning
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends
from moto.stepfunctions.responses import StepFunctionResponse

from local_aws.errors import ServiceError
from local_aws.iam import enforcement as iam
from local_aws.patching import replaces
from local_aws.step_functions.interpreter import iso
from local_aws.xray.traces import Trace

TRACING = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)
"""https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html"""

REDRIVABLE = ("FAILED", "ABORTED", "TIMED_OUT")

_starting = threading.Lock()
# The execution that an execution waits for, by ARN.
waited_for: dict[str, str] = {}
# Held while an execution changes from running to ended or back.
ending = threading.Lock()


@replaces(
    StepFunctionsParserBackend,
    "start_execution",
    because="moto gives all unnamed executions one ARN, validates no names and starts two executions of one name "
    "that come at once",
    written_against="0f8d9dd5",
)
def start_execution(
    original: Any,  # noqa: ANN401
    backend: StepFunctionsParserBackend,
    state_machine_arn: str,
    name: str | None = None,
    execution_input: str | None = None,
    trace_header: str | None = None,
) -> Execution:
    """Validates the name or makes one up."""
    name = name or str(uuid.uuid4())
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,80}", name):
        raise ServiceError("InvalidName", f"Invalid Name: '{name}'")
    with _starting:
        return original(backend, state_machine_arn, name, execution_input or "{}", trace_header)


@replaces(
    Execution,
    "start",
    because="moto writes no execution history to CloudWatch Logs",
    written_against="07e927c2",
)
def start(original: Any, execution: Execution) -> None:  # noqa: ANN401
    """Opens the log, if the state machine has one."""
    logging = {"includeExecutionData": False, **execution.state_machine.loggingConfiguration}
    configuration = CloudWatchLoggingConfiguration.from_logging_configuration(execution.state_machine_arn, logging)
    if configuration:
        configuration.log_stream_name = (
            f"states/{execution.state_machine.name}/{execution.start_date:%Y-%m-%d-%H-%M}/{uuid.uuid4().hex[:8]}"
        )
        execution._cloud_watch_logging_session = CloudWatchLoggingSession(execution.exec_arn, configuration)
    original(execution)


@replaces(
    CloudWatchLoggingSession,
    "publish_history_log",
    because="moto's own way to write a line fails: it takes a text for a date",
    written_against="bea9765f",
)
def publish_history_log(_original: Any, session: CloudWatchLoggingSession, history_log: HistoryLog) -> None:  # noqa: ANN401
    """One line of JSON for each event."""
    configuration = session.configuration
    logs = logs_backends[configuration.log_account_id][configuration.log_region]
    group = logs.groups.get(configuration.log_group_name)
    if group is None:
        return
    if configuration.log_stream_name not in group.streams:
        group.create_log_stream(configuration.log_stream_name)
    now = int(datetime.fromisoformat(history_log["event_timestamp"]).timestamp() * 1000)
    line = json.dumps({**history_log, "event_timestamp": str(now), "redrive_count": "0"}, default=str)
    logs.put_log_events(
        configuration.log_group_name, configuration.log_stream_name, [{"timestamp": now, "message": line}]
    )


@replaces(
    Execution,
    "get_start_execution_details",
    because="moto puts a datetime into the context object, which no state can then output",
    written_against="d2b1067c",
)
def get_start_execution_details(original: Any, execution: Execution) -> ExecutionDetails:  # noqa: ANN401
    """Gives the start time as text."""
    details = original(execution)
    details.start_time = iso(details.start_time)
    return details


@replaces(
    StepFunctionResponse,
    "describe_execution",
    because="moto leaves out the stop date of an execution that timed out, and may show an end without its error",
    written_against="c3953bdc",
)
def describe_execution(original: Any, response: StepFunctionResponse) -> ActionResult:  # noqa: ANN401
    """DescribeExecution."""
    execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
    with ending:
        description = original(response).result
        if execution.status != "RUNNING":
            description["stopDate"] = execution.stop_date
        description["inputDetails"] = {"included": True}
        description["redriveStatus"] = "REDRIVABLE" if execution.status in REDRIVABLE else "NOT_REDRIVABLE"
        description["redriveCount"] = getattr(execution, "redrives", 0)
        if description["redriveCount"]:
            description["redriveDate"] = execution.redriven_at
    return ActionResult(description)


@replaces(
    StepFunctionResponse,
    "stop_execution",
    because="moto forgets error and cause, and stops only when the running task has ended",
    written_against="633c8a54",
)
def stop_execution(_original: Any, response: StepFunctionResponse) -> ActionResult:  # noqa: ANN401
    """StopExecution: the execution is ABORTED at once."""
    execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
    stop(execution, response._get_param("error"), response._get_param("cause"))
    return ActionResult({"stopDate": execution.stop_date})


def stop(execution: Execution, error: str | None = None, cause: str | None = None) -> None:
    """Stops an execution and, where its role may stop it, the one that it waits for."""
    with ending:
        if execution.status != "RUNNING":
            return
        execution.exec_status = ExecutionStatus.ABORTED
        execution.stop_date = datetime.now(UTC)
        execution.error, execution.cause = error, cause
        worker = execution.exec_worker
        # Its thread may only just have been started.
        while worker.env is None or worker.env.program_state() is None:
            time.sleep(0.01)
        worker.stop(stop_date=execution.stop_date, error=error, cause=cause)
        _trace(execution)
    nested = waited_for.pop(execution.exec_arn, None)
    if nested and iam.role_may(execution.role_arn, "states:StopExecution", nested):
        _, _, _, region, account, *_ = nested.split(":")
        stop(stepfunctions_parser_backends[account][region].describe_execution(nested))


@replaces(
    BaseExecutionWorkerCommunication,
    "_reflect_execution_status",
    because="what a stopped execution was doing would otherwise change its end when it is done",
    written_against="038a3961",
)
def reflect_execution_status(original: Any, communication: BaseExecutionWorkerCommunication) -> None:  # noqa: ANN401
    """Leaves a stopped execution as it is, and one that runs again since."""
    execution = communication.execution
    with ending:
        env = execution.exec_worker.env
        ended = env is not None and not isinstance(env.program_state(), ProgramRunning | None)
        if execution.status == "RUNNING" and ended:
            original(communication)
            _trace(execution)


def _trace(execution: Execution) -> None:
    """Without the permissions the state machine runs all the same, and its traces are lost."""
    traced = (execution.state_machine.tracingConfiguration or {}).get("enabled")
    if traced and all(iam.role_may(execution.role_arn, action, "*") for action in TRACING):
        failed = execution.status != "SUCCEEDED"
        Trace(execution.start_date.timestamp()).record(execution.exec_arn, "AWS::StepFunctions::StateMachine", failed)


@replaces(
    StepFunctionResponse,
    "get_execution_history",
    because="moto ignores reverseOrder, includeExecutionData and maxResults",
    written_against="3889cc62",
)
def get_execution_history(original: Any, response: StepFunctionResponse) -> ActionResult:  # noqa: ANN401
    """GetExecutionHistory; the token is the number of the next event."""
    events = list(original(response).result["events"])
    if response._get_param("reverseOrder"):
        events.reverse()
    if response._get_param("includeExecutionData", True) is False:
        events = [_without_data(event) for event in events]
    begin = int(response._get_param("nextToken") or 0)
    end = begin + (response._get_param("maxResults") or 100)
    page: dict[str, Any] = {"events": events[begin:end]}
    if end < len(events):
        page["nextToken"] = str(end)
    return ActionResult(page)


def _without_data(event: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {key: value for key, value in details.items() if key not in ("input", "output")}
        if isinstance(details, dict)
        else details
        for name, details in event.items()
    }
