"""Replacement as Go does it; `tests/contract/test_patterns.py` compares it with Go itself."""

import re

import pytest

from rotator.references import expand, replace_all


@pytest.mark.parametrize(
    ("template", "expanded"),
    [
        ("$0", "orders-production"),
        ("$1", "orders"),
        ("${1}x", "ordersx"),
        ("$1x", ""),
        ("$stage", "production"),
        ("${stage}_2", "production_2"),
        ("$stage_2", ""),
        ("$3", ""),
        ("$01", ""),
        ("$$1", "$1"),
        ("${1", "${1"),
        ("a$-b", "a$-b"),
        (r"\1", r"\1"),
    ],
)
def test_references_are_those_of_go(template: str, expanded: str) -> None:
    match = re.search(r"^(\w+)-(?P<stage>\w+)$", "orders-production")
    assert match is not None

    assert expand(match, template) == expanded


def test_a_group_that_took_no_part_is_empty() -> None:
    assert replace_all(re.compile("(a)|b"), "ab", "[$1]") == "[a][]"


@pytest.mark.parametrize(
    ("pattern", "text", "replaced"),
    [
        ("-", "a-b-c", "aXbXc"),
        (".*", "orders", "X"),
        ("x*", "abxd", "XaXbXdX"),
        ("|a", "aa", "XaXaX"),
        ("$", "orders", "ordersX"),
        ("^", "orders", "Xorders"),
        (r"\b", "a-b", "XaX-XbX"),
        ("z", "orders", "orders"),
    ],
)
def test_matches_are_replaced_where_go_replaces_them(pattern: str, text: str, replaced: str) -> None:
    assert replace_all(re.compile(pattern), text, "X") == replaced
