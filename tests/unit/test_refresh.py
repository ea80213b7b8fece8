"""A refresh makes new copies on request, or says what there is instead."""

import dataclasses
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from rotator.aws_errors import AwsError
from rotator.clients import Clients
from rotator.errors import InvalidRefresh, NotYet, RulesCollide
from rotator.rules import Rule
from rotator.settings import WorkflowSettings
from rotator.workflow import start_rotations
from tests.support.machines import settings_with, started
from tests.support.vaults import ACCOUNT, VAULT_ARN, Vaults, described

STAGING = Rule("staging", "^(.+)-production$", "$1-staging", "/staging/$1", exclude_pattern="^test")
WEEKLY = Rule(
    "weekly", "^orders-production$", "orders-weekly", schedule={"expression": "rate(7 days)", "timezone": "UTC"}
)
OTHER_VAULT_ARN = f"{VAULT_ARN}-2"
AT = "2025-11-25T10:00:00Z"
BACKED_UP_AT = datetime(2025, 11, 23, 2, 7, tzinfo=UTC)
OLD = described("old", "orders-production", BACKED_UP_AT - timedelta(days=1))
NEW = described("new", "orders-production", BACKED_UP_AT)
USERS = described("users", "users-production", BACKED_UP_AT, vault_arn=OTHER_VAULT_ARN)
EXPIRED = described("expired", "orders-production", BACKED_UP_AT - timedelta(days=2), Status="EXPIRED")
UNMATCHED = described("scratch", "scratch", BACKED_UP_AT)


@pytest.fixture
def vaults(clients: Clients) -> Vaults:
    return Vaults(clients, [OLD, NEW, USERS, EXPIRED, UNMATCHED])


@pytest.fixture
def settings(clients: Clients, vaults: Vaults) -> WorkflowSettings:
    return settings_with(clients, STAGING, WEEKLY, vault_arns=(VAULT_ARN, OTHER_VAULT_ARN))


def refreshed(settings: WorkflowSettings, clients: Clients, **request: object) -> list[str]:
    """The names of the executions that a refresh leads to."""
    answer = start_rotations({"Refresh": {"RequestTime": AT, **request}}, settings, clients)
    assert answer.keys() == {"Rotations"}
    return sorted(rotation["Execution"] for rotation in answer["Rotations"])


def refused(settings: WorkflowSettings, clients: Clients, request: object) -> str:
    """Why a refresh starts nothing."""
    with pytest.raises(InvalidRefresh) as error:
        start_rotations({"Refresh": request}, settings, clients)
    assert started(settings, clients) == {}
    return str(error.value)


@pytest.mark.parametrize("table", ["orders-production", NEW["ResourceArn"]])
def test_the_newest_recovery_point_of_a_table_is_rotated_by_each_rule_that_matches(
    table: str, settings: WorkflowSettings, clients: Clients
) -> None:
    names = refreshed(settings, clients, SourceTable=table)

    assert names == ["staging-new-20251125100000", "weekly-new-20251125100000"]
    state = started(settings, clients)["staging-new-20251125100000"]
    assert state["TargetTableName"] == "orders-staging-20251125-10-00-00"
    assert state["RequestTime"] == "2025-11-25T10:00:00.000Z"
    assert state["BackupSnsMessage"]["StartTime"] == "2025-11-23T02:07:00.000Z"
    assert state["BackupVaultArn"] == VAULT_ARN


def test_a_rule_is_refreshed_for_each_table_that_it_matches(settings: WorkflowSettings, clients: Clients) -> None:
    names = refreshed(settings, clients, Rule="staging")

    assert names == ["staging-new-20251125100000", "staging-users-20251125100000"]


def test_a_recovery_point_can_be_chosen(settings: WorkflowSettings, clients: Clients) -> None:
    by_arn = refreshed(settings, clients, Rule="staging", RecoveryPointArn=OLD["RecoveryPointArn"])
    in_the_other_vault = refreshed(settings, clients, Rule="staging", RecoveryPointArn=USERS["RecoveryPointArn"])

    assert by_arn == ["staging-old-20251125100000"]
    assert in_the_other_vault == ["staging-users-20251125100000"]


def test_a_native_recovery_point_can_be_chosen(clients: Clients) -> None:
    arn = f"{NEW['ResourceArn']}/backup/01795422364460-083c1149"
    Vaults(clients, [NEW | {"RecoveryPointArn": arn}])
    settings = settings_with(clients, STAGING, vault_arns=(VAULT_ARN,))

    names = refreshed(settings, clients, Rule="staging", RecoveryPointArn=arn)

    assert names == ["staging-01795422364460-083c1149-20251125100000"]


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "InvalidParameterValueException"])
def test_a_recovery_point_is_looked_for_in_the_next_vault(code: str, clients: Clients) -> None:
    """AWS documents both errors, but not which one it gives for a recovery point of another vault."""
    settings = settings_with(clients, STAGING, vault_arns=(OTHER_VAULT_ARN, VAULT_ARN))

    with Stubber(clients.backup) as stub:
        stub.add_client_error("describe_recovery_point", code)
        stub.add_response("describe_recovery_point", NEW)
        names = refreshed(settings, clients, Rule="staging", RecoveryPointArn=NEW["RecoveryPointArn"])

    assert names == ["staging-new-20251125100000"]


@pytest.mark.parametrize("shared_first", [True, False])
def test_a_recovery_point_can_be_chosen_where_another_account_shares_a_vault(
    shared_first: bool, clients: Clients
) -> None:
    vault_arn = VAULT_ARN.replace(ACCOUNT, "210987654321")
    shared = described("shared", "orders-production", BACKED_UP_AT, vault_arn=vault_arn)
    Vaults(clients, [NEW, shared])
    vault_arns = (shared["BackupVaultArn"], VAULT_ARN)
    settings = settings_with(clients, STAGING, vault_arns=vault_arns if shared_first else vault_arns[::-1])

    for point in (NEW, shared):
        assert refreshed(settings, clients, Rule="staging", RecoveryPointArn=point["RecoveryPointArn"])


def test_where_a_topic_announces_recovery_points_all_vaults_of_the_account_are_searched(
    clients: Clients, vaults: Vaults
) -> None:
    settings = dataclasses.replace(settings_with(clients, STAGING, vault_arns=(VAULT_ARN,)), search_all_vaults=True)

    assert len(refreshed(settings, clients, Rule="staging")) == 2
    listed = [request for operation, request in vaults.requests if operation == "ListRecoveryPointsByBackupVault"]
    assert len(listed) == len({request["BackupVaultName"] for request in listed}) == 2


def test_without_configured_vaults_all_of_the_account_are_searched(clients: Clients, vaults: Vaults) -> None:
    settings = settings_with(clients, STAGING)

    assert len(refreshed(settings, clients, Rule="staging")) == 2
    assert refreshed(settings, clients, Rule="staging", RecoveryPointArn=USERS["RecoveryPointArn"])


def test_a_recovery_point_that_was_rotated_before_gets_another_copy(
    settings: WorkflowSettings, clients: Clients
) -> None:
    start_rotations({"Sweep": {}}, settings, clients)

    refreshed(settings, clients, SourceTable="orders-production", Rule="staging")

    states = started(settings, clients)
    copies = {states[name]["TargetTableName"] for name in ("staging-new", "staging-new-20251125100000")}
    assert copies == {"orders-staging-20251123-02-07-00", "orders-staging-20251125-10-00-00"}


def test_a_schedule_that_is_delivered_twice_is_one_rotation(settings: WorkflowSettings, clients: Clients) -> None:
    first = refreshed(settings, clients, Rule="weekly")
    second = refreshed(settings, clients, Rule="weekly")

    assert first == second == [*started(settings, clients)]


def test_the_longest_name_of_an_execution_is_accepted(clients: Clients) -> None:
    identifier = "5a772b5a-36d5-4a69-9b18-ed2f5213c659"
    Vaults(clients, [described(identifier, "orders", BACKED_UP_AT)])
    settings = settings_with(clients, Rule("r" * 28, "orders", "$0-copy"), vault_arns=(VAULT_ARN,))

    (name,) = refreshed(settings, clients, SourceTable="orders")

    assert name == f"{'r' * 28}-{identifier}-20251125100000"
    assert [*started(settings, clients)] == [name]


def test_by_hand_the_copy_is_named_after_the_time_of_the_request(settings: WorkflowSettings, clients: Clients) -> None:
    before = datetime.now(UTC).replace(microsecond=0)

    (rotation,) = start_rotations({"Refresh": {"Rule": "weekly"}}, settings, clients)["Rotations"]

    named_after = datetime.strptime(rotation["TargetTable"], "orders-weekly-%Y%m%d-%H-%M-%S").replace(tzinfo=UTC)
    assert before <= named_after <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("price", "cost"), [({}, 0.15), ({"PricePerGB": 0.2}, 0.2), ({"PricePerGB": 0}, 0), ({"PricePerGB": 1000}, 1000)]
)
def test_a_dry_run_says_what_would_be_done_and_what_it_costs(
    price: dict[str, float], cost: float, settings: WorkflowSettings, clients: Clients
) -> None:
    request = {"SourceTable": "orders-production", "Rule": "staging", "DryRun": True, "RequestTime": AT, **price}

    rotations = start_rotations({"Refresh": request}, settings, clients)["Rotations"]

    assert rotations == [
        {
            "Rule": "staging",
            "SourceTable": NEW["ResourceArn"],
            "RecoveryPoint": NEW["RecoveryPointArn"],
            "BackupTime": "2025-11-23T02:07:00.000Z",
            "SizeBytes": 2**30,
            "TargetTable": "orders-staging-20251125-10-00-00",
            "Parameter": "/staging/orders",
            "Execution": "staging-new-20251125100000",
            "RestoreCost": cost,
        }
    ]
    assert started(settings, clients) == {}


def test_rules_that_collide_are_not_refreshed_either(clients: Clients, vaults: Vaults) -> None:
    rules = (
        Rule("one", "orders", "x", "/orders"),
        Rule("two", "orders", "y", "/orders"),
        Rule("another", "orders", "z", "/another"),
    )
    settings = settings_with(clients, *rules, vault_arns=(VAULT_ARN,))

    with pytest.raises(RulesCollide, match="The rules one, two all lead to the parameter /orders"):
        refreshed(settings, clients, Rule="one")
    assert refreshed(settings, clients, Rule="another") == ["another-new-20251125100000"]


def test_what_a_refresh_has_started_is_named_with_what_it_could_not_start(clients: Clients, vaults: Vaults) -> None:
    rules = (Rule("one", "orders", "x"), Rule("two", "orders", "x"), Rule("another", "orders", "y"))
    settings = settings_with(clients, *rules, vault_arns=(VAULT_ARN,))

    with pytest.raises(RulesCollide) as error:
        refreshed(settings, clients, SourceTable="orders-production")
    with pytest.raises(RulesCollide) as error_of_dry_run:
        refreshed(settings, clients, SourceTable="orders-production", DryRun=True)

    assert str(error.value) == (f"{error_of_dry_run.value}\nThe others were started: another-new-20251125100000.")


ACCEPTED = 'A refresh accepts "SourceTable" (name or ARN) and "Rule", at least one of them,'


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"SourcTable": "x", "rule": "y"}, f'The refresh does not accept ["SourcTable", "rule"]. {ACCEPTED}'),
        ({"SourceTable": ["x"]}, f'The SourceTable of the refresh is ["x"]. {ACCEPTED}'),
        ({"Rule": "staging", "DryRun": "true"}, f'The DryRun of the refresh is "true". {ACCEPTED}'),
        ({"Rule": "staging", "PricePerGB": True}, f"The PricePerGB of the refresh is true. {ACCEPTED}"),
        ({"Rule": "staging", "PricePerGB": -0.1}, f"The PricePerGB of the refresh is -0.1. {ACCEPTED}"),
        ({"Rule": "staging", "PricePerGB": 1000.1}, f"The PricePerGB of the refresh is 1000.1. {ACCEPTED}"),
        ({"Rule": "staging", "PricePerGB": float("nan")}, f"The PricePerGB of the refresh is NaN. {ACCEPTED}"),
        ({"Rule": "staging", "RecoveryPointArn": ""}, f'The RecoveryPointArn of the refresh is "". {ACCEPTED}'),
        (
            {"Rule": "staging", "RecoveryPointArn": NEW["ResourceArn"]},
            f'The RecoveryPointArn of the refresh is "{NEW["ResourceArn"]}". {ACCEPTED}',
        ),
        ({"Rule": "staging", "RequestTime": "today"}, f'The RequestTime of the refresh is "today". {ACCEPTED}'),
        (
            {"Rule": "staging", "RequestTime": "0001-01-01T00:00:00+14:00"},
            f'The RequestTime of the refresh is "0001-01-01T00:00:00+14:00". {ACCEPTED}',
        ),
        ({"DryRun": True}, f"The refresh names neither a source table nor a rule. {ACCEPTED}"),
        ("orders", f'The refresh is "orders". {ACCEPTED}'),
        (None, f"The refresh is null. {ACCEPTED}"),
    ],
)
def test_a_request_that_is_not_understood_is_answered_with_what_is_accepted(
    request_: object, problem: str, settings: WorkflowSettings, clients: Clients
) -> None:
    assert refused(settings, clients, request_).startswith(problem)


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"Rule": "weeky"}, 'There is no rule "weeky". The rules are weekly, staging.'),
        (
            {"SourceTable": "user-production"},
            f'There is no recovery point of a table "user-production" in the vaults {VAULT_ARN}, {OTHER_VAULT_ARN}. '
            "The tables that have some are users-production, orders-production, scratch.",
        ),
        (
            {"SourceTable": "orders"},
            f'There is no recovery point of a table "orders" in the vaults {VAULT_ARN}, {OTHER_VAULT_ARN}. The tables '
            "that have some are orders-production, scratch, users-production.",
        ),
        (
            {"SourceTable": "scratch"},
            "No rule matches scratch. The rules are staging (^(.+)-production$, but not ^test), weekly "
            "(^orders-production$).",
        ),
        (
            {"SourceTable": "users-production", "Rule": "weekly"},
            "The rule weekly (^orders-production$) matches none of these tables: users-production.",
        ),
        (
            {"SourceTable": "users-production", "RecoveryPointArn": NEW["RecoveryPointArn"]},
            f"The recovery point {NEW['RecoveryPointArn']} is one of the table orders-production, not of "
            '"users-production".',
        ),
        (
            {"Rule": "staging", "RecoveryPointArn": f"{NEW['RecoveryPointArn']}er"},
            f'There is no completed recovery point "{NEW["RecoveryPointArn"]}er" in the vaults {VAULT_ARN}, '
            f"{OTHER_VAULT_ARN}. To refresh from another vault, add it to backup_vault_arns.",
        ),
        (
            {"Rule": "staging", "RecoveryPointArn": EXPIRED["RecoveryPointArn"]},
            f'There is no completed recovery point "{EXPIRED["RecoveryPointArn"]}" in the vaults {VAULT_ARN}, '
            f"{OTHER_VAULT_ARN}. To refresh from another vault, add it to backup_vault_arns.",
        ),
    ],
)
def test_a_request_that_leads_to_nothing_is_answered_with_what_there_is(
    request_: dict[str, Any], problem: str, settings: WorkflowSettings, clients: Clients
) -> None:
    assert refused(settings, clients, request_) == problem


def test_tables_of_one_name_are_told_apart_by_their_arns(clients: Clients) -> None:
    theirs = described("theirs", "orders-production", BACKED_UP_AT, account="111122223333")
    Vaults(clients, [NEW, theirs])
    settings = settings_with(clients, STAGING, vault_arns=(VAULT_ARN,))

    assert refused(settings, clients, {"SourceTable": "orders-production"}) == (
        "Several tables are called orders-production. Give the ARN of one of them: "
        f"{theirs['ResourceArn']}, {NEW['ResourceArn']}."
    )
    assert refreshed(settings, clients, SourceTable=theirs["ResourceArn"]) == ["staging-theirs-20251125100000"]


def test_a_request_of_the_future_is_refused(settings: WorkflowSettings, clients: Clients) -> None:
    """Its copy would count as the newest one until then."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()

    assert refused(settings, clients, {"Rule": "staging", "RequestTime": tomorrow}) == (
        f"The RequestTime of the refresh is {tomorrow}, which lies in the future."
    )


def test_a_scheduler_whose_clock_is_ahead_is_served(settings: WorkflowSettings, clients: Clients) -> None:
    ahead = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()

    assert start_rotations({"Refresh": {"Rule": "staging", "RequestTime": ahead}}, settings, clients)["Rotations"]


def test_vaults_without_recovery_points_are_named(clients: Clients) -> None:
    Vaults(clients, [])

    assert refused(settings_with(clients, STAGING, vault_arns=(VAULT_ARN,)), clients, {"Rule": "staging"}) == (
        f"There is no recovery point of a DynamoDB table in the vault {VAULT_ARN}."
    )


def test_an_account_without_vaults_is_told_so(clients: Clients) -> None:
    Vaults(clients, [])

    assert refused(settings_with(clients, STAGING), clients, {"Rule": "staging"}) == (
        "There is no recovery point of a DynamoDB table in this account and Region, which have no backup vaults."
    )


DENIED = (
    f"The vault {VAULT_ARN} cannot be read: An error occurred (AccessDeniedException) when calling the {{}} operation: "
    "Insufficient privileges"
)
NOT_LISTED = DENIED.format("ListRecoveryPointsByBackupVault")


def denied(settings: WorkflowSettings, clients: Clients, **request: object) -> str:
    """Why a refresh starts nothing, which AWS says."""
    with pytest.raises(AwsError) as error:
        refreshed(settings, clients, **request)
    assert started(settings, clients) == {}
    assert error.value.code == "AccessDeniedException"
    return str(error.value)


class TestUnreadableVaults:
    """AWS does not let the module read the first vault, which may hold a newer recovery point of any table."""

    @pytest.fixture(params=[True, False])
    def settings(self, request: pytest.FixtureRequest, clients: Clients) -> WorkflowSettings:
        """The vaults are configured, or all those of the account."""
        vault_arns = (VAULT_ARN, OTHER_VAULT_ARN) if request.param else ()
        return settings_with(clients, STAGING, WEEKLY, vault_arns=vault_arns)

    @pytest.fixture(autouse=True)
    def _denied(self, clients: Clients) -> None:
        Vaults(clients, [OLD, NEW, USERS], errors={"vault": "AccessDeniedException"})

    @pytest.mark.parametrize("dry_run", [True, False])
    def test_what_the_others_hold_is_rotated_and_the_answer_names_them(
        self, dry_run: bool, settings: WorkflowSettings, clients: Clients, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = start_rotations({"Refresh": {"Rule": "staging", "DryRun": dry_run}}, settings, clients)

        assert [rotation["RecoveryPoint"] for rotation in answer["Rotations"]] == [USERS["RecoveryPointArn"]]
        assert answer["UnreadVaults"] == [NOT_LISTED]
        assert len(started(settings, clients)) == (0 if dry_run else 1)
        (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
        assert warning.__dict__["vault"] == VAULT_ARN

    def test_a_recovery_point_that_another_one_holds_is_rotated(
        self, settings: WorkflowSettings, clients: Clients
    ) -> None:
        """It is the one that was asked for, whatever the vault holds."""
        assert refreshed(settings, clients, Rule="staging", RecoveryPointArn=USERS["RecoveryPointArn"])

    def test_a_recovery_point_that_only_such_a_vault_can_hold_fails_with_the_error_of_aws(
        self, settings: WorkflowSettings, clients: Clients
    ) -> None:
        arn = NEW["RecoveryPointArn"]
        assert denied(settings, clients, Rule="staging", RecoveryPointArn=arn) == (
            f"{DENIED.format('DescribeRecoveryPoint')}\nThere is no completed recovery point "
            f'"{arn}" in the vault {OTHER_VAULT_ARN}. To refresh from another vault, add it to backup_vault_arns.'
        )

    def test_a_table_that_only_such_a_vault_can_hold_fails_with_the_error_of_aws(
        self, settings: WorkflowSettings, clients: Clients
    ) -> None:
        assert denied(settings, clients, SourceTable="orders-production") == (
            f'{NOT_LISTED}\nThere is no recovery point of a table "orders-production" in the vault '
            f"{OTHER_VAULT_ARN}. The tables that have some are users-production."
        )

    def test_a_rule_that_matches_no_other_table_fails_with_the_error_of_aws(
        self, settings: WorkflowSettings, clients: Clients
    ) -> None:
        assert denied(settings, clients, Rule="weekly") == (
            f"{NOT_LISTED}\nThe rule weekly (^orders-production$) matches none of these tables: users-production."
        )

    def test_what_cannot_be_started_is_named_with_them(self, clients: Clients) -> None:
        rules = (Rule("one", "users", "x"), Rule("two", "users", "x"))

        with pytest.raises(RulesCollide) as error:
            refreshed(settings_with(clients, *rules), clients, Rule="one")

        assert str(error.value).endswith(f"\n{NOT_LISTED}")


def test_where_vaults_that_can_be_read_only_hold_copies_the_error_is_that_of_aws(clients: Clients) -> None:
    copy = described("copy", "orders-20261122-02-07-00", BACKED_UP_AT, vault_arn=OTHER_VAULT_ARN)
    Vaults(clients, [NEW, copy], errors={"vault": "AccessDeniedException"})
    settings = settings_with(clients, Rule("appending", "^orders", "$0-copy"))

    assert denied(settings, clients, Rule="appending") == (
        f"{NOT_LISTED}\nCopies are not rotated, and these tables are copies: orders-20261122-02-07-00."
    )


@pytest.mark.parametrize("request_", [{}, {"RecoveryPointArn": NEW["RecoveryPointArn"]}])
def test_where_no_vault_can_be_read_the_error_is_that_of_aws(request_: dict[str, str], clients: Clients) -> None:
    Vaults(clients, [NEW, USERS], errors=dict.fromkeys(("vault", "vault-2"), "AccessDeniedException"))

    problem = denied(settings_with(clients, STAGING), clients, Rule="staging", **request_)

    assert re.fullmatch(
        rf"The vault {VAULT_ARN} cannot be read: .*\nThe vault {OTHER_VAULT_ARN} cannot be read: .*", problem
    )


def test_no_older_recovery_point_is_rotated_where_aws_throttles(clients: Clients) -> None:
    older = described("older", "orders-production", BACKED_UP_AT - timedelta(days=9), vault_arn=OTHER_VAULT_ARN)
    Vaults(clients, [NEW, older], errors={"vault": "ThrottlingException"})
    settings = settings_with(clients, STAGING)

    with pytest.raises(NotYet):
        refreshed(settings, clients, Rule="staging")
    assert started(settings, clients) == {}


def test_a_recovery_point_of_something_other_than_a_table_is_refused(clients: Clients) -> None:
    volume = NEW | {"ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-1"}
    Vaults(clients, [volume])
    settings = settings_with(clients, Rule("all", ".*", "$0-copy"), vault_arns=(VAULT_ARN,))

    assert refused(settings, clients, {"Rule": "all", "RecoveryPointArn": NEW["RecoveryPointArn"]}) == (
        f"The recovery point {NEW['RecoveryPointArn']} is one of {volume['ResourceArn']}, which is no table."
    )


def test_a_copy_is_not_refreshed(clients: Clients) -> None:
    Vaults(clients, [described("copy", "orders-20261122-02-07-00", BACKED_UP_AT), UNMATCHED])
    settings = settings_with(clients, Rule("appending", "^orders", "$0-copy"), vault_arns=(VAULT_ARN,))

    assert refused(settings, clients, {"Rule": "appending"}) == (
        "Copies are not rotated, and these tables are copies: orders-20261122-02-07-00."
    )


def test_a_message_names_twenty_tables_at_most(clients: Clients) -> None:
    Vaults(clients, [described(f"{number}", f"table-{number:02}", BACKED_UP_AT) for number in range(25)])
    settings = settings_with(clients, STAGING, vault_arns=(VAULT_ARN,))

    problem = refused(settings, clients, {"SourceTable": "tabel-24"})

    assert "The tables that have some are table-24, " in problem
    assert problem.endswith(" and 5 more.")
