"""Step Functions: how executions end: by themselves, stopped, out of time, or with too long a history.

What ends is RUNNING no longer from that moment on, whatever it was doing: the task, wait or retry is abandoned, and
nothing of it gets into the history afterwards.
"""

import copy
import threading
import time
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.api import (
    ExecutionAbortedEventDetails,
    ExecutionFailedEventDetails,
    ExecutionStatus,
    ExecutionTimedOutEventDetails,
    HistoryEventType,
)
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramRunning
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local_aws.iam import enforcement as iam
from local_aws.patching import adds, replaces
from local_aws.settings import settings
from local_aws.step_functions.status import announce
from local_aws.xray.traces import Trace

TRACING = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)
"""https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html"""

# The execution that an execution waits for, by ARN.
waited_for: dict[str, str] = {}
# Held while an execution changes from running to ended or back, and while its history gets another event.
changing = threading.RLock()

adds(EventManager, "execution", because="the history of an execution must know when it gets too long", source="tool")(
    None
)
adds(
    EventManager,
    "closed",
    because="what a stopped execution was doing would otherwise go on in its history",
    source="tool",
)(False)
adds(
    EventHistoryContext,
    "closed",
    because="what an aborted iteration was doing would otherwise go on in the history",
    source="tool",
)(False)
adds(
    ExecutionWorker,
    "timer",
    because="moto ends an execution that timed out when its running task has ended",
    source="tool",
)(None)


def end(
    execution: Execution,
    status: ExecutionStatus,
    error: str | None = None,
    cause: str | None = None,
    *,
    run: ExecutionWorker | None = None,
) -> None:
    """Ends an execution if it is running, in that run if one is named, and, where its role may, what it waits for."""
    while execution.status == ExecutionStatus.RUNNING and run in (None, execution.exec_worker):
        with changing:
            env = execution.exec_worker.env
            if execution.status == ExecutionStatus.RUNNING and env is not None and env.is_running():
                _end(execution, status, error, cause)
                break
        # Its thread has only just been started, or has come to its own end.
        time.sleep(0.01)
    _end_nested(execution)


def _end(execution: Execution, status: ExecutionStatus, error: str | None, cause: str | None) -> None:
    env = execution.exec_worker.env
    execution.error, execution.cause = error, cause
    _add_last_event(env, status, error, cause)
    _abandon(env, status, error, cause)
    _ended(execution, status)


def _end_nested(execution: Execution) -> None:
    nested = waited_for.pop(execution.exec_arn, None)
    if nested and iam.role_may(execution.role_arn, "states:StopExecution", nested):
        _, _, _, region, account, *_ = nested.split(":")
        end(stepfunctions_parser_backends[account][region].describe_execution(nested), ExecutionStatus.ABORTED)


def _add_last_event(env: Environment, status: ExecutionStatus, error: str | None, cause: str | None) -> None:
    given = {name: value for name, value in {"error": error, "cause": cause}.items() if value is not None}
    kind, details = {
        ExecutionStatus.ABORTED: (
            HistoryEventType.ExecutionAborted,
            EventDetails(executionAbortedEventDetails=ExecutionAbortedEventDetails(**given)),
        ),
        ExecutionStatus.TIMED_OUT: (
            HistoryEventType.ExecutionTimedOut,
            EventDetails(executionTimedOutEventDetails=ExecutionTimedOutEventDetails(**given)),
        ),
        ExecutionStatus.FAILED: (
            HistoryEventType.ExecutionFailed,
            EventDetails(executionFailedEventDetails=ExecutionFailedEventDetails(**given)),
        ),
    }[status]
    if status == ExecutionStatus.ABORTED:
        env.event_history_context.source_event_id = 0
    env.event_manager.add_event(context=env.event_history_context, event_type=kind, event_details=details)


def _abandon(env: Environment, status: ExecutionStatus, error: str | None, cause: str | None) -> None:
    """Has the threads of the execution end when they next look."""
    env.event_manager.closed = True
    if status == ExecutionStatus.ABORTED:
        env.set_stop(stop_date=datetime.now(UTC), error=error, cause=cause)
    elif status == ExecutionStatus.TIMED_OUT:
        env.set_timed_out()
    else:
        env.set_error(ExecutionFailedEventDetails(error=error, cause=cause))


def _ended(execution: Execution, status: ExecutionStatus) -> None:
    execution.exec_status = status
    execution.stop_date = datetime.now(UTC)
    if execution.exec_worker.timer:
        execution.exec_worker.timer.cancel()
    _trace(execution)
    announce(execution)


@replaces(
    BaseExecutionWorkerCommunication,
    "_reflect_execution_status",
    because="what a stopped execution was doing would otherwise change its end when it is done",
    source="https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html",
    written_against="038a3961",
)
def reflect_execution_status(original: Any, communication: BaseExecutionWorkerCommunication) -> None:  # noqa: ANN401
    """Leaves a stopped execution as it is, and one that runs again since."""
    execution = communication.execution
    with changing:
        env = execution.exec_worker.env
        ended = env is not None and not isinstance(env.program_state(), ProgramRunning | None)
        if execution.status == ExecutionStatus.RUNNING and ended and communication is _communication(execution):
            original(communication)
            env.event_manager.closed = True
            _ended(execution, execution.exec_status)


def _communication(execution: Execution) -> BaseExecutionWorkerCommunication:
    return execution.exec_worker._execution_communication


def _trace(execution: Execution) -> None:
    """Without the permissions the state machine runs all the same, and its traces are lost."""
    traced = (execution.state_machine.tracingConfiguration or {}).get("enabled")
    if traced and all(iam.role_may(execution.role_arn, action, "*") for action in TRACING):
        failed = execution.status != ExecutionStatus.SUCCEEDED
        Trace(execution.start_date.timestamp()).record(execution.exec_arn, "AWS::StepFunctions::StateMachine", failed)


@replaces(
    ExecutionWorker,
    "_get_evaluation_entrypoint",
    because="the time of an execution that timed out in a task ends in moto's history when the task has ended",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html",
    written_against="2b25949a",
)
def get_evaluation_entrypoint(original: Any, worker: ExecutionWorker) -> Program:  # noqa: ANN401
    """Has the time begin, anew for each redrive."""
    program = copy.copy(original(worker))
    if program.timeout_seconds:
        execution = worker._execution_communication.execution
        worker.timer = threading.Timer(
            program.timeout_seconds.timeout_seconds,
            end,
            (execution, ExecutionStatus.TIMED_OUT, "States.Timeout"),
            {"run": worker},
        )
        worker.timer.daemon = True
        worker.timer.start()
        program.timeout_seconds = None
    return program


@replaces(
    ExecutionWorker,
    "_get_evaluation_environment",
    because="the context object of moto does not say how often an execution was redriven",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html",
    written_against="ce8421b7",
)
def get_evaluation_environment(original: Any, worker: ExecutionWorker) -> Environment:  # noqa: ANN401
    """Also tells the history whose it is."""
    env: Environment = original(worker)
    context: Any = env.states.context_object.context_object_data["Execution"]
    context["RedriveCount"] = 0
    env.event_manager.execution = worker._execution_communication.execution
    return env


@replaces(
    EventManager,
    "add_event",
    because="moto's histories have no end, and go on with what an execution was doing when it was ended",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
    written_against="cb430fa2",
)
def add_event(
    original: Any,  # noqa: ANN401
    manager: EventManager,
    context: EventHistoryContext,
    event_type: HistoryEventType,
    *rest: Any,  # noqa: ANN401
    **named: Any,  # noqa: ANN401
) -> int:
    """Keeps the event, unless it is one too many: the end of the execution is its last.

    https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-history-limit
    """
    with changing:
        limit = settings.history_events
        if (
            not manager.closed
            and manager.execution is not None
            and manager._event_id_gen._next_id >= limit
            and not event_type.value.startswith("Execution")
        ):
            cause = f"The execution reached the maximum number of history events ({limit})."
            _end(manager.execution, ExecutionStatus.FAILED, "States.Runtime", cause)
            threading.Thread(target=_end_nested, args=(manager.execution,), daemon=True).start()
        if manager.closed or context.closed:
            published: int = context.last_published_event_id
        else:
            published = original(manager, context, event_type, *rest, **named)
        return published
