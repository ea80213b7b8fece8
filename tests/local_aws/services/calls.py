"""The one place through which every call to the local AWS passes."""

import json
import sys
from typing import Any

from flask import Flask, Response, request
from moto.core.responses import ActionResult, BaseResponse
from moto.core.routing import NotFound, get_service_router
from moto.moto_server import werkzeug_app

from ..iam_policy import UnsupportedPolicyError
from ..patching import replaces
from . import iam
from .errors import ServiceError

UNKNOWN = "UnknownOperationException"


@replaces(
    BaseResponse,
    "call_action",
    because="moto checks no permissions of roles, and answers 500 to an action that it lacks, which Terraform retries",
    written_against="26076963",
)
def call_action(original: Any, response: BaseResponse) -> Any:  # noqa: ANN401
    """Checks the caller's permissions, then lets moto answer."""
    try:
        iam.authorize_call(response)
        return original(response)
    except ServiceError as error:
        return _answer(response, error)
    except NotImplementedError as error:
        return _answer(response, ServiceError(UNKNOWN, f"{response.service_name}: {error}"))
    except UnsupportedPolicyError as error:
        print(f"local AWS: cannot evaluate {error}", file=sys.stderr)
        return _answer(response, ServiceError("UnsupportedPolicyException", f"cannot evaluate {error}"))


def _answer(response: BaseResponse, error: ServiceError) -> Any:  # noqa: ANN401
    status, headers, body = response.serialized(ActionResult(error))
    headers, body = response._enrich_response({**headers, "status": status}, body)
    return status, headers, body


@replaces(
    werkzeug_app,
    "create_backend_app",
    because="an action of a REST service that moto lacks is a page that was not found, which says nothing",
    written_against="a317751e",
)
def create_backend_app(original: Any, service: str) -> Flask:  # noqa: ANN401
    """Makes the service's application name the action that it lacks."""
    app: Flask = original(service)
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
