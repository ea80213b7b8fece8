"""What masking costs: its CPU time beside that of the same scan and the same writes without masking.

    python benchmarks/masking_cost.py

DynamoDB's responses are made up in this process, and parsed as if they had come over the network. The writes without
masking are those that a mask made before. Both are done in turn, and the least time of each counts, because a machine
that does other things as well only ever adds to it. Exits with 1 where masking costs more than LIMIT times as much.
"""

import base64
import io
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from masking.mask import WRITERS, mask_segment
from masking.patience import patiently
from masking.rules import Rules
from masking.scanning import for_each_page
from masking.settings import MaskingSettings
from masking.time_limit import TimeLimit
from masking.work import AnySegment, Work
from rotator.aws_errors import translated_errors
from rotator.clients import Clients

LIMIT = 1.25
ITEMS = 1000
ITEMS_OF_A_PAGE = 250
ROUNDS = 7
WORKERS = (1, 10, 40)

COPY = "orders-20261129-02-07-00"
HMAC_KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"
RULES = {
    "email": "email",
    "phone": "digits",
    "name": "hash",
    "address.street": "redact",
    "orders[*].comment": "remove",
    "tags": "hash",
}
RULE_SETS = {"in place": RULES, "under a new key": {**RULES, "pk": "email"}}


def items() -> Iterator[dict[str, Any]]:
    """Customers of a shop, of about 1 KB each, with attributes of all types."""
    for number in range(ITEMS):
        email = f"customer.{number}@example.com"
        yield {
            "pk": {"S": f"CUSTOMER#{email}"},
            "sk": {"S": "PROFILE"},
            "email": {"S": email},
            "name": {"S": f"Customer {number}"},
            "phone": {"S": f"+49 170 {number:08}"},
            "address": {
                "M": {"street": {"S": f"Main Street {number}"}, "city": {"S": "Berlin"}, "zip": {"S": "10115"}}
            },
            "orders": {
                "L": [
                    {
                        "M": {
                            "id": {"N": str(1000 * number + order)},
                            "comment": {"S": "ring twice"},
                            "paid": {"BOOL": True},
                        }
                    }
                    for order in range(3)
                ]
            },
            "tags": {"SS": ["new", f"from-{number}"]},
            "limits": {"NS": ["100", "250.5"]},
            "photo": {"B": base64.b64encode(bytes(200)).decode()},
            "created": {"S": "2026-11-29T02:07:00.000Z"},
            "version": {"N": "7"},
            "deleted": {"NULL": True},
        }


class Body(io.BytesIO):
    """The body of a response, as urllib3 has it."""

    def stream(self, **_: object) -> Any:  # noqa: ANN401
        yield self.read()


class DynamoDB:
    """Answers what masking asks."""

    def __init__(self) -> None:
        everything = [*items()]
        self._pages = []
        for start in range(0, ITEMS, ITEMS_OF_A_PAGE):
            page: dict[str, Any] = {"Items": everything[start : start + ITEMS_OF_A_PAGE], "Count": ITEMS_OF_A_PAGE}
            if start + ITEMS_OF_A_PAGE < ITEMS:
                page["LastEvaluatedKey"] = {"pk": {"S": str(start + ITEMS_OF_A_PAGE)}, "sk": {"S": "PROFILE"}}
            self._pages.append(json.dumps(page).encode())
        capacity = {"TableName": COPY, "CapacityUnits": 1.0}
        self._updated = json.dumps({"ConsumedCapacity": capacity}).encode()
        self._moved = json.dumps({"ConsumedCapacity": [capacity]}).encode()

    def respond(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        operation = (target if isinstance(target, str) else target.decode()).rpartition(".")[2]
        headers: Any = {"content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, Body(self._content(operation, request.body)))

    def _content(self, operation: str, body: Any) -> bytes:  # noqa: ANN401
        if operation == "Scan":
            start = json.loads(body).get("ExclusiveStartKey")
            return self._pages[int(start["pk"]["S"]) // ITEMS_OF_A_PAGE if start else 0]
        return self._updated if operation == "UpdateItem" else self._moved


class Kms:
    """An HMAC key, asked once."""

    def generate_mac(self, **_: object) -> dict[str, bytes]:
        return {"Mac": bytes(range(32))}


class Context:
    """Of an invocation that has only begun."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def work_with(rules: dict[str, str]) -> Work:
    clients = Clients("dynamodb")
    # The stubs are typed for services, not for their events.
    clients.dynamodb.meta.events.register("before-send.dynamodb.*", DynamoDB().respond)  # type: ignore[arg-type]
    clients.kms = Kms()  # type: ignore[assignment]
    context: Any = Context()
    return Work(MaskingSettings(Rules.of(rules), False, HMAC_KEY_ARN, 1), clients, TimeLimit(context))


def segment() -> AnySegment:
    return {
        "Table": {"Name": COPY, "Key": ["pk", "sk"]},
        "Number": 0,
        "Of": 1,
        "Position": None,
        "Done": False,
        "Counts": {},
    }


def mask(work: Work) -> None:
    counts = mask_segment(segment(), work)["Counts"]
    if not counts["ItemsScanned"] == counts["ItemsChanged"] == counts["WriteUnits"] == ITEMS:
        raise AssertionError(f"Not all items were masked: {counts}")


def recorded_writes(work: Work) -> dict[str, tuple[str, dict[str, Any]]]:
    """By partition key: the name of the call that writes the item, and its parameters."""
    writes = {}

    def update(params: dict[str, Any], **_: object) -> None:
        writes[params["Key"]["pk"]["S"]] = ("update_item", params)

    def move(params: dict[str, Any], **_: object) -> None:
        writes[params["TransactItems"][1]["Delete"]["Key"]["pk"]["S"]] = ("transact_write_items", params)

    events: Any = work.clients.dynamodb.meta.events
    recorders = {"UpdateItem": update, "TransactWriteItems": move}
    for operation, record in recorders.items():
        events.register(f"provide-client-params.dynamodb.{operation}", record)
    mask(work)
    for operation, record in recorders.items():
        events.unregister(f"provide-client-params.dynamodb.{operation}", record)
    return writes


def write_recorded(work: Work, writes: dict[str, tuple[str, dict[str, Any]]]) -> None:
    """Scans as masking does, and writes each item with the same call."""

    def write(item: dict[str, Any]) -> None:
        name, parameters = writes[item["pk"]["S"]]

        def call() -> None:
            with translated_errors():
                getattr(work.clients.dynamodb, name)(**parameters)

        patiently(call, work.time_limit)

    def write_all(page: list[Any]) -> None:
        for _ in writers.map(write, page):
            pass

    with ThreadPoolExecutor(WRITERS) as writers:
        for_each_page(segment(), work, write_all)


def cpu_seconds(run: Callable[[], None]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def main() -> int:
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
    logging.getLogger("botocore").setLevel(logging.WARNING)
    missed = []
    per_second = [f"{count} worker{'s' if count > 1 else ''}" for count in WORKERS]
    print(
        f"{'CPU of 100,000 items':>20} {'masked':>9} {'only written':>13} {'ratio':>6}   items/s, CPU alone:",
        *per_second,
    )
    for name, rules in RULE_SETS.items():
        work = work_with(rules)
        writes = recorded_writes(work)
        rounds = [
            (cpu_seconds(partial(mask, work)), cpu_seconds(partial(write_recorded, work, writes)))
            for _ in range(ROUNDS)
        ]
        masked, written = (min(times) for times in zip(*rounds, strict=True))
        rates = "  ".join(f"{ITEMS / masked * count:8,.0f}" for count in WORKERS)
        print(
            f"{name:>20} {masked * 100_000 / ITEMS:>7.0f} s {written * 100_000 / ITEMS:>11.0f} s "
            f"{masked / written:>6.2f}   {rates}"
        )
        if masked > LIMIT * written:
            missed.append(f"{name}: masking costs {masked / written:.2f} times the writes, more than {LIMIT}")
    print("\n".join(missed) or "All targets are met.")
    return len(missed) > 0


if __name__ == "__main__":
    sys.exit(main())
