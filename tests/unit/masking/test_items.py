"""What the rules make of items of all types."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.errors import UnsupportedType
from masking.items import MARK, MOST_CHANGES, changes_of, found, is_masked, leaves, unlisted
from masking.keys import Keys
from masking.methods import Item, Value
from masking.paths import text_of
from masking.rules import METHODS, Rules
from masking.texts import with_digits_masked
from rotator.ownership import PREFIX
from tests.support.masking_work import COPY, KEYS, mark_of

STRINGS = st.text(max_size=8) | st.sampled_from(["anna@example.com", "Anna <anna@example.com>", "0170-123"])
NUMBERS = st.integers(min_value=-(10**9), max_value=10**9).map(str) | st.sampled_from(["0", "-0.5", "12.25"])
SCALARS = st.one_of(
    st.builds(lambda text: {"S": text}, STRINGS),
    st.builds(lambda number: {"N": number}, NUMBERS),
    st.builds(lambda data: {"B": data}, st.binary(max_size=4)),
    st.builds(lambda truth: {"BOOL": truth}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda texts: {"SS": [*texts]}, st.sets(STRINGS, min_size=1, max_size=4)),
    st.builds(lambda numbers: {"NS": [*numbers]}, st.sets(NUMBERS, min_size=1, max_size=4)),
    st.builds(lambda data: {"BS": [*data]}, st.sets(st.binary(max_size=4), min_size=1, max_size=3)),
)
NAMES = st.sampled_from(["a", "b", "c.d"])


def containers(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(lambda elements: {"L": elements}, st.lists(values, max_size=3)) | st.builds(
        lambda entries: {"M": entries}, st.dictionaries(NAMES, values, max_size=3)
    )


VALUES = st.recursive(SCALARS, containers, max_leaves=6)
ITEMS = st.dictionaries(NAMES, VALUES)
# One rule for each path, none within another.
RULES = st.fixed_dictionaries(
    {"a": st.sampled_from(METHODS), r"b.a": st.sampled_from(METHODS), r"b[*].a": st.sampled_from(METHODS)},
    optional={r"b.c\.d[*]": st.sampled_from(METHODS), r"c\.d": st.sampled_from(METHODS)},
).map(Rules.of)


def masked(item: Item, **rules: str) -> Item:
    return changes_of(item, Rules.of(rules), KEYS, COPY).applied_to(item)


def mask_or_refuse(item: Item, rules: Rules) -> Item:
    try:
        return changes_of(item, rules, KEYS, COPY).applied_to(item)
    except UnsupportedType:
        return {}


@given(ITEMS, RULES)
def test_a_second_run_changes_nothing(item: Item, rules: Rules) -> None:
    once = mask_or_refuse(item, rules)

    assert not changes_of(once, rules, KEYS, COPY)


@given(ITEMS, RULES)
def test_what_is_masked_is_proven_to_be(item: Item, rules: Rules) -> None:
    once = mask_or_refuse(item, rules)

    assert all(is_masked(rule, value, once, KEYS, COPY) for rule, value in found(once, rules))


@given(ITEMS, RULES)
def test_what_is_not_masked_is_proven_not_to_be(item: Item, rules: Rules) -> None:
    try:
        changes = changes_of(item, rules, KEYS, COPY)
    except UnsupportedType:
        return

    assert bool(changes) == (not all(is_masked(rule, value, item, KEYS, COPY) for rule, value in found(item, rules)))


@given(VALUES, st.sampled_from([method for method in METHODS if method != "remove"]))
def test_a_mask_never_changes_a_type(value: Value, method: str) -> None:
    def types(value: Value) -> object:
        ((kind, content),) = value.items()
        if kind == "M" and method != "redact":
            return {name: types(inner) for name, inner in content.items()}
        return [types(inner) for inner in content] if kind == "L" and method != "redact" else kind

    after = mask_or_refuse({"a": value}, Rules.of({"a": method}))

    assert not after or types(after["a"]) == types(value)


@given(ITEMS, RULES)
def test_attributes_that_no_rule_names_stay_the_same_objects(item: Item, rules: Rules) -> None:
    after = mask_or_refuse(item, rules)
    names = {rule.path[0] for rule in rules.in_order} | {MARK}

    assert not after or all(after[name] is item[name] for name in item if name not in names)


@given(ITEMS, RULES)
def test_masking_changes_no_original_in_memory(item: Item, rules: Rules) -> None:
    before = repr(item)

    mask_or_refuse(item, rules)

    assert repr(item) == before


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("hash", {"N": "7"}),
        ("hash", {"B": b"7"}),
        ("hash", {"BOOL": True}),
        ("hash", {"NS": ["7"]}),
        ("hash", {"BS": [b"7"]}),
        ("hash", {"L": [{"M": {"x": {"N": "7"}}}]}),
        ("email", {"B": b"anna@example.com"}),
        ("email", {"M": {"x": {"BS": [b"anna@example.com"]}}}),
        ("digits", {"B": b"7"}),
        ("digits", {"L": [{"BS": [b"7"]}]}),
    ],
)
def test_a_type_that_a_method_does_not_apply_to_is_refused_by_path(method: str, value: Value) -> None:
    with pytest.raises(UnsupportedType) as raised:
        masked({"profile": {"M": {"photo": value}}}, **{"profile.photo": method})

    message = str(raised.value)
    assert message.startswith("profile.photo is or contains a ")
    assert f"which {method} does not apply to" in message
    assert "redact, remove, keep" in message
    assert "7" not in message
    assert "anna" not in message


def test_the_methods_that_fit_a_type_are_named() -> None:
    with pytest.raises(
        UnsupportedType, match=r"a number, which hash does not apply to. Choose one of email, digits, r"
    ):
        masked({"a": {"N": "7"}}, a="hash")


@pytest.mark.parametrize(
    "value",
    [{"N": "170"}, {"BOOL": True}, {"NULL": True}, {"NS": ["1", "2"]}, {"S": "no address"}, {"SS": ["a@", "@b"]}],
)
def test_what_contains_no_address_stays(value: Value) -> None:
    assert masked({"a": value}, a="email") == {"a": value}


@pytest.mark.parametrize("value", [{"BOOL": True}, {"NULL": True}, {"S": "none"}, {"SS": ["a", "b"]}])
def test_what_contains_no_digits_stays_without_a_mark(value: Value) -> None:
    assert masked({"a": value}, a="digits") == {"a": value}


@pytest.mark.parametrize(
    ("value", "constant"),
    [
        ({"S": "x"}, {"S": "redacted"}),
        ({"N": "1"}, {"N": "0"}),
        ({"B": b"x"}, {"B": b"redacted"}),
        ({"BOOL": True}, {"BOOL": False}),
        ({"SS": ["x", "y"]}, {"SS": ["redacted"]}),
        ({"NS": ["1", "2"]}, {"NS": ["0"]}),
        ({"BS": [b"x"]}, {"BS": [b"redacted"]}),
        ({"L": [{"S": "x"}]}, {"L": []}),
        ({"M": {"x": {"S": "x"}}}, {"M": {}}),
        ({"NULL": True}, {"NULL": True}),
    ],
)
def test_redact_leaves_a_constant_of_the_type(value: Value, constant: Value) -> None:
    assert masked({"a": value}, a="redact") == {"a": constant}


def test_removal_of_attributes_entries_and_elements() -> None:
    item: Item = {
        "a": {"S": "x"},
        "b": {"M": {"x": {"S": "x"}, "y": {"S": "y"}}},
        "c": {"L": [{"M": {"x": {"S": "x"}, "y": {"S": "y"}}}, {"S": "z"}]},
        "d": {"L": [{"S": "x"}]},
    }
    rules = {"a": "remove", "b.x": "remove", "c[*].x": "remove", "d[*]": "remove"}

    assert masked(item, **rules) == {
        "b": {"M": {"y": {"S": "y"}}},
        "c": {"L": [{"M": {"y": {"S": "y"}}}, {"S": "z"}]},
        "d": {"L": []},
    }


def test_masks_reach_into_sets_lists_and_maps() -> None:
    address = "anna@example.com"
    item: Item = {
        "set": {"SS": [address, "Anna@example.com", "other"]},
        "list": {"L": [{"S": address}, {"M": {address: {"S": address}}}, {"N": "7"}]},
    }

    after = masked(item, set="email", list="email")

    (mask,) = {element for element in after["set"]["SS"] if element != "other"}
    assert re.fullmatch(r"[0-9]{12}@example\.invalid", mask)
    assert after == {
        "set": {"SS": sorted([mask, "other"])},
        "list": {"L": [{"S": mask}, {"M": {address: {"S": mask}}}, {"N": "7"}]},
    }


def test_items_with_masked_digits_are_marked_and_not_masked_again() -> None:
    item: Item = {"phone": {"S": "0170-123456789"}, "limits": {"NS": ["100", "25.5"]}}

    after = masked(item, phone="digits", limits="digits")

    assert after["phone"] == {"S": with_digits_masked("0170-123456789", KEYS.digits)}
    assert after[MARK] == mark_of("limits", "phone")
    assert masked(after, phone="digits", limits="digits") == after


def test_digits_by_a_rule_that_was_added_since_are_masked_and_the_others_are_not_masked_again() -> None:
    item: Item = {"phone": {"S": "0170-123456789"}, "fax": {"S": "0170-987654321"}}
    before = masked(item, phone="digits")
    rules = Rules.of({"fax": "digits", "phone": "digits"})

    not_masked = [rule.text for rule, value in found(before, rules) if not is_masked(rule, value, before, KEYS, COPY)]
    after = masked(before, fax="digits", phone="digits")

    assert not_masked == ["fax"]
    assert after["phone"] == before["phone"]
    assert after["fax"] == {"S": with_digits_masked("0170-987654321", KEYS.digits)}
    assert after[MARK] == mark_of("fax", "phone")


def test_a_mark_of_a_rule_that_is_gone_is_removed() -> None:
    before = masked({"phone": {"S": "0170-123456789"}}, phone="digits")

    assert masked(before, phone="redact") == {"phone": {"S": "redacted"}}


@pytest.mark.parametrize("value", [{"S": "1"}, {"L": [{"S": "1"}]}])
def test_digits_that_happen_to_stay_are_replaced_all_the_same(value: Value, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no item is marked in which somebody changed them since it was read."""
    monkeypatch.setattr("masking.methods.with_digits_masked", lambda text, _: text)

    changes = changes_of({"a": value}, Rules.of({"a": "digits"}), KEYS, COPY)

    assert changes.replaced == {"a": value, MARK: mark_of("a")}


def test_many_changes_are_made_in_parts_that_are_marked_for_themselves() -> None:
    rules = Rules.of({f"a{number}": "digits" for number in range(MOST_CHANGES + 20)})
    item: Item = {f"a{number}": {"S": f"12345{number}"} for number in range(MOST_CHANGES + 20)}

    first = changes_of(item, rules, KEYS, COPY)
    second = changes_of(first.applied_to(item), rules, KEYS, COPY)

    assert len(first.replaced) == MOST_CHANGES + 1
    assert first.replaced[MARK] == mark_of(*({*first.replaced} - {MARK}))
    assert {*second.replaced} == {*item} - {*first.replaced} | {MARK}
    whole = second.applied_to(first.applied_to(item))
    assert whole == {name: {"S": with_digits_masked(value["S"], KEYS.digits)} for name, value in item.items()} | {
        MARK: mark_of(*item)
    }
    assert not changes_of(whole, rules, KEYS, COPY)


def test_the_mark_is_named_as_all_that_the_module_adds_to_tables() -> None:
    assert MARK.startswith(PREFIX)


def test_unmarked_digits_are_not_proven_to_be_masked() -> None:
    rules = Rules.of({"phone": "digits"})
    ((rule, value),) = found({"phone": {"S": "0170"}}, rules)

    assert not is_masked(rule, value, {"phone": value}, KEYS, COPY)
    assert not is_masked(rule, value, {"phone": value, MARK: mark_of("fax")}, KEYS, COPY)
    assert is_masked(rule, value, {"phone": value, MARK: mark_of("phone")}, KEYS, COPY)


FOREIGN_MARKS: list[Value] = [
    {"SS": ["phone"]},
    {"S": mark_of("phone")["SS"][0]},
    mark_of("phone", table="orders-20261128-02-07-00"),
    mark_of("fax"),
]


@pytest.mark.parametrize("mark", FOREIGN_MARKS)
def test_a_mark_that_an_item_brings_along_proves_nothing(mark: Value) -> None:
    item: Item = {"phone": {"S": "0170-123456789"}, MARK: mark}
    rules = Rules.of({"phone": "digits"})
    ((rule, value),) = found(item, rules)

    after = masked(item, phone="digits")

    assert not is_masked(rule, value, item, KEYS, COPY)
    assert after["phone"] == {"S": with_digits_masked("0170-123456789", KEYS.digits)}
    assert {*after[MARK]["SS"]} >= {*mark_of("phone")["SS"]}


def test_a_mark_holds_for_its_key_only() -> None:
    rules = Rules.of({"phone": "digits"})
    after = masked({"phone": {"S": "0170-123456789"}}, phone="digits")
    ((rule, value),) = found(after, rules)

    assert not is_masked(rule, value, after, Keys.of(b"another secret"), COPY)


ORDER: Item = {
    "pk": {"S": "1"},
    "tags": {"SS": ["x"]},
    "address": {"M": {"street": {"S": "x"}, "city": {"S": "y"}, "geo": {"M": {}}}},
    "items": {"L": [{"M": {"note": {"S": "x"}, "price": {"N": "1"}}}, {"S": "loose"}]},
    "a.b": {"L": []},
    MARK: {"SS": ["a.b"]},
}


def test_values_that_no_rule_lists_are_found_by_path() -> None:
    def paths(*rules: str) -> set[str]:
        return {text_of(path) for path in unlisted(ORDER, Rules.of(dict.fromkeys(rules, "keep")))}

    everything = {"pk", "tags", "address.street", "address.city", "address.geo", "items[*].note", "items[*].price"}
    everything |= {"items[*]", r"a\.b"}
    assert paths() == everything
    assert paths("pk", "address", "items[*].note") == {"tags", "items[*].price", "items[*]", r"a\.b"}
    assert paths("address.geo.x", "items.x", "tags", "pk.x", r"a\.b") == everything - {"address.geo", "tags", r"a\.b"}
    assert paths("pk", "tags", "address", "items", r"a\.b") == set()


def test_nothing_is_listed_where_rules_list_what_is_within_it() -> None:
    rules = Rules.of({"address.street": "hash", "items[*].note": "hash", "more[*]": "hash"})
    nothing: Item = {"address": {"NULL": True}, "items": {"L": [{"M": {}}, {"NULL": True}]}, "more": {"M": {}}}

    assert not [*unlisted(nothing, rules)]
    assert [*unlisted({"address": {"S": "Main Street 1"}}, rules)] == [("address",)]


def test_a_dry_run_tells_the_types_of_all_values() -> None:
    assert sorted((text_of(path), kind) for path, kind in leaves(ORDER)) == [
        ("a\\.b", "L"),
        ("address.city", "S"),
        ("address.geo", "M"),
        ("address.street", "S"),
        ("items[*]", "S"),
        ("items[*].note", "S"),
        ("items[*].price", "N"),
        ("pk", "S"),
        ("tags", "SS"),
    ]
