"""Step Functions: state machines that start others and wait for them."""

from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment

from local_aws.patching import replaces
from local_aws.step_functions.ends import waited_for

_BECAUSE = (
    "the API of Step Functions has names in lower camel case and dates, where a definition has upper camel case "
    "and milliseconds"
)


def _renamed(named: dict[str, Any], first_letter: Any) -> None:  # noqa: ANN401
    for name in list(named):
        named[first_letter(name[0]) + name[1:]] = named.pop(name)


@replaces(
    StateTaskServiceSfn,
    "_normalise_parameters",
    because=_BECAUSE,
    source="https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html",
    written_against="d75d3da1",
)
def _normalise_parameters(original: Any, task: StateTaskServiceSfn, parameters: dict[str, Any], *rest: Any) -> None:  # noqa: ANN401
    original(task, parameters, *rest)
    _renamed(parameters, str.lower)


@replaces(
    StateTaskServiceSfn,
    "_normalise_response",
    because=_BECAUSE,
    source="https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html",
    written_against="00e0b0a5",
)
def _normalise_response(
    original: Any,  # noqa: ANN401
    task: StateTaskServiceSfn,
    response: dict[str, Any],
    *rest: Any,  # noqa: ANN401
    **named: Any,  # noqa: ANN401
) -> None:
    original(task, response, *rest, **named)
    _renamed(response, str.upper)
    for name, value in response.items():
        if isinstance(value, datetime):
            response[name] = int(value.timestamp() * 1000)


@replaces(
    StateTaskServiceSfn,
    "_after_eval_execution",
    because="moto does not stop what a stopped execution waits for",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-sync",
    written_against="baf0479e",
)
def _after_eval_execution(original: Any, task: StateTaskServiceSfn, env: Environment, **named: Any) -> None:  # noqa: ANN401
    # Before the history reports the start.
    if task._is_integration_pattern():
        waited_for[env.states.context_object.context_object_data["Execution"]["Id"]] = env.stack[-1]["ExecutionArn"]
    original(task, env=env, **named)


@replaces(
    StateTaskServiceSfn,
    "_from_error",
    because="moto calls a quota that is used up ExecutionLimitExceededException, and names errors that are not in the "
    "model, such as a denial, which AWS calls AWSStepFunctionsException",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html",
    written_against="7cdee093",
)
def _from_error(original: Any, task: StateTaskServiceSfn, env: Environment, ex: Exception) -> FailureEvent:  # noqa: ANN401
    if not isinstance(ex, ClientError):
        return original(task, env, ex)
    failure: FailureEvent = original(task, env, ex)
    if ex.response["Error"]["Code"] == "ExecutionLimitExceeded":
        name = "StepFunctions.ExecutionLimitExceeded"
    elif type(ex) is ClientError:
        name = "StepFunctions.AWSStepFunctionsException"
    else:
        return failure
    failure.error_name = CustomErrorName(name)
    failure.event_details["taskFailedEventDetails"]["error"] = name
    return failure
