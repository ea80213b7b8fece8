"""Connections stay open between calls, whatever the call before was."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

SETTINGS = "/_local_aws/settings"


@pytest.fixture
def connection(local_aws: str) -> Iterator[HTTPConnection]:
    """An open connection, on which the next call must be answered too."""
    connection = HTTPConnection(local_aws.removeprefix("http://"), timeout=10)
    connection.connect()
    opened = connection.sock
    yield connection
    assert status(connection, "GET") == 200
    assert connection.sock is opened
    connection.close()


def status(connection: HTTPConnection, method: str, path: str = SETTINGS, body: object = None) -> int:
    connection.request(method, path, body)  # type: ignore[arg-type]  # (it takes iterators, too)
    response = connection.getresponse()
    response.read()
    return response.status


def test_a_body_that_nobody_reads_is_not_the_next_call(connection: HTTPConnection) -> None:
    assert status(connection, "GET", body=b"no call\r\n\r\n" * 10_000) == 200


def test_an_answer_to_head_has_no_body(connection: HTTPConnection) -> None:
    assert status(connection, "HEAD") == 400


def test_a_call_that_cannot_be_answered_gets_a_500(connection: HTTPConnection) -> None:
    assert status(connection, "PUT", body=b'["not a setting"]') == 500


def test_a_body_may_come_in_chunks(connection: HTTPConnection) -> None:
    body = json.dumps({"table_quota": 2500}).encode()
    assert status(connection, "PUT", body=iter([body[:5], body[5:]])) == 200


def test_who_asks_before_sending_a_body_is_told_to_send_it(connection: HTTPConnection) -> None:
    connection.putrequest("PUT", SETTINGS)
    connection.putheader("Content-Length", "2")
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    assert connection.sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.send(b"{}")
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["table_quota"]) == (200, 2500)
