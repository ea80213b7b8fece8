"""Step Functions: what a state calls, with whose permissions, and how its errors are named."""

import json
import sys
import threading
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from moto.core.exceptions import AWSError
from moto.stepfunctions.parser.api import (
    HistoryEventType,
    LambdaFunctionFailedEventDetails,
    TaskFailedEventDetails,
)
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.common.retry.jitter_strategy_decl import JitterStrategyDecl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
    StateTaskServiceLambda,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import boto_client, json_path

from local_aws.iam import enforcement as iam
from local_aws.patching import remembers, replaces
from local_aws.settings import settings

LONGEST_TASK_SECONDS = 900
"""A Lambda function runs for 15 minutes at most, and then so does the call that waits for it."""


def iso(moment: datetime) -> str:
    """The moment as AWS writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@replaces(
    boto_client,
    "boto_client_for",
    because="moto calls AWS without the execution role, so that its permissions are not checked, "
    "and makes a client for each call",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html",
    written_against="1f44dc2a",
)
def boto_client_for(_original: Any, region: str, service: str, state_credentials: Any = None) -> Any:  # noqa: ANN401
    """A client with the credentials of the execution role."""
    with _clients:
        return _client(region, service, getattr(state_credentials, "role_arn", None))


_clients = threading.Lock()


@lru_cache
def _client(region: str, service: str, role_arn: str | None) -> Any:  # noqa: ANN401
    keys = iam.credentials(role_arn, "states") if role_arn else None
    client: Any = boto3.client
    return client(
        service,
        region_name=region,
        endpoint_url=settings.endpoint,
        aws_access_key_id=keys.access_key_id if keys else "administrator",
        aws_secret_access_key=keys.secret_access_key if keys else "secret",
        aws_session_token=keys.session_token if keys else None,
        config=Config(
            # Like moto's own client: the service itself rejects wrong parameters.
            parameter_validation=False,
            retries={"total_max_attempts": 1},
            read_timeout=LONGEST_TASK_SECONDS,
            max_pool_connections=100,
        ),
    )


# The modules that run tasks have imported the function by name.
for _module in list(sys.modules.values()):
    if _module.__name__.startswith("moto.stepfunctions.parser.asl.component") and hasattr(_module, "boto_client_for"):
        setattr(_module, boto_client_for.__name__, boto_client_for)


@replaces(
    StateTaskServiceAwsSdk,
    "_eval_service_task",
    because="moto leaves datetimes in the output, which cannot be described, where AWS has ISO 8601 texts",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html",
    written_against="e68dc9e0",
)
def eval_service_task(original: Any, task: StateTaskServiceAwsSdk, env: Environment, *rest: Any, **named: Any) -> None:  # noqa: ANN401
    """Turns dates into texts."""
    original(task, env, *rest, **named)
    env.stack[-1] = json.loads(
        json.dumps(env.stack[-1], default=lambda value: iso(value) if isinstance(value, datetime) else str(value))
    )


@replaces(
    StateTaskServiceAwsSdk,
    "_normalise_service_error_name",
    because="moto writes most service names in an error as the definition does, AWS with a capital letter",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html",
    written_against="7fccfad3",
)
def normalise_service_error_name(original: Any, _task: StateTaskServiceAwsSdk, service_name: str) -> str:  # noqa: ANN401
    """Such as `Ssm` in `Ssm.ParameterNotFoundException`."""
    name: str = original(service_name)
    return name[0].upper() + name[1:]


@replaces(
    StateTaskServiceLambda,
    "_error_cause_from_client_error",
    because="AWS calls errors that are not in Lambda's model, such as a denial, Lambda.AWSLambdaException",
    source="measured",
    written_against="ebcbb8bd",
)
def error_cause_from_client_error(
    original: Any,  # noqa: ANN401
    _task: StateTaskServiceLambda,
    client_error: ClientError,
) -> tuple[str, str]:
    """Error and cause of a call to Lambda that failed before the function ran."""
    error, cause = original(client_error)
    modelled = type(client_error) is not ClientError
    return (error if modelled else "Lambda.AWSLambdaException"), cause


@replaces(
    StateTaskServiceLambda,
    "_from_error",
    because="AWS reports a call to Lambda without a response as Lambda.SdkClientException, which can be retried",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception",
    written_against="ba630b50",
)
def from_service_error(original: Any, task: StateTaskServiceLambda, env: Environment, ex: Exception) -> FailureEvent:  # noqa: ANN401
    """https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception"""
    if not isinstance(ex, BotoCoreError):
        return original(task, env, ex)
    error = "Lambda.SdkClientException"
    details = TaskFailedEventDetails(
        error=error,
        cause=str(ex),
        resource=task._get_sfn_resource(),
        resourceType=task._get_sfn_resource_type(),
    )
    return FailureEvent(
        env=env,
        error_name=CustomErrorName(error),
        event_type=HistoryEventType.TaskFailed,
        event_details=EventDetails(taskFailedEventDetails=details),
    )


@replaces(
    StateTaskLambda,
    "_from_error",
    because="moto calls every failed call to Lambda from a task with a function's ARN `Exception`",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception",
    written_against="1a3cdc6f",
)
def from_error(original: Any, task: StateTaskLambda, env: Environment, ex: Exception) -> FailureEvent:  # noqa: ANN401
    """Names it as for the task `arn:aws:states:::lambda:invoke`."""
    if not isinstance(ex, ClientError):
        return original(task, env, ex)
    error, cause = StateTaskServiceLambda._error_cause_from_client_error(task, ex)
    return FailureEvent(
        env=env,
        error_name=CustomErrorName(error),
        event_type=HistoryEventType.LambdaFunctionFailed,
        event_details=EventDetails(
            lambdaFunctionFailedEventDetails=LambdaFunctionFailedEventDetails(error=error, cause=cause)
        ),
    )


@replaces(
    ErrorEqualsDecl,
    "_eval_body",
    because="in moto States.ALL catches what AWS lets no state catch, and States.TaskFailed catches too little",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html",
    written_against="aeda14a0",
)
def matches_error(_original: Any, declaration: ErrorEqualsDecl, env: Environment) -> None:  # noqa: ANN401
    """https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"""
    error = env.stack.pop().error_name
    wanted = [name.error_name for name in declaration.error_names]
    env.stack.append(
        error in wanted
        or ("States.ALL" in wanted and error not in ("States.DataLimitExceeded", "States.Runtime"))
        or (
            "States.TaskFailed" in wanted
            and error not in ("States.Timeout", "States.DataLimitExceeded", "States.Runtime")
        )
        or ("States.Timeout" in wanted and error == "States.HeartbeatTimeout")
    )


@replaces(
    WaitFunction,
    "_wait_interval",
    because="nobody wants to wait in a test for as long as on AWS",
    source="tool",
    written_against="8f954dee",
)
def wait_interval(_original: Any, _function: WaitFunction, env: Environment, wait_seconds: int) -> None:  # noqa: ANN401
    """Waits until the time is over or the execution has ended."""
    until = time.monotonic() + wait_seconds * settings.wait_factor
    while env.is_running() and (left := until - time.monotonic()) > 0:
        # The end of the execution may come just before the wait for it.
        env.program_state_event.wait(min(left, 1))


@replaces(
    JitterStrategyDecl,
    "_eval_body",
    because="nobody wants to wait in a test for as long as on AWS",
    source="tool",
    written_against="13a10f4a",
)
def add_jitter(original: Any, jitter: JitterStrategyDecl, env: Environment) -> None:  # noqa: ANN401
    """The last step in finding the interval before a retry."""
    original(jitter, env)
    env.stack.append(env.stack.pop() * settings.retry_factor)


@replaces(
    AWSError,
    "__init__",
    because="the interpreter's errors have a code but no type, so that they reach the caller without a name",
    source="tool",
    written_against="45ec5b20",
)
def init_error(
    original: Any,  # noqa: ANN401
    error: AWSError,
    message: str = "",
    exception_type: str | None = None,
    status: int | None = None,
) -> None:
    """Takes the class's code for its type."""
    code = type(error).code
    original(error, message, exception_type or error.TYPE or (code if isinstance(code, str) else None), status)


# Speed: moto parses a definition for each execution, and a path each time it is used. What is parsed is never changed.

_PARSING = "parsing a path takes longer than following it"
remembers(json_path, "parse", because=_PARSING, written_against="8e8fc5e9")
remembers(result_path, "parse", because=_PARSING, written_against="cd433e74")
remembers(
    AmazonStateLanguageParser,
    "parse",
    because="parsing a definition takes longer than executing most of its states",
    written_against="a59a7d18",
)
