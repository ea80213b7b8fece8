"""The gateway: every call to the local AWS passes through it."""

import json
import re
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from urllib.parse import unquote

from flask import Flask, Response, request
from moto.core.responses import ActionResult, BaseResponse
from moto.core.routing import NotFound, get_service_router
from moto.moto_server import werkzeug_app

from local_aws.dynamodb import rates, writes
from local_aws.errors import ServiceError
from local_aws.fault_injection import Call, strike_call
from local_aws.iam import enforcement as iam
from local_aws.patching import replaces
from local_aws.policies import UnsupportedPolicyError

UNKNOWN = "UnknownOperationException"
DROPPED = "ConnectionClosed"
"""The error code under which a call without a response is counted."""

_counting = threading.Lock()
_calls: Counter[str] = Counter()
_errors: dict[str, Counter[str]] = {}


def counts() -> dict[str, dict[str, object]]:
    """How often each operation was called, and how often it returned each error code."""
    with _counting:
        return {name: {"calls": number, "errors": dict(_errors[name])} for name, number in sorted(_calls.items())}


@replaces(
    BaseResponse,
    "call_action",
    because="moto does not check the permissions of roles, does not throttle, lets one write to an item interrupt "
    "another, and returns 500 for an action that it lacks, which Terraform retries",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
    written_against="26076963",
)
def call_action(original: Any, response: BaseResponse) -> Any:  # noqa: ANN401
    """Checks the caller's permissions and rates, lets moto answer unless a fault strikes, and counts."""
    service, operation = iam.called(response)
    role_arn = iam.caller(response)
    # The query protocol's body has already been read by now; only its parsed form is left.
    body = response.normalized_request.get_data(as_text=True) or json.dumps(response.querystring)
    text = body + unquote(response.path)
    call = Call(service, operation, role_arn and role_arn.rsplit("/", 1)[-1], text)
    answer = _checked(lambda: _with_faults(lambda: _isolated(original, response, call), call), response, call)
    _count(f"{service}:{operation}", answer)
    return answer


def _checked(answer: Callable[[], Any], response: BaseResponse, call: Call) -> Any:  # noqa: ANN401
    try:
        iam.authorize_call(response)
        if call.service == "dynamodb":
            rates.throttle(response.current_account, response.region, call.operation)
        return answer()
    except ServiceError as error:
        return _serialized(response, error)
    except NotImplementedError as error:
        return _serialized(response, ServiceError(UNKNOWN, f"{response.service_name}: {error}"))
    except UnsupportedPolicyError as error:
        print(f"local AWS: cannot evaluate {error}", file=sys.stderr)
        return _serialized(response, ServiceError("UnsupportedPolicyException", f"cannot evaluate {error}"))


def _with_faults(answer: Callable[[], Any], call: Call) -> Any:  # noqa: ANN401
    fault = strike_call(call)
    if fault is None:
        return answer()
    time.sleep(fault.seconds)
    if not fault.fails:
        return answer()
    if fault.takes_effect:
        answer()
    if fault.drop:
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ServiceError(fault.error or DROPPED, "This error was injected.", fault.status)


def _isolated(original: Any, response: BaseResponse, call: Call) -> Any:  # noqa: ANN401
    with writes.isolated(call.operation) if call.service == "dynamodb" else nullcontext():
        return original(response)


def _count(name: str, answer: tuple[int, dict[str, Any], Any]) -> None:
    status, headers, body = answer
    with _counting:
        _calls[name] += 1
        errors = _errors.setdefault(name, Counter())
        if int(status) >= 400:
            errors[_error_code(headers, body) or str(status)] += 1


def _error_code(headers: dict[str, Any], body: str | bytes) -> str | None:
    """The error code, which protocols put in a header, in JSON or in XML, sometimes with a namespace."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
    named = {name.lower(): str(value) for name, value in headers.items()}.get("x-amzn-errortype")
    found = re.search(r'"__type":\s*"([^"]+)"|<Code>([^<]+)</Code>', text)
    code = named or (found and (found[1] or found[2]))
    return code.rsplit("#", 1)[-1].split(":")[0] if code else None


def _serialized(response: BaseResponse, error: ServiceError) -> Any:  # noqa: ANN401
    status, headers, body = response.serialized(ActionResult(error))
    status = error.status or status
    headers, body = response._enrich_response({**headers, "status": status}, body)
    return status, headers, body


@replaces(
    werkzeug_app,
    "create_backend_app",
    because="moto answers an action of a REST service that it lacks with an anonymous 404, and looks for mistakes of "
    "its own in every request",
    source="tool",
    written_against="a317751e",
)
def create_backend_app(original: Any, service: str) -> Flask:  # noqa: ANN401
    """Makes the 404 of the service's application name the missing action."""
    app: Flask = original(service)
    app.debug = False
    app.register_error_handler(404, lambda _: _unknown(service))
    return app


def _unknown(service: str) -> Response:
    try:
        operation = get_service_router({"awslambda": "lambda"}.get(service, service)).match(request)[0].name
    except NotFound:
        operation = f"{request.method} {request.path}"
    text = f"{service}: the action {operation} has not been implemented"
    return Response(
        json.dumps({"__type": UNKNOWN, "message": text}),
        status=400,
        headers={"x-amzn-errortype": UNKNOWN, "content-type": "application/json"},
    )
