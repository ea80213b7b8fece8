"""Step Functions: executions that are run again from where they failed."""

import json
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.responses import StepFunctionResponse

from local_aws.errors import ServiceError
from local_aws.patching import adds
from local_aws.step_functions import maps
from local_aws.step_functions.ends import changing
from local_aws.step_functions.interpreter import iso
from local_aws.step_functions.status import announce, not_redrivable_because


@adds(
    StepFunctionResponse,
    "redrive_execution",
    because="an operator redrives a rotation that failed, instead of starting over",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html",
)
def redrive_execution(response: StepFunctionResponse) -> ActionResult:
    """RedriveExecution: resumes in the state that the execution ended in."""
    execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
    with changing:
        if reason := not_redrivable_because(execution):
            raise ServiceError("ExecutionNotRedrivable", reason)
        execution.redrives = getattr(execution, "redrives", 0) + 1
        execution.redriven_at = datetime.now(UTC)
        execution.exec_status = ExecutionStatus.RUNNING
        execution.stop_date = execution.error = execution.cause = None
        previous = execution.exec_worker.env
        execution.exec_worker = worker = execution._get_start_execution_worker()
        worker.env = _environment(execution, worker, previous)
        worker._execution_logic = lambda: _go_on(execution, worker)
        announce(execution)
        worker.start()
    return ActionResult({"redriveDate": execution.redriven_at})


def _environment(execution: Execution, worker: ExecutionWorker, previous: Environment) -> Environment:
    """A new one, with the history so far."""
    env = worker._get_evaluation_environment()
    context: Any = env.states.context_object.context_object_data["Execution"]
    context["RedriveCount"], context["RedriveTime"] = execution.redrives, iso(execution.redriven_at)
    # What the execution was doing when it ended still has the history of then.
    env.event_manager._history_event_list.extend(previous.event_manager.get_event_history())
    env.event_manager._event_id_gen._next_id = previous.event_manager._event_id_gen._next_id
    env.event_history_context.integrate(previous.event_history_context)
    return env


def _go_on(execution: Execution, worker: ExecutionWorker) -> None:
    env, program = worker.env, worker._get_evaluation_entrypoint()
    entered = (
        event["stateEnteredEventDetails"]
        for event in reversed(env.event_manager.get_event_history())
        if event.get("stateEnteredEventDetails", {}).get("name") in program.states.states
    )
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.ExecutionRedriven,
        event_details=EventDetails(executionRedrivenEventDetails={"redriveCount": execution.redrives}),
    )
    # One that was stopped at once has not entered any.
    if state := next(entered, None):
        env.states.reset(input_value=json.loads(state["input"]))
        maps.resume(execution, state["name"])
        program.start_at = StartAt(start_at_name=state["name"])
    program.eval(env)
    worker._execution_communication.terminated()
