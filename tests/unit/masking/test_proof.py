"""What follows the masking: the proof, its summary, the removal of marks, and the dry run."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from masking.errors import NotMasked, UnlistedAttributes
from masking.items import MARK
from masking.marks import remove_marks
from masking.mask import mask_segment
from masking.methods import Item
from masking.proof import verify_segment
from masking.report import report_attributes
from masking.state import Report, SummarizeInput, Summary
from masking.summary import summarize
from rotator.aws_errors import AwsError
from rotator.clients import Clients
from tests.support.masking_work import (
    COPY,
    around,
    client_error,
    items_of,
    make_table,
    segment_of,
    settings_of,
    work_of,
)

RULES = {"emails[*]": "email", "name": "hash", "note": "remove", "phone": "digits", "pk": "keep"}
ITEMS: list[Item] = [
    {"pk": {"S": "1"}, "emails": {"L": [{"S": "anna@example.com"}, {"S": "a@example.com"}]}, "phone": {"S": "0170"}},
    {"pk": {"S": "2"}, "name": {"S": "Bertha"}, "note": {"S": "calls often"}, "version": {"N": "7"}},
    {"pk": {"S": "3"}, "phone": {"S": "none"}},
]


def verify(clients: Clients) -> Any:  # noqa: ANN401
    return verify_segment(segment_of(), work_of(clients, RULES))


def test_an_unmasked_table_is_proven_to_be_unmasked(clients: Clients) -> None:
    make_table(clients, *ITEMS)

    # In the order of the paths: emails[*], name, note, phone, pk.
    assert verify(clients)["Counts"] == {
        "ItemsScanned": 3,
        "Masked": [0, 0, 0, 1, 0],
        "NotMasked": [2, 1, 1, 1, 0],
        "Unlisted": [],
    }


def test_a_masked_table_is_proven_to_be_masked(clients: Clients) -> None:
    make_table(clients, *ITEMS)
    mask_segment(segment_of(), work_of(clients, RULES))

    assert verify(clients)["Counts"] == {
        "ItemsScanned": 3,
        "Masked": [2, 1, 0, 2, 0],
        "NotMasked": [0, 0, 0, 0, 0],
        "Unlisted": [],
    }


def unlisted_in(clients: Clients, rules: dict[str, str]) -> list[str]:
    return verify_segment(segment_of(), work_of(clients, rules, all_listed=True))["Counts"]["Unlisted"]


def test_attributes_that_no_rule_lists_are_listed_by_path(clients: Clients) -> None:
    make_table(clients, *ITEMS, {"pk": {"S": "4"}, "more": {"M": {"age": {"N": "7"}}}})

    assert sorted(unlisted_in(clients, RULES)) == ["more.age", "version"]


def test_attributes_of_items_that_moved_before_their_page_was_read_again_are_listed(clients: Clients) -> None:
    """Under their new keys, they are in a part of the table that was scanned before."""
    make_table(clients, *({"pk": {"S": f"{name}@example.com"}, f"{name}s": {"S": "x"}} for name in ("anna", "bertha")))
    rules = {"pk": "email"}

    def without_moved(call: Callable[[], Any], _number: int) -> Any:  # noqa: ANN401
        page = call()
        return page | {"Items": [item for item in page["Items"] if not item["pk"]["S"].endswith(".invalid")]}

    with around(clients, "scan", without_moved):
        stopped = mask_segment(segment_of(), work_of(clients, rules, all_listed=True, checks=2))
        assert (stopped["Done"], stopped["Counts"]["ItemsChanged"]) == (False, 1)
        masked = mask_segment(stopped, work_of(clients, rules, all_listed=True))
    assert (masked["Done"], masked["Counts"]["ItemsScanned"]) == (True, 1)
    verified = verify_segment(segment_of(), work_of(clients, rules, all_listed=True))

    with pytest.raises(UnlistedAttributes, match=r"no rule lists: annas, berthas\."):
        summarize({"Masked": [masked], "Verified": [verified]}, settings_of(rules, all_listed=True))


def test_an_unlisted_attribute_fails_the_run_even_if_its_path_does_not_fit(clients: Clients) -> None:
    inner: Item = {"name": {"S": "x"}}
    make_table(clients, {"pk": {"S": "1"}, "y" * 50_000: {"M": {"z" * 60_000: {"M": inner}}}})
    rules = {"pk": "keep"}

    masked = mask_segment(segment_of(), work_of(clients, rules, all_listed=True))
    verified = verify_segment(segment_of(), work_of(clients, rules, all_listed=True))

    with pytest.raises(UnlistedAttributes, match=rf"no rule lists: {'y' * 200}\.\.\.\. A"):
        summarize({"Masked": [masked], "Verified": [verified]}, settings_of(rules, all_listed=True))


def test_a_list_of_unlisted_attributes_has_an_end(clients: Clients) -> None:
    make_table(clients, {"pk": {"S": "2"}, **{f"attribute{number}": {"N": "7"} for number in range(150)}})

    assert len(unlisted_in(clients, {})) == 100


def test_long_names_of_unlisted_attributes_leave_room_for_those_of_other_segments(clients: Clients) -> None:
    make_table(clients, {"pk": {"S": "2"}, **{f"{number:02}{'x' * 400}": {"N": "7"} for number in range(50)}})
    clients.dynamodb.meta.events.register(
        "provide-client-params.dynamodb.Scan", lambda params, **_: params.update(TotalSegments=1)
    )

    segment: Any = verify_segment({**segment_of(), "Of": 10}, work_of(clients, {}, all_listed=True))
    assert 5_000 < sum(map(len, segment["Counts"]["Unlisted"])) < 10_000

    # What earlier invocations listed counts.
    more: Any = {"pk": {"S": "3"}, **{f"{number:02}{'y' * 400}": {"N": "7"} for number in range(50)}}
    clients.dynamodb.put_item(TableName=COPY, Item=more)
    again: Any = verify_segment(segment | {"Done": False}, work_of(clients, {}, all_listed=True))
    assert sum(map(len, again["Counts"]["Unlisted"])) < 10_000


@pytest.mark.parametrize("function", [verify_segment, report_attributes])
def test_counting_goes_on_where_the_last_invocation_stopped(function: Callable[..., Any], clients: Clients) -> None:
    make_table(clients, *({"pk": {"S": f"{n:02}"}, "name": {"S": "x" * 100_000}} for n in range(25)))
    whole = function(segment_of(), work_of(clients, RULES))

    segment: Any = segment_of()
    invocations = 0
    while not segment["Done"]:
        segment = function(segment, work_of(clients, RULES, checks=1))
        invocations += 1

    assert invocations > 2
    assert segment["Counts"] == whole["Counts"]
    assert segment["Counts"]["ItemsScanned"] == 25


def test_marks_are_removed_and_nothing_else(clients: Clients) -> None:
    make_table(clients, *ITEMS)
    mask_segment(segment_of(), work_of(clients, RULES))
    marked = items_of(clients)

    result = remove_marks(segment_of(), work_of(clients, RULES))

    assert result["Done"]
    assert result["Counts"]["ItemsChanged"] == 1
    assert result["Counts"]["WriteUnits"] > 0
    assert any(MARK in item for item in marked)
    expected = [{name: value for name, value in item.items() if name != MARK} for item in marked]
    assert items_of(clients) == sorted(expected, key=repr)


@pytest.mark.parametrize("rules", [{"phone": "digits"}, {"phone": "hash"}])
def test_a_mark_that_an_item_brings_along_is_gone_in_the_end(rules: dict[str, str], clients: Clients) -> None:
    brought: list[Item] = [
        {"pk": {"S": "1"}, "phone": {"S": "0170"}, MARK: {"SS": ["phone"]}},
        {"pk": {"S": "2"}, MARK: {"S": "0170"}},
    ]
    make_table(clients, *brought)

    mask_segment(segment_of(), work_of(clients, rules))
    if settings_of(rules).rules.leave_marks:
        remove_marks(segment_of(), work_of(clients, rules))

    first, second = items_of(clients)
    assert first["phone"] != {"S": "0170"}
    assert {*first} == {"pk", "phone"}
    assert second == {"pk": {"S": "2"}}


def test_marks_are_removed_in_spite_of_throttling(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("masking.patience.time.sleep", lambda _: None)
    make_table(clients, {"pk": {"S": "1"}, MARK: {"SS": ["phone"]}})

    def throttle(real: Callable[[], Any], number: int) -> Any:  # noqa: ANN401
        if number < 9:
            raise client_error("UpdateItem", "ThrottlingException")
        return real()

    with around(clients, "update_item", throttle):
        remove_marks(segment_of(), work_of(clients, RULES))

    assert items_of(clients) == [{"pk": {"S": "1"}}]


def test_marks_that_are_not_removed_in_time_are_left_to_the_next_invocation(clients: Clients) -> None:
    marked: list[Item] = [{"pk": {"S": f"{number}"}, MARK: {"SS": ["phone"]}} for number in range(3)]
    make_table(clients, *marked)

    stopped = remove_marks(segment_of(), work_of(clients, RULES, checks=2))
    assert not stopped["Done"]
    assert stopped["Counts"]["ItemsChanged"] == 1
    ended = remove_marks(stopped, work_of(clients, RULES))

    assert ended["Done"]
    assert ended["Counts"]["ItemsChanged"] == 3
    assert not any(MARK in item for item in items_of(clients))


def test_a_mark_that_cannot_be_removed_ends_the_run(clients: Clients) -> None:
    make_table(clients, {"pk": {"S": "1"}, MARK: {"SS": ["phone"]}})

    def deny(*_: object) -> Any:  # noqa: ANN401
        raise client_error("UpdateItem", "AccessDeniedException")

    with around(clients, "update_item", deny), pytest.raises(AwsError):
        remove_marks(segment_of(), work_of(clients, RULES))


def test_an_item_deleted_before_its_mark_is_removed_does_not_come_back(clients: Clients) -> None:
    make_table(clients, {"pk": {"S": "1"}, MARK: {"SS": ["phone"]}})

    def scan(call: Callable[[], Any], _number: int) -> Any:  # noqa: ANN401
        page = call()
        clients.dynamodb.delete_item(TableName=COPY, Key={"pk": {"S": "1"}})
        return page

    with around(clients, "scan", scan):
        result = remove_marks(segment_of(), work_of(clients, RULES))

    assert items_of(clients) == []
    assert result["Done"]


def test_a_dry_run_reports_paths_and_types_and_writes_nothing(clients: Clients) -> None:
    make_table(clients, *ITEMS, {"pk": {"S": "4"}, "name": {"N": "7"}})

    reported = report_attributes(segment_of(), work_of(clients, {}))
    report = summarize({"Reported": [reported, reported]}, settings_of({}))

    assert report == {
        "TableName": COPY,
        "ItemsScanned": 8,
        "Attributes": {
            "emails[*]": {"S": 4},
            "name": {"N": 2, "S": 2},
            "note": {"S": 2},
            "phone": {"S": 4},
            "pk": {"S": 8},
            "version": {"N": 2},
        },
    }
    assert len(items_of(clients)) == 4


@pytest.mark.parametrize(("segments", "most"), [(1, 500), (40, 90)])
def test_a_report_has_an_end_and_says_so(segments: int, most: int, clients: Clients) -> None:
    """The longer the names, and the more the segments, the sooner: together they are one state."""
    names = {f"attribute{number:03}": {"N": "7"} for number in range(600)}
    make_table(clients, {"pk": {"S": "1"}, **names}, {"pk": {"S": "2"}, **names})
    clients.dynamodb.meta.events.register(
        "provide-client-params.dynamodb.Scan", lambda params, **_: params.update(TotalSegments=1)
    )

    reported: Any = report_attributes({**segment_of(), "Of": segments}, work_of(clients, {}))
    # What earlier invocations reported counts.
    clients.dynamodb.put_item(TableName=COPY, Item={"pk": {"S": "0"}, **{f"more{name}": names[name] for name in names}})
    again: Any = report_attributes(deepcopy(reported) | {"Done": False}, work_of(clients, {}))
    assert {*again["Counts"]["Attributes"]} == {*reported["Counts"]["Attributes"]}
    report: Any = summarize({"Reported": [reported]}, settings_of({}))

    assert report["Truncated"] is True
    assert most / 2 < len(report["Attributes"]) <= most
    # What is reported is complete.
    assert all(types in ({"N": 2}, {"S": 2}) for types in report["Attributes"].values())


def received(*, unlisted: list[str] | None = None, not_masked: int = 0) -> SummarizeInput:
    """Of two segments, by the rules email and name."""
    masked: Any = {**segment_of(), "Counts": {"ItemsScanned": 3, "ItemsChanged": 2, "WriteUnits": 4.5}}
    verified: list[Any] = [
        {**segment_of(), "Counts": {"ItemsScanned": 2, "Masked": [1, 2], "NotMasked": counts, "Unlisted": paths}}
        for counts, paths in (([0, 0], []), ([0, not_masked], unlisted or []))
    ]
    return {"Masked": [masked, masked], "Verified": verified}


def summary_of(given: SummarizeInput) -> Summary | Report:
    return summarize(given, settings_of({"name": "hash", "email": "email"}))


def test_the_summary_adds_up_the_segments() -> None:
    assert summary_of(received()) == {
        "TableName": COPY,
        "ItemsScanned": 4,
        "ItemsChanged": 4,
        "WriteUnits": 9.0,
        "Attributes": {"email": {"Method": "email", "Masked": 2}, "name": {"Method": "hash", "Masked": 4}},
    }


def test_what_is_not_masked_fails_the_run_by_path() -> None:
    with pytest.raises(NotMasked, match=rf"{COPY} has values that are not masked, in name \(7\)\.") as raised:
        summary_of(received(not_masked=7))

    assert "redrive the rotation" in str(raised.value)


def test_unlisted_attributes_fail_the_run_by_path() -> None:
    with pytest.raises(
        UnlistedAttributes, match=rf"{COPY} has attributes that no rule lists: age, b\.c\. A dry run reports all\. Add"
    ) as raised:
        summary_of(received(unlisted=["b.c", "age"]))

    assert "redrive the rotation" in str(raised.value)


def test_what_an_earlier_version_listed_while_it_masked_fails_the_run_as_well() -> None:
    given = received()
    counts: Any = given["Masked"][0]["Counts"]

    with pytest.raises(UnlistedAttributes, match="no rule lists: age"):
        summary_of({**given, "Masked": [{**given["Masked"][0], "Counts": counts | {"Unlisted": ["age"]}}]})
