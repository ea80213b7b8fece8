"""The handlers as Lambda calls them: what they log and return, which is nothing of an item."""

import base64
import gzip
import importlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from masking.errors import KeysCollide, UnsupportedType
from masking.methods import Item
from rotator.clients import Clients
from rotator.errors import MissingSetting
from rotator.logs import logger
from rotator.ownership import ROTATION, TABLE_ID
from tests.support.masking_work import COPY, HMAC_KEY_ARN, Context, items_of, make_ready, make_table, segment_of

HANDLERS = sorted(file.stem for file in (Path(__file__).parents[3] / "lambdas/src/masking/handlers").glob("[a-z]*.py"))
SEGMENT_HANDLERS = ["mask_segment", "verify_segment", "remove_marks", "report_attributes"]

RULES = {
    "pk": "email",
    "name": "hash",
    "phone": "digits",
    "note": "remove",
    "address.street": "redact",
    "orders[*].comment": "hash",
}
ORIGINALS = ["anna", "Anna", "Schmidt", "0170", "4711223344", "calls often", "Main Street", "a comment"]
LONG = "x" * 100_000
ANNA: Item = {
    "pk": {"S": "CUSTOMER#anna@schmidt.example"},
    "name": {"S": "Anna Schmidt"},
    "phone": {"S": "0170-4711223344"},
    "note": {"S": "calls often"},
    "address": {"M": {"street": {"S": "Main Street 1"}}},
    "orders": {"L": [{"M": {"comment": {"S": "a comment"}}}]},
}


class LambdaContext(Context):
    """With what Lambda says of an invocation besides."""

    function_name = "masking"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:masking"
    aws_request_id = "an id"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is logged."""
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    return written


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    compressed = base64.b64encode(gzip.compress(json.dumps(RULES).encode())).decode()
    monkeypatch.setenv("ATTRIBUTES", compressed)
    monkeypatch.setenv("UNLISTED", "fail")
    monkeypatch.setenv("HMAC_KEY_ARN", HMAC_KEY_ARN)
    monkeypatch.setenv("WORKERS", "4")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return monkeypatch


@pytest.fixture
def handler(clients: Clients, environment: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Imports a handler anew, with the clients of moto."""

    def imported(name: str) -> Any:  # noqa: ANN401
        import masking.work
        import rotator.clients

        for module in (masking.work, rotator.clients):
            environment.setattr(module, "Clients", lambda *_: make_ready(clients))
        return importlib.reload(importlib.import_module(f"masking.handlers.{name}")).handler

    return imported


@pytest.mark.parametrize("name", HANDLERS)
def test_a_missing_variable_is_named(name: str, handler: Callable[[str], Any], environment: pytest.MonkeyPatch) -> None:
    handler(name)
    for variable in ("WORKERS", "HMAC_KEY_ARN", "UNLISTED", "ATTRIBUTES"):
        environment.delenv(variable)
        with pytest.raises(MissingSetting, match=variable):
            handler(name)


@pytest.mark.parametrize("in_time", [True, False])
@pytest.mark.parametrize("name", SEGMENT_HANDLERS)
def test_logs_and_results_tell_nothing_of_an_item(
    name: str, in_time: bool, handler: Callable[[str], Any], clients: Clients, log: io.StringIO
) -> None:
    make_table(
        clients, *({**ANNA, "pk": {"S": f"CUSTOMER#anna{n}@schmidt.example"}, "x": {"S": LONG}} for n in range(15))
    )
    first_page = clients.dynamodb.scan(TableName=COPY)["Count"]
    enough = {"mask_segment": 1 + first_page}.get(name, 1)

    result = handler(name)(segment_of(), LambdaContext(None if in_time else enough))

    assert (result["Done"], result["Position"] is None) == (in_time, in_time)
    told = log.getvalue() + json.dumps(result)
    assert not [original for original in ORIGINALS if original in told]
    assert set(result) == {"Table", "Number", "Of", "Position", "Done", "Counts"}
    (line,) = map(json.loads, log.getvalue().splitlines())
    assert (line["table"], line["segment"], line["segments"], line["done"]) == (COPY, 0, 1, in_time)


def test_a_mask_leaves_nothing_of_the_originals_in_the_table(handler: Callable[[str], Any], clients: Clients) -> None:
    make_table(clients, ANNA)

    handler("mask_segment")(segment_of(), LambdaContext())

    stored = repr(items_of(clients))
    assert not [original for original in ORIGINALS if original in stored]


@pytest.mark.parametrize(("unlisted", "expected"), [("keep", []), ("fail", ["age"])])
def test_attributes_have_to_be_listed_only_if_unlisted_ones_fail(
    unlisted: str,
    expected: list[str],
    handler: Callable[[str], Any],
    environment: pytest.MonkeyPatch,
    clients: Clients,
) -> None:
    make_table(clients, {**ANNA, "age": {"N": "7"}})
    environment.setenv("UNLISTED", unlisted)

    assert handler("verify_segment")(segment_of(), LambdaContext())["Counts"]["Unlisted"] == expected


def test_the_counts_are_logged(handler: Callable[[str], Any], clients: Clients, log: io.StringIO) -> None:
    make_table(clients, ANNA)

    result = handler("mask_segment")(segment_of(), LambdaContext())

    counts = {name: result["Counts"][name] for name in ("ItemsScanned", "ItemsChanged", "WriteUnits")}
    assert json.loads(log.getvalue())["counts"] == counts


def test_the_functions_before_and_after_the_segments_log_a_line_each(
    handler: Callable[[str], Any], clients: Clients, log: io.StringIO
) -> None:
    make_table(clients, ANNA)
    table = clients.dynamodb.describe_table(TableName=COPY)["Table"]
    tags: Any = [{"Key": ROTATION, "Value": "an execution"}, {"Key": TABLE_ID, "Value": table["TableId"]}]
    clients.dynamodb.tag_resource(ResourceArn=table["TableArn"], Tags=tags)

    checked = handler("check_table")({"Input": {"TargetTableName": COPY}}, LambdaContext())
    done = {
        key: [handler(name)(segment_of(), LambdaContext())]
        for key, name in (("Masked", "mask_segment"), ("Verified", "verify_segment"))
    }
    summary = handler("summarize")(done, LambdaContext())
    reported = [handler("report_attributes")(segment_of(), LambdaContext())]
    report = handler("summarize")({"Reported": reported}, LambdaContext())

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    about = [line for line in lines if line["message"] != "A segment was worked on"]
    assert [line["message"] for line in about] == ["Table checked", "Table masked", "Attributes reported"]
    assert {line["table"] for line in about} == {COPY}
    assert about[0]["segments"] == len(checked["Segments"])
    assert about[1]["items_changed"] == summary["ItemsChanged"] == 1
    assert about[2]["paths"] == len(report["Attributes"])
    assert not [original for original in ORIGINALS if original in log.getvalue()]


def test_errors_tell_nothing_of_an_item(handler: Callable[[str], Any], clients: Clients, log: io.StringIO) -> None:
    mask = handler("mask_segment")
    make_table(clients, ANNA, {**ANNA, "pk": {"S": "CUSTOMER#Anna@Schmidt.example"}})
    with pytest.raises(KeysCollide) as collision:
        mask(segment_of(), LambdaContext())
    clients.dynamodb.put_item(TableName=COPY, Item={"pk": {"S": "Schmidt"}, "name": {"N": "4711223344"}})
    with pytest.raises(UnsupportedType) as unsupported:
        mask(segment_of(), LambdaContext())

    for error in (collision.value, unsupported.value):
        told = log.getvalue() + "".join(_with_causes(error))
        assert not [original for original in ORIGINALS if original in told]


def _with_causes(error: BaseException | None) -> Iterator[str]:
    """What Lambda prints of an exception, without lines of source, which here are those of this test."""
    while error:
        yield f"{error!r} {error}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
