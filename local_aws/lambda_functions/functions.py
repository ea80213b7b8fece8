"""Lambda: functions that really run, and the checks that AWS makes before it accepts their configuration."""

import base64
import io
import json
import threading
import time
import uuid
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend, LambdaFunction, lambda_backends
from moto.logs.models import logs_backends

from local_aws.errors import ServiceError
from local_aws.fault_injection import strike_function
from local_aws.iam import enforcement as iam
from local_aws.lambda_functions import runtime as lambda_runtime
from local_aws.lambda_functions.runtime import Invocation
from local_aws.patching import replaces
from local_aws.policies import service_may
from local_aws.settings import settings
from local_aws.xray.traces import Trace

ENVIRONMENT_LIMIT = 4096
"""Bytes of all variables of one function, measured as JSON."""

TRACING = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
"""What a role needs so that invocations of its function are traced."""

NETWORK = ("DescribeNetworkInterfaces", "DescribeSubnets")
"""Actions of EC2, on everything, that a role needs so that its function can be connected to a VPC."""

NETWORK_INTERFACES = (
    "AssignPrivateIpAddresses",
    "CreateNetworkInterface",
    "DeleteNetworkInterface",
    "UnassignPrivateIpAddresses",
)
"""Those that it needs on network interfaces: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"""

KEPT = {
    "LoggingConfig": "logging_config",
    "DeadLetterConfig": "dead_letter_config",
    "TracingConfig": "tracing_config",
    "KMSKeyArn": "kms_key_arn",
}
"""Parts of a configuration that moto forgets when a function is created or updated."""


def function_by_arn(arn: str) -> LambdaFunction:
    """The function, or moto's UnknownFunctionException."""
    _, _, _, region, account, _, name, *qualifier = arn.split(":")
    return lambda_backends[account][region].get_function(name, qualifier[0] if qualifier else None)


def service_may_invoke(function: LambdaFunction, service: str, source_arn: str) -> bool:
    """Whether the function's resource policy lets the service invoke it on behalf of the source."""
    return service_may(
        {"Statement": function.policy.statements},
        service,
        "lambda:InvokeFunction",
        function.function_arn,
        {"aws:SourceArn": source_arn, "aws:SourceAccount": source_arn.split(":")[4]},
    )


def run(function: LambdaFunction, event: bytes, request_id: str | None = None) -> Invocation:
    """Runs the function once and writes its log; raises TooManyRequests."""
    with _reserved_concurrency(function):
        return _run(function, event, request_id)


class TooManyRequests(ServiceError):
    """As many events are processed as the function's reserved concurrency allows."""

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")


@contextmanager
def _reserved_concurrency(function: LambdaFunction) -> Iterator[None]:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""
    arn = function.function_arn
    with _counting:
        if function.reserved_concurrency is not None and _running[arn] >= int(function.reserved_concurrency):
            raise TooManyRequests
        _running[arn] += 1
    try:
        yield
    finally:
        with _counting:
            _running[arn] -= 1


_counting = threading.Lock()
_running: Counter[str] = Counter()


def _run(function: LambdaFunction, event: bytes, request_id: str | None) -> Invocation:
    fault = strike_function(function.function_name, event.decode())
    trace = Trace()
    traced = (function.tracing_config or {}).get("Mode") == "Active"
    request = lambda_runtime.Request(request_id or str(uuid.uuid4()), event, trace.header(sampled=traced), fault)
    time.sleep(fault.seconds if fault and fault.kill != "during" else 0)
    invocation = lambda_runtime.invoke(_runnable(function), request)
    _write_log(function, invocation)
    if traced and all(iam.role_may(function.role, action, "*") for action in TRACING):
        trace.record(function.function_arn, "AWS::Lambda::Function", failed=invocation.failed)
    return invocation


def _runnable(function: LambdaFunction) -> lambda_runtime.Function:
    keys = iam.credentials(function.role, function.function_name)
    logging = _logging_config(function)
    variables = {
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_SESSION_TOKEN": keys.session_token,
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_LOG_GROUP_NAME": logging["LogGroup"],
        "AWS_LAMBDA_LOG_FORMAT": logging["LogFormat"].upper(),
        # Directs the function to the local AWS.
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        **function.environment_vars,
    }
    if "ApplicationLogLevel" in logging:
        variables["AWS_LAMBDA_LOG_LEVEL"] = logging["ApplicationLogLevel"]
    backend = lambda_backends[function.account_id][function.region]
    return lambda_runtime.Function(
        arn=function.function_arn,
        handler=function.handler,
        runtime=function.run_time,
        timeout=int(function.timeout),
        code=function.code_bytes,
        layers=tuple(backend.layers_versions_by_arn(layer["Arn"]).code_bytes for layer in function.layers),
        environment=tuple(sorted(variables.items())),
    )


def _write_log(function: LambdaFunction, invocation: Invocation) -> None:
    """Writes to CloudWatch Logs if the role allows it; otherwise the log is lost, as on AWS."""
    group, region, account = _logging_config(function)["LogGroup"], function.region, function.account_id
    resource = f"arn:{function.partition}:logs:{region}:{account}:log-group:{group}:log-stream:{invocation.log_stream}"
    may_write = all(
        iam.role_may(function.role, f"logs:{action}", resource) for action in ("CreateLogStream", "PutLogEvents")
    )
    logs = logs_backends[account][region]
    if group not in logs.groups and iam.role_may(function.role, "logs:CreateLogGroup", resource):
        logs.create_log_group(group, {})
    if not may_write or group not in logs.groups:
        return
    if invocation.log_stream not in logs.groups[group].streams:
        logs.create_log_stream(group, invocation.log_stream)
    now = int(time.time() * 1000)
    lines = _framed(function, invocation)
    logs.put_log_events(group, invocation.log_stream, [{"timestamp": now, "message": line} for line in lines])


def _framed(function: LambdaFunction, invocation: Invocation) -> list[str]:
    """The log of an invocation between the lines that Lambda itself writes."""
    logging = _logging_config(function)
    milliseconds = invocation.seconds * 1000
    if logging["LogFormat"] == "Text":
        return [
            f"START RequestId: {invocation.request_id} Version: {function.version}",
            *invocation.log,
            f"END RequestId: {invocation.request_id}",
            f"REPORT RequestId: {invocation.request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Memory Size: {function.memory_size} MB",
        ]
    if logging.get("SystemLogLevel") == "WARN":
        return invocation.log

    def platform(kind: str, **record: object) -> str:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return json.dumps(
            {"time": now, "type": f"platform.{kind}", "record": {"requestId": invocation.request_id, **record}}
        )

    status = "error" if invocation.failed else "success"
    return [
        platform("start", version=str(function.version)),
        *invocation.log,
        platform("report", status=status, metrics={"durationMs": round(milliseconds, 2)}),
    ]


def _logging_config(function: LambdaFunction) -> dict[str, str]:
    return {"LogFormat": "Text", "LogGroup": function.logs_group_name, **(function.logging_config or {})}


@replaces(
    LambdaFunction,
    "__init__",
    because="moto forgets a function's LoggingConfig and DeadLetterConfig",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html",
    written_against="70a28522",
)
def remember_configuration(
    original: Any,  # noqa: ANN401
    function: LambdaFunction,
    account_id: str,
    spec: dict[str, Any],
    *arguments: Any,  # noqa: ANN401
    **named: Any,  # noqa: ANN401
) -> None:
    """Keeps what moto drops from the specification."""
    function.logging_config = spec.get("LoggingConfig")
    function.dead_letter_config = spec.get("DeadLetterConfig")
    original(function, account_id, spec, *arguments, **named)


@replaces(
    LambdaFunction,
    "get_configuration",
    because="moto forgets a function's LoggingConfig and DeadLetterConfig, so that Terraform plans a change",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html",
    written_against="803fb04b",
)
def get_configuration(original: Any, function: LambdaFunction, on_create: bool = False) -> dict[str, Any]:  # noqa: ANN401
    """Adds what moto forgets."""
    configuration: dict[str, Any] = original(function, on_create)
    configuration["LoggingConfig"] = _logging_config(function)
    if (function.dead_letter_config or {}).get("TargetArn"):
        configuration["DeadLetterConfig"] = function.dead_letter_config
    return configuration


@replaces(
    LambdaFunction,
    "update_configuration",
    because="moto forgets LoggingConfig, DeadLetterConfig, TracingConfig, KMSKeyArn and EphemeralStorage when updating",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html",
    written_against="eca1cdec",
)
def update_configuration(original: Any, function: LambdaFunction, changes: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    """Checks the changes as AWS does, and keeps what moto drops."""
    _check(
        changes.get("Role", function.role),
        changes.get("TracingConfig", function.tracing_config),
        changes.get("DeadLetterConfig", function.dead_letter_config),
        changes.get("Environment", {}).get("Variables", {}),
    )
    _check_network(changes.get("Role", function.role), function.region, changes.get("VpcConfig", function.vpc_config))
    if "Environment" in changes:
        changes["Environment"].setdefault("Variables", {})
    for name, attribute in KEPT.items():
        if name in changes:
            setattr(function, attribute, changes[name])
    if "EphemeralStorage" in changes:
        function.ephemeral_storage = changes["EphemeralStorage"]["Size"]
    configuration: dict[str, Any] = original(function, changes)
    return configuration


@replaces(
    LambdaBackend,
    "create_function",
    because="moto accepts a role that Lambda cannot assume or that lacks what the configuration needs, "
    "and environments of any size",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html",
    written_against="dea879c1",
)
def create_function(original: Any, backend: LambdaBackend, spec: dict[str, Any]) -> LambdaFunction:  # noqa: ANN401
    """Checks the configuration as AWS does."""
    _check(
        spec["Role"],
        spec.get("TracingConfig"),
        spec.get("DeadLetterConfig"),
        spec.get("Environment", {}).get("Variables", {}),
    )
    _check_network(spec["Role"], backend.region_name, spec.get("VpcConfig"))
    archive = spec["Code"].get("ZipFile")
    if archive and not zipfile.is_zipfile(io.BytesIO(base64.b64decode(archive))):
        raise InvalidParameterValueException(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        )
    return original(backend, spec)


def _check(
    role_arn: str,
    tracing: dict[str, str] | None,
    dead_letters: dict[str, str] | None,
    variables: dict[str, str],
) -> None:
    if not iam.role_trusts(role_arn, "lambda.amazonaws.com"):
        raise InvalidParameterValueException("The role defined for the function cannot be assumed by Lambda.")
    if (tracing or {}).get("Mode") == "Active":
        for action in TRACING:
            if not iam.role_may(role_arn, action, "*"):
                raise InvalidParameterValueException(
                    "The provided execution role does not have permissions to call "
                    f"{action.removeprefix('xray:')} on XRAY"
                )
    target = (dead_letters or {}).get("TargetArn")
    if target:
        _check_destination("provided execution role", role_arn, target)
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > ENVIRONMENT_LIMIT:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables "
            f"you have provided exceeded the 4KB limit. String measured: {measured}"
        )


def _check_network(role_arn: str, region: str, network: dict[str, Any] | None) -> None:
    if not (network or {}).get("SubnetIds"):
        return
    _, partition, _, _, account, _ = role_arn.split(":")
    interfaces = f"arn:{partition}:ec2:{region}:{account}:network-interface/*"
    for resource, actions in (("*", NETWORK), (interfaces, NETWORK_INTERFACES)):
        for action in actions:
            if not iam.role_may(role_arn, f"ec2:{action}", resource):
                raise InvalidParameterValueException(
                    f"The provided execution role does not have permissions to call {action} on EC2"
                )


SENDING = {
    "sqs": ("SendMessage", "SQS"),
    "sns": ("Publish", "SNS"),
    "lambda": ("InvokeFunction", "Lambda"),
    "events": ("PutEvents", "EventBridge"),
}
"""The action, and AWS's name of the service, with which a function's role sends to a destination."""


def may_send(role_arn: str, destination: str) -> bool:
    """Whether messages sent with the function's role arrive at a destination or dead-letter queue."""
    is_queue = destination.split(":")[2] == "sqs"
    return _may_call(role_arn, destination) and (not is_queue or iam.role_may_encrypt(role_arn, destination))


def _may_call(role_arn: str, destination: str) -> bool:
    service = destination.split(":")[2]
    return iam.role_may(role_arn, f"{service}:{SENDING[service][0]}", destination)


def _check_destination(whose: str, role_arn: str, destination: str) -> None:
    # AWS does not check the key of an encrypted queue until there is something to send.
    if not _may_call(role_arn, destination):
        action, service = SENDING[destination.split(":")[2]]
        raise InvalidParameterValueException(f"The {whose} does not have permissions to call {action} on {service}")


def destination(function: LambdaFunction, outcome: str) -> str | None:
    """The ARN of the destination for an outcome of asynchronous invocations: `OnFailure` or `OnSuccess`."""
    config = event_invoke_config(function).get("DestinationConfig") or {}
    return (config.get(outcome) or {}).get("Destination")


def event_invoke_config(function: LambdaFunction) -> dict[str, Any]:
    """How asynchronous invocations of the function are retried, and their destinations."""
    return function.event_invoke_config[0].config if function.event_invoke_config else {}


@replaces(
    LambdaBackend,
    "put_function_event_invoke_config",
    because="moto always returns the first configuration, and accepts destinations that the role may not use",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html",
    written_against="5553f19f",
)
def put_function_event_invoke_config(
    original: Any,  # noqa: ANN401
    backend: LambdaBackend,
    function_name: str,
    config: dict[str, Any],
) -> dict[str, Any]:
    """Checks the destinations as AWS does, and replaces the configuration."""
    function = backend.get_function(function_name)
    for outcome in (config.get("DestinationConfig") or {}).values():
        if outcome.get("Destination"):
            _check_destination("function's execution role", function.role, outcome["Destination"])
    function.event_invoke_config = []
    answer: dict[str, Any] = original(backend, function_name, config)
    return answer


@replaces(
    LambdaBackend,
    "delete_function",
    because="moto does not end the processes that run the function",
    source="tool",
    written_against="828280c8",
)
def delete_function(
    original: Any,  # noqa: ANN401
    backend: LambdaBackend,
    function_name: str,
    qualifier: str | None = None,
) -> None:
    """Deletes the function and ends its processes."""
    arn = backend.get_function(function_name).function_arn
    original(backend, function_name, qualifier)
    if qualifier is None:
        lambda_runtime.forget(arn)
