"""Invocations of masking's functions on moto."""

import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from masking.keys import Keys
from masking.methods import Item, Value
from masking.rules import Rules
from masking.settings import MaskingSettings
from masking.state import Table
from masking.time_limit import TimeLimit
from masking.work import AnySegment, Work
from rotator.clients import Clients

COPY = "orders-20261129-02-07-00"
HMAC_KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"
SECRET = b"the secret of the tests"
KEYS = Keys.of(SECRET)


def mark_of(*paths: str, table: str = COPY) -> Value:
    """What an item of the table has in `MARK` where the digits of these paths are masked."""
    key = hmac.digest(SECRET, b"mark", "sha256")
    return {"SS": sorted(hmac.digest(key, f"{table}\0{path}".encode(), "sha256").hex()[:16] for path in paths)}


class Kms:
    """An HMAC key of AWS KMS."""

    def __init__(self) -> None:
        self.calls: list[dict[str, object]] = []

    def generate_mac(self, **call: object) -> dict[str, bytes]:
        self.calls.append(call)
        return {"Mac": SECRET}


class Context:
    """Of an invocation that has this much time left: as many milliseconds as the list says, then none."""

    def __init__(self, checks: int | None = None) -> None:
        self.checks = checks

    def get_remaining_time_in_millis(self) -> int:
        if self.checks is None:
            return 900_000
        self.checks -= 1
        return 900_000 if self.checks >= 0 else 59_999


def settings_of(rules: Mapping[str, str], *, all_listed: bool = False, workers: int = 2) -> MaskingSettings:
    return MaskingSettings(Rules.of(rules), all_listed, HMAC_KEY_ARN, workers)


def make_ready(clients: Clients) -> Clients:
    """Gives them a key of KMS, and lets several threads use them."""
    clients.kms = Kms()  # type: ignore[assignment]
    _one_call_at_a_time(clients.dynamodb)
    return clients


def work_of(clients: Clients, rules: Mapping[str, str], *, all_listed: bool = False, checks: int | None = None) -> Work:
    """One invocation, which may make `checks` calls before its time is nearly up."""
    make_ready(clients)
    context: Any = Context(checks)
    return Work(settings_of(rules, all_listed=all_listed), clients, TimeLimit(context))


def segment_of(*key: str, position: str | None = None) -> AnySegment:
    """The only segment of a table, because moto returns every item of a table for each of them."""
    table: Table = {"Name": COPY, "Key": [*(key or ("pk",))]}
    return {"Table": table, "Number": 0, "Of": 1, "Position": position, "Done": False, "Counts": {}}


def make_table(clients: Clients, *items: Item, key: tuple[str, ...] = ("pk",)) -> None:
    """A table with keys that are strings."""
    clients.dynamodb.create_table(
        TableName=COPY,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in key],
        KeySchema=[
            {"AttributeName": name, "KeyType": "RANGE" if position else "HASH"} for position, name in enumerate(key)
        ],
    )
    for item in items:
        clients.dynamodb.put_item(TableName=COPY, Item=item)


def items_of(clients: Clients) -> list[Item]:
    """All items, in the order of their JSON."""
    pages: Any = clients.dynamodb.get_paginator("scan").paginate(TableName=COPY)
    return sorted((item for page in pages for item in page["Items"]), key=repr)


def client_error(operation: str, code: str, **response: Any) -> ClientError:  # noqa: ANN401
    details: Any = {"Error": {"Code": code, "Message": "why"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(details | response, operation)


@contextmanager
def around(clients: Clients, call: str, do: Callable[[Callable[[], Any], int], Any]) -> Iterator[None]:
    """Has `do` make a call of DynamoDB, given the real one and how many there were before."""
    real = getattr(clients.dynamodb, call)
    calls = iter(range(10**6))
    setattr(clients.dynamodb, call, lambda **parameters: do(lambda: real(**parameters), next(calls)))
    try:
        yield
    finally:
        delattr(clients.dynamodb, call)


def _one_call_at_a_time(dynamodb: Any) -> None:  # noqa: ANN401
    """Unlike AWS, moto checks conditions and writes as if there was one thread."""
    endpoint = dynamodb._endpoint
    if "make_request" in vars(endpoint):
        return
    lock, make_request = Lock(), endpoint.make_request

    def one_at_a_time(*call: object) -> object:
        with lock:
            return make_request(*call)

    endpoint.make_request = one_at_a_time
