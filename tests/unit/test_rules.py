"""What a rule makes of a table."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotator.rules import Rule

BACKUP_TIME = datetime(2026, 11, 23, 2, 7, tzinfo=UTC)


def rule(source_pattern: str, replacement_pattern: str = "-staging", ssm_parameter_name: str | None = None) -> Rule:
    return Rule("staging", source_pattern, replacement_pattern, ssm_parameter_name)


@pytest.mark.parametrize(
    ("source_pattern", "table", "matches"),
    [
        ("(?i)-production$", "orders-Production", True),
        ("-production$", "orders-Production", False),
        ("-production$", "orders-production-old", False),
        ("orders", "all-orders-production", True),
        ("table", "orders", False),
        ("dynamodb", "orders", False),
    ],
)
def test_the_pattern_is_searched_in_the_name_of_the_table(source_pattern: str, table: str, matches: bool) -> None:
    assert rule(source_pattern).matches(table) is matches


def test_the_target_table_is_named_after_the_start_of_the_backup_in_utc() -> None:
    vienna = BACKUP_TIME.astimezone(timezone(timedelta(hours=1)))

    assert rule("(?i)-production$").target_table_name("orders-production", vienna) == (
        "orders-staging-20261123-02-07-00"
    )


def test_one_rule_gives_each_table_its_own_parameter() -> None:
    each = rule("^(.+)-production$", ssm_parameter_name="/staging/$1/table-arn")

    assert each.target_parameter_name("orders-production") == "/staging/orders/table-arn"
    assert each.target_parameter_name("users-production") == "/staging/users/table-arn"


@pytest.mark.parametrize(
    ("source_pattern", "replacement_pattern", "table", "expected"),
    [
        (".*", "$0", "orders", False),
        (".*", "$0", "orders-20261122-02-07-00", True),
        ("orders", "orders-copy", "orders-copy-20261122-02-07-00", True),
        # Copies of copies, by somebody who asks for them.
        ("-staging-[0-9-]+$", "-development", "orders-staging-20261122-02-07-00", False),
        (".*", "$0", "orders-20261122", False),
    ],
)
def test_a_name_that_would_end_in_two_times_is_that_of_a_copy(
    source_pattern: str, replacement_pattern: str, table: str, expected: bool
) -> None:
    assert rule(source_pattern, replacement_pattern).would_copy_a_copy(table) is expected


def test_without_a_parameter_name_none_is_made() -> None:
    assert rule("orders").target_parameter_name("orders") == ""


@given(name=st.from_regex(r"[a-zA-Z0-9_.-]{3,255}", fullmatch=True))
def test_the_whole_name_of_any_table_can_be_kept(name: str) -> None:
    assert rule(".*", "$0").target_table_name(name, BACKUP_TIME) == f"{name}-20261123-02-07-00"
