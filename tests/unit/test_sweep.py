"""A sweep finds what no other channel has announced."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rotator.clients import Clients
from rotator.errors import RotationError
from rotator.rules import Rule
from rotator.workflow import start_rotations
from tests.support.machines import settings_with, started
from tests.support.vaults import VAULT_ARN, Vaults, described

SWEEP: dict[str, Any] = {"Sweep": {}}
RULE = Rule("staging", ".*", "$0-staging")
NOW = datetime.now(UTC)
OTHER_VAULT_ARN = f"{VAULT_ARN}-2"


def hours_ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def swept(clients: Clients, *points: dict[str, Any], vault_arns: tuple[str, ...] = (VAULT_ARN,)) -> set[str]:
    """The names of the executions that a sweep starts."""
    Vaults(clients, points)
    settings = settings_with(clients, RULE, vault_arns=vault_arns)
    start_rotations(SWEEP, settings, clients)
    return {*started(settings, clients)}


def test_the_newest_recovery_point_of_each_table_in_all_vaults_is_rotated(clients: Clients) -> None:
    names = swept(
        clients,
        described("older", "orders", hours_ago(3)),
        described("newest", "orders", hours_ago(1), vault_arn=OTHER_VAULT_ARN),
        described("old", "orders", hours_ago(2)),
        described("users", "users", hours_ago(4)),
        vault_arns=(VAULT_ARN, OTHER_VAULT_ARN),
    )

    assert names == {"staging-newest", "staging-users"}


def test_a_recovery_point_whose_id_no_execution_can_be_named_after_is_rotated_once(clients: Clients) -> None:
    points = [described(identifier, identifier[:3], hours_ago(1)) for identifier in ("a.1", "b b", "c" * 37)]

    names = swept(clients, *points)

    assert len(names) == 3
    assert all(re.fullmatch("staging-[0-9a-f]{36}", name) for name in names)
    assert swept(clients, *points) == names


def test_tables_of_the_same_name_in_several_accounts_are_different_tables(clients: Clients) -> None:
    names = swept(
        clients,
        described("ours", "orders", hours_ago(1)),
        described("theirs", "orders", hours_ago(2), account="111122223333"),
    )

    assert names == {"staging-ours", "staging-theirs"}


def test_of_a_recovery_point_in_several_vaults_the_original_is_rotated(clients: Clients) -> None:
    names = swept(
        clients,
        described("replica", "orders", hours_ago(1), SourceBackupVaultArn=OTHER_VAULT_ARN),
        described("original", "orders", hours_ago(1), vault_arn=OTHER_VAULT_ARN),
        vault_arns=(VAULT_ARN, OTHER_VAULT_ARN),
    )

    assert names == {"staging-original"}


@pytest.mark.parametrize("vaults", [(VAULT_ARN, OTHER_VAULT_ARN), (OTHER_VAULT_ARN, VAULT_ARN)])
@pytest.mark.parametrize("origin", [{}, {"SourceBackupVaultArn": f"{VAULT_ARN}-of-another-account"}])
def test_of_a_recovery_point_copied_within_an_account_the_one_that_was_completed_first_is_rotated(
    origin: dict[str, str], vaults: tuple[str, str], clients: Clients
) -> None:
    names = swept(
        clients,
        described("original", "orders", hours_ago(3), CompletionDate=hours_ago(2), **origin),
        described("unknown", "orders", hours_ago(3)),
        described("within", "orders", hours_ago(3), CompletionDate=hours_ago(1), vault_arn=OTHER_VAULT_ARN),
        vault_arns=vaults,
    )

    assert names == {"staging-original"}


@pytest.mark.parametrize("vaults", [(VAULT_ARN, OTHER_VAULT_ARN), (OTHER_VAULT_ARN, VAULT_ARN)])
def test_of_recovery_points_that_nothing_tells_apart_each_sweep_rotates_the_same(
    vaults: tuple[str, str], clients: Clients
) -> None:
    names = swept(
        clients,
        described("a", "orders", hours_ago(1)),
        described("b", "orders", hours_ago(1), vault_arn=OTHER_VAULT_ARN),
        vault_arns=vaults,
    )

    assert names == {"staging-b"}


@pytest.mark.parametrize("status", ["PARTIAL", "DELETING", "EXPIRED", "CREATING"])
def test_only_completed_recovery_points_are_rotated(status: str, clients: Clients) -> None:
    names = swept(
        clients,
        described("incomplete", "orders", hours_ago(1), Status=status),
        described("complete", "orders", hours_ago(2)),
    )

    assert names == {"staging-complete"}


@pytest.mark.parametrize("status", ["COMPLETED", "AVAILABLE"])
def test_a_completed_recovery_point_is_rotated_whichever_status_says_so(status: str, clients: Clients) -> None:
    assert swept(clients, described("complete", "orders", hours_ago(1), Status=status)) == {"staging-complete"}


def test_what_was_rotated_before_is_not_rotated_again(clients: Clients) -> None:
    Vaults(clients, [described("first", "orders", hours_ago(1))])
    settings = settings_with(clients, RULE, vault_arns=(VAULT_ARN,))

    for _ in range(2):
        (rotation,) = start_rotations(SWEEP, settings, clients)["Rotations"]
        assert rotation["Execution"] == "staging-first"

    assert [*started(settings, clients)] == ["staging-first"]


def test_rules_with_a_schedule_are_left_to_it(clients: Clients) -> None:
    Vaults(clients, [described("first", "orders", hours_ago(1))])
    scheduled = Rule("weekly", ".*", "weekly", schedule={"expression": "rate(7 days)", "timezone": "UTC"})
    settings = settings_with(clients, scheduled, vault_arns=(VAULT_ARN,))

    assert start_rotations(SWEEP, settings, clients) == {"Rotations": []}


def test_aws_is_asked_for_tables_of_the_last_days_in_the_largest_pages(clients: Clients) -> None:
    points = [described(f"{number}", f"orders-{number % 3}", hours_ago(number % 100)) for number in range(2500)]
    shared = "arn:aws:backup:us-east-1:111122223333:backup-vault:shared"
    vaults = Vaults(clients, points)
    settings = settings_with(clients, vault_arns=(VAULT_ARN, shared))

    start_rotations(SWEEP, settings, clients)

    assert [(call, request["BackupVaultName"]) for call, request in vaults.requests] == [
        *[("ListRecoveryPointsByBackupVault", "vault")] * 3,
        ("ListRecoveryPointsByBackupVault", "shared"),
    ]
    for _, request in vaults.requests:
        account = request.get("BackupVaultAccountId")
        assert account == ("111122223333" if request["BackupVaultName"] == "shared" else None)
        assert (request["ByResourceType"], request["MaxResults"]) == ("DynamoDB", 1000)
        assert abs(request["ByCreatedAfter"] - hours_ago(7 * 24)) < timedelta(hours=12)


@pytest.mark.parametrize(
    ("error", "name"), [("AccessDeniedException", "AccessDeniedException"), ("ThrottlingException", "NotYet")]
)
def test_a_vault_that_cannot_be_read_does_not_hold_up_the_others(error: str, name: str, clients: Clients) -> None:
    first = described("first", "orders", hours_ago(1), vault_arn=OTHER_VAULT_ARN)
    Vaults(clients, [first], errors={"vault": error})
    settings = settings_with(clients, RULE, vault_arns=(VAULT_ARN, OTHER_VAULT_ARN))

    with pytest.raises(
        RotationError, match=f"^The vault {VAULT_ARN} cannot be read: .*{error}.*Insufficient"
    ) as raised:
        start_rotations(SWEEP, settings, clients)

    assert type(raised.value).__name__ == name
    assert [*started(settings, clients)] == ["staging-first"]


def test_a_vault_that_cannot_be_read_to_the_end_counts_as_unread(clients: Clients) -> None:
    points = [described(f"{number}", "orders", hours_ago(2)) for number in range(1000)]
    newest = described("newest", "orders", hours_ago(1))
    Vaults(clients, [*points, newest], errors={"vault": "AccessDeniedException"}, listed_before_errors=1000)
    settings = settings_with(clients, RULE, vault_arns=(VAULT_ARN,))

    with pytest.raises(RotationError, match=f"^The vault {VAULT_ARN} cannot be read: "):
        start_rotations(SWEEP, settings, clients)

    assert started(settings, clients) == {}


def test_a_rotation_that_cannot_be_started_does_not_hold_up_the_others(clients: Clients) -> None:
    # Execution names have at most 80 characters.
    too_long = Rule("x" * 80, "^table-", "$0")
    points = [described(f"{number}", f"table-{number}", hours_ago(1)) for number in range(25)]
    Vaults(clients, [*points, described("first", "orders", hours_ago(2))])
    settings = settings_with(clients, replace(RULE, source_pattern="^orders$"), too_long, vault_arns=(VAULT_ARN,))

    with pytest.raises(RotationError) as error:
        start_rotations(SWEEP, settings, clients)

    assert str(error.value).endswith("... and 5 more")
    assert [*started(settings, clients)] == ["staging-first"]
