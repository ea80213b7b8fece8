"""Invocations of Lambda functions; asynchronous ones with retries, destinations and dead-letter queues."""

import base64
import json
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaFunction
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from local_aws.lambda_functions.functions import (
    TooManyRequests,
    destination,
    event_invoke_config,
    function_by_arn,
    may_send,
    run,
)
from local_aws.lambda_functions.runtime import Invocation
from local_aws.patching import replaces
from local_aws.settings import settings


@replaces(
    LambdaFunction,
    "invoke",
    because="moto runs functions in Docker only",
    source="tool",
    written_against="dadc324f",
)
def answer_invoke(
    _original: Any,  # noqa: ANN401
    function: LambdaFunction,
    body: str | bytes,
    request_headers: Any,  # noqa: ANN401
    response_headers: dict[str, str],
) -> bytes:
    """The three invocation types of `Invoke`."""
    event = (body.encode() if isinstance(body, str) else body) or b"{}"
    kind = request_headers.get("X-Amz-Invocation-Type", "RequestResponse")
    if kind == "DryRun":
        return b""
    if kind == "Event":
        invoke(function.function_arn, event)
        return b""
    invocation = run(function, event)
    if invocation.failed:
        response_headers["x-amz-function-error"] = "Unhandled"
    tail = "\n".join(invocation.log).encode()[-4096:]
    response_headers["x-amz-log-result"] = base64.b64encode(tail).decode()
    response_headers["x-amz-executed-version"] = str(function.version)
    return invocation.payload


def invoke(function_arn: str, event: bytes) -> None:
    """Queues the event for the function and returns at once."""
    threading.Thread(target=_until_it_succeeds, args=(function_arn, event), daemon=True).start()


def send(arn: str, message: str, attributes: dict[str, str] | None = None, group_id: str | None = None) -> None:
    """Puts a message into a queue or a topic, or invokes a function with it; the caller has checked permissions."""
    _, _, service, region, account, name, *_ = arn.split(":")
    if service == "sqs":
        sqs_backends[account][region].send_message(
            name,
            message,
            message_attributes={
                key: {"DataType": "String", "StringValue": value} for key, value in (attributes or {}).items()
            },
            group_id=group_id,
        )
    elif service == "sns":
        sns_backends[account][region].publish(message, arn=arn)
    elif service == "lambda":
        invoke(arn, message.encode())
    else:
        raise NotImplementedError(f"sending to {arn}")


def _until_it_succeeds(function_arn: str, event: bytes) -> None:
    request_id = str(uuid.uuid4())
    attempts = 0
    while True:
        try:
            function = function_by_arn(function_arn)
        except UnknownFunctionException:
            # The function was deleted in the meantime: AWS drops its events.
            return
        try:
            invocation = run(function, event, request_id)
        except TooManyRequests:
            # Lambda tries again for hours, and does not count it.
            time.sleep(settings.asynchronous_retry_seconds[0])
            continue
        attempts += 1
        if not invocation.failed:
            _send_record(function, "OnSuccess", "Success", event, invocation, attempts)
            return
        if attempts > event_invoke_config(function).get("MaximumRetryAttempts", 2):
            break
        time.sleep(settings.asynchronous_retry_seconds[attempts - 1])
    _send_record(function, "OnFailure", "RetriesExhausted", event, invocation, attempts)
    _send_dead_letter(function, event, invocation)


def _send_record(
    function: LambdaFunction,
    outcome: str,
    condition: str,
    event: bytes,
    invocation: Invocation,
    attempts: int,
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    target = destination(function, outcome)
    # Without the permission AWS drops the record.
    if not target or not may_send(function.role, target):
        return
    response: dict[str, Any] = {"statusCode": 200, "executedVersion": str(function.version)}
    if invocation.failed:
        response["functionError"] = "Unhandled"
    record = {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": invocation.request_id,
            "functionArn": f"{function.function_arn}:{function.version}",
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": json.loads(event),
        "responseContext": response,
        "responsePayload": json.loads(invocation.payload),
    }
    send(target, json.dumps(record))


def _send_dead_letter(function: LambdaFunction, event: bytes, invocation: Invocation) -> None:
    target = (function.dead_letter_config or {}).get("TargetArn")
    if target and may_send(function.role, target):
        error = json.loads(invocation.payload)
        send(
            target,
            event.decode(),
            {
                "RequestID": invocation.request_id,
                "ErrorCode": "200",
                "ErrorMessage": str(error.get("errorMessage") or error.get("errorType"))[:1024],
            },
        )
