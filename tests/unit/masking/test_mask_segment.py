"""Masking the items of a segment: where they are, under new keys, and beside others who write."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from masking.errors import InvalidInput, KeysCollide, UnsupportedType
from masking.items import MARK, changes_of
from masking.mask import mask_segment
from masking.methods import Item
from masking.rules import Rules
from masking.state import MaskCounts, Segment
from masking.texts import with_digits_masked
from rotator.aws_errors import AwsError
from rotator.clients import Clients
from rotator.errors import TemporaryFailure
from tests.support.masking_work import (
    COPY,
    HMAC_KEY_ARN,
    KEYS,
    around,
    client_error,
    items_of,
    make_table,
    mark_of,
    segment_of,
    work_of,
)

RULES = {"email": "email", "phone": "digits", "note": "remove", "name": "hash"}
ANNA: Item = {
    "pk": {"S": "1"},
    "email": {"S": "anna@example.com"},
    "phone": {"S": "0170-1234567890"},
    "note": {"S": "calls often"},
    "name": {"S": "Anna"},
    "photo": {"B": b"\x00\x01"},
    "version": {"N": "7"},
}
KEPT: Item = {"pk": {"S": "2"}, "version": {"N": "1"}}


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, without waiting."""
    seconds: list[float] = []
    monkeypatch.setattr("masking.patience.time.sleep", seconds.append)
    return seconds


def masked(item: Item, rules: dict[str, str]) -> Item:
    return changes_of(item, Rules.of(rules), KEYS, COPY).applied_to(item)


def mask(clients: Clients, rules: dict[str, str], *key: str) -> MaskCounts:
    result: Segment[MaskCounts] = mask_segment(segment_of(*key), work_of(clients, rules))
    assert result["Done"]
    assert result["Position"] is None
    return result["Counts"]


def calls_of(clients: Clients, operation: str) -> list[dict[str, Any]]:
    """The parameters of each call from now on."""
    calls: list[dict[str, Any]] = []
    clients.dynamodb.meta.events.register(
        f"provide-client-params.dynamodb.{operation}", lambda params, **_: calls.append(params)
    )
    return calls


def test_items_are_masked_where_they_are(clients: Clients) -> None:
    make_table(clients, ANNA, KEPT)

    counts = mask(clients, RULES)

    assert items_of(clients) == [masked(ANNA, RULES), KEPT]
    assert counts == {"ItemsScanned": 2, "ItemsChanged": 1, "WriteUnits": counts["WriteUnits"]}
    assert counts["WriteUnits"] > 0


def test_a_second_run_writes_nothing(clients: Clients) -> None:
    make_table(clients, ANNA, KEPT)
    mask(clients, RULES)
    after_first = items_of(clients)

    counts = mask(clients, RULES)

    assert items_of(clients) == after_first
    assert (counts["ItemsChanged"], counts["WriteUnits"]) == (0, 0)


def test_the_secret_is_asked_of_the_key_once_and_for_a_constant(clients: Clients) -> None:
    make_table(clients, ANNA, KEPT)
    work = work_of(clients, RULES)

    mask_segment(segment_of(), work)
    mask_segment(segment_of(), work)

    kms: Any = clients.kms
    message = b"backup-dynamodb-rotator masking"
    assert kms.calls == [{"KeyId": HMAC_KEY_ARN, "Message": message, "MacAlgorithm": "HMAC_SHA_256"}]


def test_only_what_is_masked_is_written_and_only_where_the_item_is_as_it_was_read(clients: Clients) -> None:
    make_table(clients, ANNA)
    calls = calls_of(clients, "UpdateItem")

    mask(clients, RULES)

    (call,) = calls
    names = call["ExpressionAttributeNames"].values()
    assert {*names} == {"pk", *RULES, MARK}
    assert ANNA["photo"] not in call["ExpressionAttributeValues"].values()
    for name in RULES:
        assert ANNA[name] in call["ExpressionAttributeValues"].values()
    assert call["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"


ORDER: Item = {
    "pk": {"S": "CUSTOMER#anna@example.com"},
    "sk": {"S": "ORDER#1"},
    "phone": {"S": "0170-1234567890"},
    "total": {"N": "9.5"},
    "photo": {"B": b"\x00\x01"},
}
KEY_RULES = {"pk": "email", "phone": "digits"}


def test_an_item_with_a_masked_key_is_under_its_new_key_only(clients: Clients) -> None:
    other: Item = {"pk": {"S": "PRODUCT#1"}, "sk": {"S": "A"}}
    make_table(clients, ORDER, other, key=("pk", "sk"))

    counts = mask(clients, KEY_RULES, "pk", "sk")

    assert items_of(clients) == sorted([masked(ORDER, KEY_RULES), other], key=repr)
    assert counts["ItemsChanged"] == 1


def test_an_item_is_moved_without_what_is_removed_and_with_its_mark(clients: Clients) -> None:
    make_table(clients, ORDER, key=("pk", "sk"))

    mask(clients, {**KEY_RULES, "total": "remove", "photo": "redact"}, "pk", "sk")

    (after,) = items_of(clients)
    assert {*after} == {"pk", "sk", "phone", "photo", MARK}
    assert after["photo"] == {"B": b"redacted"}
    assert after[MARK] == mark_of("phone")


def test_a_second_run_leaves_masked_keys(clients: Clients) -> None:
    make_table(clients, ORDER, key=("pk", "sk"))
    mask(clients, KEY_RULES, "pk", "sk")
    after_first = items_of(clients)

    assert mask(clients, KEY_RULES, "pk", "sk")["ItemsChanged"] == 0
    assert items_of(clients) == after_first


def test_a_masked_sort_key_moves_an_item_as_well(clients: Clients) -> None:
    make_table(clients, ORDER, key=("pk", "sk"))

    mask(clients, {"sk": "hash"}, "pk", "sk")

    assert items_of(clients) == [masked(ORDER, {"sk": "hash"})]


def test_two_items_that_would_get_one_key_are_named_by_hash_and_none_is_lost(clients: Clients) -> None:
    upper: Item = {**ORDER, "pk": {"S": "CUSTOMER#Anna@Example.com"}}
    make_table(clients, ORDER, upper, key=("pk", "sk"))

    with pytest.raises(KeysCollide, match=r"item [0-9a-f]{16} of .* key of the item [0-9a-f]{16}, because") as raised:
        mask(clients, KEY_RULES, "pk", "sk")

    assert "nna" not in str(raised.value)
    assert "ORDER" not in str(raised.value)
    assert len(items_of(clients)) == 2


def change(clients: Clients, key: Item, name: str, value: dict[str, str]) -> None:
    clients.dynamodb.update_item(
        TableName=COPY,
        Key=key,
        UpdateExpression="SET #n = :v",
        ExpressionAttributeNames={"#n": name},
        ExpressionAttributeValues={":v": value},
    )


def after_scan(clients: Clients, do: Callable[[], object]) -> Any:  # noqa: ANN401
    """What others do between the scan of a page and its writes."""

    def scan(call: Callable[[], Any], number: int) -> Any:  # noqa: ANN401
        page = call()
        if number == 0:
            do()
        return page

    return around(clients, "scan", scan)


def test_an_item_that_is_deleted_meanwhile_does_not_come_back(clients: Clients) -> None:
    make_table(clients, ANNA, KEPT)
    key: Any = {"pk": ANNA["pk"]}

    with after_scan(clients, lambda: clients.dynamodb.delete_item(TableName=COPY, Key=key)):
        counts = mask(clients, RULES)

    assert items_of(clients) == [KEPT]
    assert counts["ItemsChanged"] == 0


def test_an_item_that_is_deleted_meanwhile_does_not_come_back_under_a_new_key(clients: Clients) -> None:
    make_table(clients, ORDER, key=("pk", "sk"))
    key: Any = {"pk": ORDER["pk"], "sk": ORDER["sk"]}

    with after_scan(clients, lambda: clients.dynamodb.delete_item(TableName=COPY, Key=key)):
        counts = mask(clients, KEY_RULES, "pk", "sk")

    assert items_of(clients) == []
    assert counts["ItemsChanged"] == 0


def test_an_item_that_is_changed_meanwhile_is_masked_as_it_is_then(clients: Clients) -> None:
    make_table(clients, ANNA)

    with after_scan(clients, lambda: change(clients, {"pk": ANNA["pk"]}, "name", {"S": "Bertha"})):
        counts = mask(clients, RULES)

    assert items_of(clients) == [masked({**ANNA, "name": {"S": "Bertha"}}, RULES)]
    assert counts["ItemsChanged"] == 1


@pytest.mark.parametrize("name", ["phone", "total"])
def test_an_item_that_is_changed_meanwhile_is_moved_as_it_is_then(name: str, clients: Clients) -> None:
    make_table(clients, ORDER, key=("pk", "sk"))
    key = {"pk": ORDER["pk"], "sk": ORDER["sk"]}

    with after_scan(clients, lambda: change(clients, key, name, {"S": "41"})):
        mask(clients, KEY_RULES, "pk", "sk")

    assert items_of(clients) == [masked({**ORDER, name: {"S": "41"}}, KEY_RULES)]


def operators(expression: str) -> int:
    return len(re.findall(r"AND|=|attribute_exists", expression))


def test_an_item_with_more_attributes_than_an_expression_compares_is_moved(clients: Clients) -> None:
    many: Item = {**ORDER, **{f"attribute{number}": {"N": str(number)} for number in range(500)}}
    make_table(clients, many, key=("pk", "sk"))
    calls = calls_of(clients, "TransactWriteItems")

    mask(clients, {**KEY_RULES, "attribute499": "redact"}, "pk", "sk")

    assert items_of(clients) == [masked(many, {**KEY_RULES, "attribute499": "redact"})]
    delete = calls[0]["TransactItems"][1]["Delete"]
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
    assert len(delete["ConditionExpression"].encode()) <= 4096
    assert 250 < operators(delete["ConditionExpression"]) <= 300
    # Those that are changed come first.
    assert "attribute499" in delete["ExpressionAttributeNames"].values()
    assert "phone" in delete["ExpressionAttributeNames"].values()


def test_an_item_with_more_changes_than_an_expression_holds_is_updated_several_times(clients: Clients) -> None:
    names = [f"attribute{number}" for number in range(700)]
    make_table(clients, {"pk": {"S": "1"}, **{name: {"S": f"{name} 12345"} for name in names}})
    rules = {name: "digits" if number % 2 else "remove" for number, name in enumerate(names)}
    calls = calls_of(clients, "UpdateItem")

    counts = mask(clients, rules)

    (after,) = items_of(clients)
    digits = {name for name in names if rules[name] == "digits"}
    assert {*after} == {"pk", MARK} | digits
    assert all(after[name] == {"S": with_digits_masked(f"{name} 12345", KEYS.digits)} for name in digits)
    assert counts["ItemsChanged"] == 1
    assert len(calls) == 5
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
    for call in calls:
        assert len(call["UpdateExpression"].encode()) <= 4096
        assert len(call["ConditionExpression"].encode()) <= 4096
        assert operators(call["ConditionExpression"]) <= 300
    assert not mask(clients, rules)["ItemsChanged"]


THROTTLED = ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"]


@pytest.mark.parametrize("call", ["scan", "update_item"])
@pytest.mark.parametrize("code", THROTTLED)
def test_throttling_slows_down_and_never_fails(code: str, call: str, clients: Clients, pauses: list[float]) -> None:
    make_table(clients, ANNA)

    def throttle(real: Callable[[], Any], number: int) -> Any:  # noqa: ANN401
        if number < 20:
            raise client_error("UpdateItem", code)
        return real()

    with around(clients, call, throttle):
        mask(clients, RULES)

    assert items_of(clients) == [masked(ANNA, RULES)]
    assert len(pauses) == 20
    assert max(pauses) > 1
    longest = [min(5, 0.05 * 2**number) for number in range(20)]
    assert all(pause <= most for pause, most in zip(pauses, longest, strict=True))
    # Those of several workers differ.
    assert any(pause < 0.9 * most for pause, most in zip(pauses, longest, strict=True))


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    return client_error("TransactWriteItems", "TransactionCanceledException", CancellationReasons=reasons)


def refusing(clients: Clients, call: str, error: ClientError) -> Any:  # noqa: ANN401
    """The first three calls fail like this."""
    details: Any = error.response
    exceptions: Any = clients.dynamodb.exceptions
    exception = exceptions.from_code(details["Error"]["Code"])

    def refuse(real: Callable[[], Any], number: int) -> Any:  # noqa: ANN401
        if number < 3:
            raise exception(details, error.operation_name)
        return real()

    return around(clients, call, refuse)


@pytest.mark.parametrize(
    "error",
    [
        client_error("TransactWriteItems", "ThrottlingException"),
        client_error("TransactWriteItems", "TransactionInProgressException"),
        cancelled("None", "TransactionConflict"),
        cancelled("ConditionalCheckFailed", "TransactionConflict"),
        cancelled("ThrottlingError", "None"),
        cancelled("ProvisionedThroughputExceeded", "None"),
    ],
)
def test_a_move_that_is_in_the_way_of_another_write_is_made_again(error: ClientError, clients: Clients) -> None:
    make_table(clients, ORDER, key=("pk", "sk"))

    with refusing(clients, "transact_write_items", error):
        mask(clients, KEY_RULES, "pk", "sk")

    assert items_of(clients) == [masked(ORDER, KEY_RULES)]


def test_an_update_that_is_in_the_way_of_another_write_is_made_again(clients: Clients) -> None:
    make_table(clients, ANNA)

    with refusing(clients, "update_item", client_error("UpdateItem", "TransactionConflictException")):
        mask(clients, RULES)

    assert items_of(clients) == [masked(ANNA, RULES)]


def test_a_transaction_whose_response_is_lost_is_recognised_by_its_token(clients: Clients) -> None:
    make_table(clients, ORDER, key=("pk", "sk"))
    calls = calls_of(clients, "TransactWriteItems")

    def lose(real: Callable[[], Any], number: int) -> Any:  # noqa: ANN401
        response = real()
        if number == 0:
            raise ConnectionClosedError(endpoint_url="https://dynamodb")
        return response

    with around(clients, "transact_write_items", lose):
        mask(clients, KEY_RULES, "pk", "sk")

    # moto knows no tokens, so the old item is gone for the second call.
    assert items_of(clients) == [masked(ORDER, KEY_RULES)]
    first, second = calls
    assert first["ClientRequestToken"] == second["ClientRequestToken"]


def test_an_update_whose_response_is_lost_does_not_mask_digits_again(clients: Clients) -> None:
    make_table(clients, ANNA)

    def lose(real: Callable[[], Any], number: int) -> Any:  # noqa: ANN401
        response = real()
        if number == 0:
            raise ConnectionClosedError(endpoint_url="https://dynamodb")
        return response

    with around(clients, "update_item", lose):
        mask(clients, RULES)

    assert items_of(clients) == [masked(ANNA, RULES)]


def test_aws_failing_for_long_is_for_the_state_machine_to_retry(clients: Clients, pauses: list[float]) -> None:
    make_table(clients, ANNA)

    def fail(*_: object) -> Any:  # noqa: ANN401
        raise ConnectionClosedError(endpoint_url="https://dynamodb")

    with around(clients, "update_item", fail), pytest.raises(TemporaryFailure):
        mask(clients, RULES)

    assert len(pauses) == 4


def test_an_error_that_does_not_pass_ends_the_run_under_the_name_that_aws_gives_it(clients: Clients) -> None:
    make_table(clients, ANNA)

    def deny(*_: object) -> Any:  # noqa: ANN401
        raise client_error("UpdateItem", "AccessDeniedException")

    with around(clients, "update_item", deny), pytest.raises(AwsError) as raised:
        mask(clients, RULES)

    assert raised.value.code == "AccessDeniedException"


def test_a_cancelled_transaction_for_another_reason_ends_the_run_with_that_reason(clients: Clients) -> None:
    make_table(clients, ORDER, key=("pk", "sk"))
    too_large = "Item size to update has exceeded the maximum allowed size"
    reasons = [{"Code": "ValidationError", "Message": too_large, "Item": ORDER}, {"Code": "None"}]
    error = client_error("TransactWriteItems", "TransactionCanceledException", CancellationReasons=reasons)

    with refusing(clients, "transact_write_items", error), pytest.raises(AwsError) as raised:
        mask(clients, KEY_RULES, "pk", "sk")

    assert raised.value.code == "TransactionCanceledException"
    assert str(raised.value).endswith(f": why ValidationError: {too_large}")


def many_items(number: int) -> list[Item]:
    """Of 100 KB each, so that a page of 1 MB holds about ten."""
    return [
        {"pk": {"S": f"{index:03}"}, "name": {"S": f"Anna {index}"}, "data": {"S": "x" * 100_000}}
        for index in range(number)
    ]


def test_an_invocation_goes_on_where_the_last_one_stopped(clients: Clients) -> None:
    items = many_items(45)
    make_table(clients, *items)
    segment: Any = segment_of()
    invocations = 0

    while not segment["Done"]:
        segment = mask_segment(segment, work_of(clients, {"name": "hash"}, checks=15))
        invocations += 1
        assert segment["Done"] == (segment["Position"] is None)

    assert items_of(clients) == [masked(item, {"name": "hash"}) for item in items]
    assert segment["Counts"]["ItemsScanned"] == 45
    assert segment["Counts"]["ItemsChanged"] == 45
    assert invocations > 2


def test_a_page_that_was_not_finished_is_read_again(clients: Clients) -> None:
    """Three of its items were written."""
    items = many_items(5)
    make_table(clients, *items)

    segment = mask_segment(segment_of(), work_of(clients, {"name": "hash"}, checks=4))

    assert (segment["Done"], segment["Position"]) == (False, None)
    assert segment["Counts"]["ItemsScanned"] == 0
    assert segment["Counts"]["ItemsChanged"] == 3
    again = mask_segment(segment, work_of(clients, {"name": "hash"}))
    assert again["Done"]
    assert again["Counts"]["ItemsScanned"] == 5
    assert again["Counts"]["ItemsChanged"] == 5
    assert items_of(clients) == [masked(item, {"name": "hash"}) for item in items]


def test_a_table_that_is_throttled_for_the_whole_invocation_is_gone_on_with(clients: Clients) -> None:
    make_table(clients, ANNA)

    def throttle(*_: object) -> Any:  # noqa: ANN401
        raise client_error("UpdateItem", "ThrottlingException")

    with around(clients, "update_item", throttle):
        segment = mask_segment(segment_of(), work_of(clients, RULES, checks=30))

    assert not segment["Done"]
    assert mask_segment(segment, work_of(clients, RULES))["Done"]
    assert items_of(clients) == [masked(ANNA, RULES)]


def test_each_segment_scans_its_part_consistently(clients: Clients) -> None:
    make_table(clients)
    calls = calls_of(clients, "Scan")
    segment: Any = segment_of() | {"Number": 3, "Of": 7}

    mask_segment(segment, work_of(clients, RULES))

    assert calls == [{"TableName": COPY, "Segment": 3, "TotalSegments": 7, "ConsistentRead": True}]


def test_a_position_that_was_altered_is_refused_before_anything_is_read(clients: Clients) -> None:
    make_table(clients, ANNA)

    with pytest.raises(InvalidInput):
        mask_segment(segment_of(position="QUFB"), work_of(clients, RULES))

    assert items_of(clients) == [ANNA]


def test_a_position_of_another_segment_is_refused(clients: Clients) -> None:
    make_table(clients, *many_items(15))
    stopped: Any = mask_segment(segment_of(), work_of(clients, {"note": "hash"}, checks=1))

    others: list[Any] = [{"Number": 1}, {"Of": 2}]
    for other in others:
        with pytest.raises(InvalidInput, match="was not sealed"):
            mask_segment(stopped | other, work_of(clients, {"note": "hash"}))


def test_a_type_that_does_not_suit_is_refused_before_the_page_is_written(clients: Clients) -> None:
    make_table(clients, ANNA, {"pk": {"S": "3"}, "name": {"N": "7"}})

    with pytest.raises(UnsupportedType, match="name is or contains a number"):
        mask(clients, RULES)

    assert items_of(clients)[0] == ANNA
