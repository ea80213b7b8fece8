"""The Lambda Runtime API in Python, in place of awslambdaric's native module, which exists for Linux only.

Names and parameters are the native module's. This runs inside a Lambda function's process, where only the
standard library is certain to be available.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import http.client
import os
import socket
from typing import Any

_INVOCATION = "/2018-06-01/runtime/invocation"
_connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def initialize_client(user_agent: str) -> None:
    """Connects. Without TCP_NODELAY every answer would wait 40 ms for a delayed acknowledgement."""
    _connection.connect()
    _connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def next() -> tuple[bytes, dict[str, Any]]:  # noqa: A001
    """Waits for an event. Ends the process with an error once the local AWS has stopped."""
    body, headers = _request("GET", f"{_INVOCATION}/next")
    deadline = "Lambda-Runtime-Deadline-Ms"
    return body, {**headers, deadline: int(headers[deadline])}


def post_invocation_result(invoke_id: str, result: bytes, content_type: str, invocation_id: str | None = None) -> None:
    """Reports what the handler returned."""
    _request("POST", f"{_INVOCATION}/{invoke_id}/response", result, content_type)


def post_error(invoke_id: str, error: str, xray_fault: str, invocation_id: str | None = None) -> None:
    """Reports what the handler raised."""
    _request("POST", f"{_INVOCATION}/{invoke_id}/error", error.encode(), "application/json")


def _request(
    method: str, path: str, body: bytes | None = None, content_type: str | None = None
) -> tuple[bytes, dict[str, str]]:
    _connection.request(method, path, body, {"Content-Type": content_type} if content_type else {})
    response = _connection.getresponse()
    return response.read(), dict(response.headers)
