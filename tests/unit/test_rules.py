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
    ("exclude_pattern", "table", "matches"),
    [
        (None, "test-orders-production", True),
        ("^test-", "test-orders-production", False),
        ("^test-", "orders-test-production", True),
        ("test", "orders-test-production", False),
    ],
)
def test_a_rule_leaves_out_the_tables_that_it_excludes(exclude_pattern: str | None, table: str, matches: bool) -> None:
    assert Rule("staging", ".*", "$0-staging", exclude_pattern=exclude_pattern).matches(table) is matches


def test_without_a_parameter_name_none_is_made() -> None:
    assert rule("orders").target_parameter_name("orders") == ""


@given(name=st.from_regex(r"[a-zA-Z0-9_.-]{3,255}", fullmatch=True))
def test_the_whole_name_of_any_table_can_be_kept(name: str) -> None:
    assert rule(".*", "$0").target_table_name(name, BACKUP_TIME) == f"{name}-20261123-02-07-00"
