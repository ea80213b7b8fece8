"""Step Functions: executions, their history and their logs."""

import json
import re
import threading
import uuid
from datetime import datetime
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
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from local_aws.errors import ServiceError
from local_aws.patching import replaces
from local_aws.settings import settings
from local_aws.step_functions.ends import changing, end
from local_aws.step_functions.interpreter import iso
from local_aws.step_functions.status import announce, redrives

_starting = threading.Lock()


@replaces(
    StepFunctionsParserBackend,
    "start_execution",
    because="moto gives all unnamed executions the same ARN, validates no names, starts both of two simultaneous "
    "executions with one name, and has no quota",
    source="https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html",
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
    """Validates the name, or generates one, and checks the quota."""
    name = name or str(uuid.uuid4())
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,80}", name):
        raise ServiceError("InvalidName", f"Invalid Name: '{name}'")
    with _starting:
        if _number_running(backend) >= settings.executions_at_once:
            raise ServiceError("ExecutionLimitExceeded", "The maximum number of running executions has been reached.")
        return original(backend, state_machine_arn, name, execution_input or "{}", trace_header)


def _number_running(backend: StepFunctionsParserBackend) -> int:
    executions = (execution for machine in list(backend.state_machines) for execution in list(machine.executions))
    return sum(execution.exec_status == ExecutionStatus.RUNNING for execution in executions)


@replaces(
    Execution,
    "start",
    because="moto writes no execution history to CloudWatch Logs and tells EventBridge nothing",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html",
    written_against="07e927c2",
)
def start(original: Any, execution: Execution) -> None:  # noqa: ANN401
    """Opens the log, if the state machine has one, and has EventBridge told."""
    logging = {"includeExecutionData": False, **execution.state_machine.loggingConfiguration}
    configuration = CloudWatchLoggingConfiguration.from_logging_configuration(execution.state_machine_arn, logging)
    if configuration:
        configuration.log_stream_name = (
            f"states/{execution.state_machine.name}/{execution.start_date:%Y-%m-%d-%H-%M}/{uuid.uuid4().hex[:8]}"
        )
        execution._cloud_watch_logging_session = CloudWatchLoggingSession(execution.exec_arn, configuration)
    with changing:
        original(execution)
        announce(execution)


@replaces(
    CloudWatchLoggingSession,
    "publish_history_log",
    because="moto fails to write a line, because it expects a date where it gets text",
    source="tool",
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
    source="https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html",
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
    because="moto leaves out the stop date of an execution that timed out, may show an end without its error, and "
    "shows an output that is a text as if it were JSON",
    source="https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html",
    written_against="c3953bdc",
)
def describe_execution(original: Any, response: StepFunctionResponse) -> ActionResult:  # noqa: ANN401
    """DescribeExecution."""
    execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
    with changing:
        description = original(response).result
        if execution.status != "RUNNING":
            description["stopDate"] = execution.stop_date
        if execution.status == "SUCCEEDED":
            description["output"] = execution.to_describe_output()["output"]
        description["inputDetails"] = {"included": True}
        told = redrives(execution)
        description |= {name: value for name, value in told.items() if value is not None}
    return ActionResult(description)


@replaces(
    StepFunctionResponse,
    "stop_execution",
    because="moto forgets error and cause, and stops only when the running task has ended",
    source="https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html",
    written_against="633c8a54",
)
def stop_execution(_original: Any, response: StepFunctionResponse) -> ActionResult:  # noqa: ANN401
    """StopExecution: the execution is ABORTED at once."""
    execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
    end(execution, ExecutionStatus.ABORTED, response._get_param("error"), response._get_param("cause"))
    return ActionResult({"stopDate": execution.stop_date})


@replaces(
    StepFunctionResponse,
    "get_execution_history",
    because="moto ignores reverseOrder, includeExecutionData and maxResults",
    source="https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html",
    written_against="3889cc62",
)
def get_execution_history(original: Any, response: StepFunctionResponse) -> ActionResult:  # noqa: ANN401
    """GetExecutionHistory; the token is the number of the next event."""
    events = list(original(response).result["events"])
    if response._get_param("reverseOrder"):
        events.reverse()
    if response._get_param("includeExecutionData", True) is False:
        events = [_without_data(event) for event in events]
    token, size = response._get_param("nextToken") or "0", response._get_param("maxResults") or 100
    if not token.isdecimal():
        raise ServiceError("InvalidToken", f"Invalid Token: '{token}'")
    if size > 1000:
        raise ServiceError("ValidationException", f"maxResults is at most 1000 and not {size}")
    stop = int(token) + size
    page: dict[str, Any] = {"events": events[int(token) : stop]}
    if stop < len(events):
        page["nextToken"] = str(stop)
    return ActionResult(page)


def _without_data(event: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {key: value for key, value in details.items() if key not in ("input", "output")}
        if isinstance(details, dict)
        else details
        for name, details in event.items()
    }
