"""Starting a restore and checking on it, as far as moto can show it. The rest is end to end."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from rotator.aws_errors import AwsError
from rotator.clients import Clients
from rotator.errors import (
    InvalidParameterName,
    InvalidTableName,
    NotYet,
    RecoveryPointMismatch,
    RestoreJobFailed,
    SettingsNotApplied,
    TableNotFound,
    TargetTableTaken,
    TooManyTags,
    UnexpectedTableStatus,
)
from rotator.ownership import ownership_tags, tags_of
from rotator.restore.job import idempotency_token
from rotator.restore.start import start_restore
from rotator.restore.status import check_restore_status
from rotator.state import DescribeTableOutput, Invocation
from rotator.tags import claim
from rotator.timestamps import to_iso8601
from tests.support.rotations import (
    ACCOUNT,
    ELSEWHERE,
    EXECUTION_ARN,
    SETTINGS,
    TABLE_ARN,
    TARGET,
    TARGET_ARN,
    invocation,
)

ADVANCED = "arn:aws:backup:us-east-1:123456789012:recovery-point:1eb3b5e7-9eb0-435a-a80b-108b488b0d45"
ANOTHER = f"{EXECUTION_ARN}-another"
VAULT_ARN = f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:copies"
TABLE_ID = "0b9c5c6e-8d3a-4d5c-9a57-5b6f0a1a6a27"
HOUR = timedelta(hours=1)


def make(name: str, clients: Clients) -> None:
    clients.dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture
def recovery_point_arn(clients: Clients) -> str:
    make("orders", clients)
    return clients.dynamodb.create_backup(TableName="orders", BackupName="backup")["BackupDetails"]["BackupArn"]


def test_the_recovery_point_is_restored_to_the_target_table(recovery_point_arn: str, clients: Clients) -> None:
    output: Any = start_restore(invocation(recovery_point_arn), SETTINGS, clients)

    assert output["TableDescription"]["TableName"] == TARGET
    assert output["TableDescription"]["CreationDateTime"].endswith("Z")
    assert TARGET in clients.dynamodb.list_tables()["TableNames"]


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        ({"target": "a" * 256}, InvalidTableName),
        ({"parameter": "/aws/orders"}, InvalidParameterName),
        ({"tags": {f"tag-{number}": "" for number in range(44)}}, TooManyTags),
    ],
)
def test_what_cannot_succeed_fails_before_anything_is_restored(
    broken: dict[str, Any], error: type[Exception], recovery_point_arn: str, clients: Clients
) -> None:
    with pytest.raises(error):
        start_restore(invocation(recovery_point_arn, **broken), SETTINGS, clients)
    assert clients.dynamodb.list_tables()["TableNames"] == ["orders"]


def test_an_advanced_recovery_point_is_restored_by_a_job(clients: Clients) -> None:
    rotation = invocation(ADVANCED)
    with Stubber(clients.backup) as stub:
        stub.add_response("list_backup_vaults", {"BackupVaultList": []})
        stub.add_response(
            "start_restore_job",
            {"RestoreJobId": "job"},
            {
                "RecoveryPointArn": ADVANCED,
                "ResourceType": "DynamoDB",
                "IamRoleArn": SETTINGS.restore_role_arn,
                "IdempotencyToken": idempotency_token(rotation["State"], rotation["Execution"]),
                "Metadata": {"targetTableName": TARGET, "encryptionType": "Default"},
            },
        )
        assert start_restore(rotation, SETTINGS, clients) == {"RestoreJobId": "job"}


@pytest.mark.parametrize("kind", ["native", "advanced"])
def test_the_quota_of_tables_does_not_pass_because_of_the_name_of_a_copy(
    kind: str, recovery_point_arn: str, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = "orders-restored-20261123-02-07-00"

    def refuse(**_: object) -> None:
        message = f"There is a limit of 2500 tables per subscriber: {target}"
        raise ClientError({"Error": {"Code": "LimitExceededException", "Message": message}}, "Restore")

    monkeypatch.setattr(clients.dynamodb, "restore_table_from_backup", refuse)
    monkeypatch.setattr(clients.backup, "start_restore_job", refuse)
    with pytest.raises(AwsError, match=target):
        start_restore(
            invocation(recovery_point_arn if kind == "native" else ADVANCED, target=target), SETTINGS, clients
        )


def test_a_retry_finds_the_same_job_and_a_restore_that_starts_over_a_new_one() -> None:
    rotation, again = invocation(ADVANCED), invocation(ADVANCED)
    again["State"]["StartRestoreJobOutput"] = {"RestoreJobId": "failed"}
    tokens = [idempotency_token(each["State"], each["Execution"]) for each in (rotation, rotation, again)]

    assert tokens[0] == tokens[1] != tokens[2]
    assert [str(uuid.UUID(token)) for token in tokens] == tokens


@pytest.mark.parametrize("other", [f"{TABLE_ARN}-archive", TABLE_ARN.replace("orders", "users")])
def test_a_native_recovery_point_of_another_table_is_not_restored(other: str, clients: Clients) -> None:
    rotation = invocation(f"{other}/backup/01795422364460-083c1149")

    with pytest.raises(RecoveryPointMismatch, match=rf"is one of the table {other}, .* as one of {TABLE_ARN}"):
        start_restore(rotation, SETTINGS, clients)


def test_an_advanced_recovery_point_of_another_table_is_not_restored(clients: Clients) -> None:
    other = TABLE_ARN.replace("orders", "users")
    with Stubber(clients.backup) as stub:
        vaults = [{"BackupVaultArn": f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:{name}"} for name in ("a", "b")]
        stub.add_response("list_backup_vaults", {"BackupVaultList": vaults})
        stub.add_client_error("describe_recovery_point", "ResourceNotFoundException")
        stub.add_response(
            "describe_recovery_point",
            {"ResourceArn": other},
            {"BackupVaultName": "b", "RecoveryPointArn": ADVANCED},
        )
        with pytest.raises(RecoveryPointMismatch, match=rf"is one of the table {other}, .* as one of {TABLE_ARN}"):
            start_restore(invocation(ADVANCED), SETTINGS, clients)


class TestVaultThatDeniesAccess:
    """A notification does not name the vault, so that all are asked."""

    @pytest.fixture
    def vaults(self, clients: Clients) -> Iterator[Stubber]:
        """The first of two denies access."""
        arns = [f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:{name}" for name in ("a", "b")]
        with Stubber(clients.backup) as stub:
            stub.add_response("list_backup_vaults", {"BackupVaultList": [{"BackupVaultArn": arn} for arn in arns]})
            stub.add_client_error("describe_recovery_point", "AccessDeniedException", "Insufficient privileges")
            yield stub

    def test_it_does_not_hold_up_a_recovery_point_of_another_one(self, vaults: Stubber, clients: Clients) -> None:
        vaults.add_response("describe_recovery_point", {"ResourceArn": TABLE_ARN})
        vaults.add_response("start_restore_job", {"RestoreJobId": "job"})

        assert start_restore(invocation(ADVANCED), SETTINGS, clients) == {"RestoreJobId": "job"}

    @pytest.mark.parametrize("other", ["AccessDeniedException", "ResourceNotFoundException"])
    def test_a_recovery_point_that_it_alone_can_hold_fails_with_the_error_of_aws(
        self, other: str, vaults: Stubber, clients: Clients
    ) -> None:
        vaults.add_client_error("describe_recovery_point", other, "Not here")

        with pytest.raises(AwsError, match=r"^The vault \S+:a cannot be read: .*Insufficient privileges") as raised:
            start_restore(invocation(ADVANCED), SETTINGS, clients)
        assert raised.value.code == "AccessDeniedException"

    def test_throttling_is_waited_for(self, vaults: Stubber, clients: Clients) -> None:
        vaults.add_client_error("describe_recovery_point", "ThrottlingException")

        with pytest.raises(NotYet):
            start_restore(invocation(ADVANCED), SETTINGS, clients)


@pytest.mark.parametrize(
    ("vault_account", "owner"), [(ACCOUNT, {}), ("210987654321", {"BackupVaultAccountId": "210987654321"})]
)
def test_a_recovery_point_is_asked_of_its_vault_alone_where_that_is_known(
    vault_account: str, owner: dict[str, str], clients: Clients
) -> None:
    rotation = invocation(ADVANCED, source_table_arn=ELSEWHERE)
    rotation["State"]["BackupVaultArn"] = f"arn:aws:backup:us-east-1:{vault_account}:backup-vault:copies"
    with Stubber(clients.backup) as stub:
        stub.add_response(
            "describe_recovery_point",
            {"ResourceArn": ELSEWHERE},
            {"BackupVaultName": "copies", "RecoveryPointArn": ADVANCED, **owner},
        )
        stub.add_response("start_restore_job", {"RestoreJobId": "job"})
        assert start_restore(rotation, SETTINGS, clients) == {"RestoreJobId": "job"}


def test_a_recovery_point_of_a_table_of_the_same_name_in_another_account_is_not_restored(clients: Clients) -> None:
    rotation = invocation(ADVANCED)
    rotation["State"]["BackupVaultArn"] = VAULT_ARN
    with Stubber(clients.backup) as stub:
        stub.add_response("describe_recovery_point", {"ResourceArn": ELSEWHERE})
        with pytest.raises(RecoveryPointMismatch, match=rf"is one of the table {ELSEWHERE}, .* as one of {TABLE_ARN}"):
            start_restore(rotation, SETTINGS, clients)


def test_a_recovery_point_that_is_not_in_its_vault_fails_with_the_error_of_aws(clients: Clients) -> None:
    rotation = invocation(ADVANCED)
    rotation["State"]["BackupVaultArn"] = VAULT_ARN
    with Stubber(clients.backup) as stub:
        stub.add_client_error("describe_recovery_point", "ResourceNotFoundException", "no such recovery point")
        with pytest.raises(AwsError, match="no such recovery point") as raised:
            start_restore(rotation, SETTINGS, clients)
    assert raised.value.code == "ResourceNotFoundException"


class TestSourceTableElsewhere:
    """The source table belongs to another account or Region. A table of its name is here as well, but it is another."""

    @pytest.fixture(params=[ELSEWHERE, TABLE_ARN.replace("us-east-1", "ap-southeast-1")])
    def rotation(self, request: pytest.FixtureRequest, clients: Clients) -> Invocation:
        make("orders", clients)
        return invocation(ADVANCED, source_table_arn=request.param)

    def start(self, rotation: Invocation, clients: Clients) -> Any:  # noqa: ANN401
        with Stubber(clients.backup) as stub:
            stub.add_response("list_backup_vaults", {"BackupVaultList": []})
            stub.add_response("start_restore_job", {"RestoreJobId": "job"})
            return start_restore(rotation, SETTINGS, clients)

    def test_a_setting_that_cannot_be_read_fails_before_the_restore(
        self, rotation: Invocation, clients: Clients
    ) -> None:
        rotation["State"]["CarryOver"] = ["stream", "table_class", "tags"]

        source = rotation["State"]["BackupSnsMessage"]["BackedUpResourceArn"]
        with pytest.raises(
            SettingsNotApplied,
            match=f"carries over stream, table_class, but the source table {source} belongs to another account or "
            "Region, .* by a rule that carries over nothing else",
        ):
            self.start(rotation, clients)

    def test_every_setting_of_a_source_table_here_can_be_read(self, clients: Clients) -> None:
        make("orders", clients)
        rotation = invocation(ADVANCED)
        rotation["State"]["CarryOver"] = ["stream", "table_class", "tags"]

        assert self.start(rotation, clients) == {"RestoreJobId": "job"}

    def test_the_indexes_of_the_table_here_do_not_count(self, rotation: Invocation, clients: Clients) -> None:
        rotation["State"]["Restore"] = {"ExcludedIndexes": ["by-day"]}

        assert self.start(rotation, clients) == {"RestoreJobId": "job"}

    def test_the_name_of_the_parameter_may_be_as_long_as_it_may_be_here(
        self, rotation: Invocation, clients: Clients
    ) -> None:
        around_name = len(f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/")
        rotation["State"]["TargetParameterName"] = "a" * (1011 - around_name)

        assert self.start(rotation, clients) == {"RestoreJobId": "job"}


def test_a_job_that_restores_another_table_is_found_out(clients: Clients) -> None:
    with pytest.raises(RecoveryPointMismatch):
        checked_job(clients, Status="RUNNING", SourceResourceArn=TABLE_ARN.replace("orders", "users"))


def test_a_table_that_is_restored_from_another_one_is_found_out(clients: Clients) -> None:
    other = TABLE_ARN.replace("orders", "users")
    summary = {"SourceTableArn": other, "RestoreDateTime": datetime.now(UTC), "RestoreInProgress": True}
    described = {"TableName": TARGET, "TableStatus": "CREATING", "RestoreSummary": summary}
    with Stubber(clients.dynamodb) as stub:
        stub.add_response("describe_table", {"Table": described})
        with pytest.raises(RecoveryPointMismatch, match=other):
            check_restore_status(invocation(), SETTINGS, clients)


class TestTableInPlace:
    """A table that has the target's name already. Whose it is follows from what DynamoDB still reports."""

    @pytest.fixture
    def table(self, recovery_point_arn: str) -> dict[str, Any]:
        """What DynamoDB says of a table that is being restored from the same recovery point."""
        return {
            "TableName": TARGET,
            "TableArn": TARGET_ARN,
            "TableId": TABLE_ID,
            "TableStatus": "CREATING",
            "CreationDateTime": datetime.now(UTC),
            "RestoreSummary": {
                "SourceBackupArn": recovery_point_arn,
                "SourceTableArn": TABLE_ARN,
                "RestoreDateTime": datetime.now(UTC),
                "RestoreInProgress": True,
            },
        }

    def again(
        self, rotation: Invocation, table: dict[str, Any], clients: Clients, tags: dict[str, str] | None = None
    ) -> Any:  # noqa: ANN401
        with Stubber(clients.dynamodb) as stub:
            stub.add_client_error("restore_table_from_backup", "TableInUseException")
            stub.add_response("describe_table", {"Table": table})
            if tags is not None:
                stub.add_response("list_tags_of_resource", {"Tags": listed(tags)}, {"ResourceArn": TARGET_ARN})
            return start_restore(rotation, SETTINGS, clients)

    def test_one_from_the_same_recovery_point_may_be_ours(
        self, table: dict[str, Any], recovery_point_arn: str, clients: Clients
    ) -> None:
        output = self.again(invocation(recovery_point_arn), table, clients)

        assert output["TableDescription"]["TableName"] == TARGET

    def test_one_from_another_backup_of_the_table_is_looked_at_again_once_it_is_active(
        self, table: dict[str, Any], recovery_point_arn: str, clients: Clients
    ) -> None:
        table["RestoreSummary"]["SourceBackupArn"] = recovery_point_arn + "0"
        rotation = invocation(recovery_point_arn)

        rotation["State"]["RestoreTableFromBackupOutput"] = self.again(rotation, table, clients)

        # Its own rotation has yet to claim it.
        make(TARGET, clients)
        assert check_restore_status(rotation, SETTINGS, clients)["RestoreStatus"] == "IN_PROGRESS"
        assert tags_of(TARGET_ARN, clients.dynamodb) == {}

    def test_one_from_a_backup_of_another_table_is_not_touched(
        self, table: dict[str, Any], recovery_point_arn: str, clients: Clients
    ) -> None:
        other = recovery_point_arn.replace("orders", "users")
        table["RestoreSummary"]["SourceBackupArn"] = other
        del table["RestoreSummary"]["SourceTableArn"]
        with pytest.raises(TargetTableTaken, match=f"from {other}, not from a backup of {TABLE_ARN}"):
            self.again(invocation(recovery_point_arn), table, clients)

    def test_one_from_a_point_in_time_is_not_touched(
        self, table: dict[str, Any], recovery_point_arn: str, clients: Clients
    ) -> None:
        del table["RestoreSummary"]["SourceBackupArn"]
        with pytest.raises(TargetTableTaken, match=f"from a backup or a point in time of {TABLE_ARN}"):
            self.again(invocation(recovery_point_arn), table, clients)

    def test_one_that_is_being_deleted_is_waited_for(
        self, table: dict[str, Any], recovery_point_arn: str, clients: Clients
    ) -> None:
        with pytest.raises(NotYet):
            self.again(invocation(recovery_point_arn), table | {"TableStatus": "DELETING"}, clients)

    @pytest.mark.parametrize(
        ("running_for", "claimed_by", "error"),
        [
            # Lost responses: it was made since the rotation started.
            (HOUR, {}, None),
            (HOUR, {"rotation": EXECUTION_ARN}, None),
            (-HOUR, {}, "already exists, and no rotation created it"),
            (HOUR, {"rotation": ANOTHER}, f"belongs to the rotation {ANOTHER}, by the rule staging of the module"),
            (HOUR, {"rotation": ANOTHER, "rule": "reporting"}, "by the rule reporting of the module rotator"),
            (HOUR, {"rotation": ANOTHER, "module": "another"}, "by the rule staging of the module another"),
            (HOUR, {"rotation": ANOTHER, "module": "another", "recovery-point": ADVANCED}, "module another"),
            # Another backup of the same second.
            (HOUR, {"rotation": ANOTHER, "recovery-point": ADVANCED}, None),
            (-HOUR, {"rotation": ANOTHER, "recovery-point": ADVANCED}, None),
        ],
    )
    def test_one_that_is_active_is_recognised_by_its_tags(
        self,
        running_for: timedelta,
        claimed_by: dict[str, str],
        error: str | None,
        table: dict[str, Any],
        recovery_point_arn: str,
        clients: Clients,
    ) -> None:
        del table["RestoreSummary"]
        rotation = invocation(recovery_point_arn, running_for=running_for)
        tags = claimed(rotation, claimed_by) if claimed_by else {}

        if error:
            with pytest.raises(TargetTableTaken, match=error) as raised:
                self.again(rotation, table, clients, tags)
            assert "delete" not in str(raised.value)
        else:
            self.again(rotation, table, clients, tags)


def claimed(rotation: Invocation, differences: dict[str, str]) -> dict[str, str]:
    """The tags that the rotation would give to the table, with some differences."""
    tags = ownership_tags(rotation["State"], rotation["Execution"], SETTINGS.module, TABLE_ID)
    return tags | {f"backup-dynamodb-rotator:{key}": value for key, value in differences.items()}


def listed(tags: dict[str, str]) -> list[Any]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def job_with_target(
    clients: Clients, table: dict[str, Any] | None, tags: dict[str, str] | None = None, *, starts: bool = True
) -> Any:  # noqa: ANN401
    """Restores by a job where DynamoDB says this of the target."""
    with Stubber(clients.dynamodb) as dynamodb, Stubber(clients.backup) as backup:
        backup.add_response("list_backup_vaults", {"BackupVaultList": []})
        if table:
            described = {"TableName": TARGET, "TableArn": TARGET_ARN, "TableId": TABLE_ID, "TableStatus": "ACTIVE"}
            dynamodb.add_response("describe_table", {"Table": described | table})
        else:
            dynamodb.add_client_error("describe_table", "ResourceNotFoundException")
        if tags is not None:
            dynamodb.add_response("list_tags_of_resource", {"Tags": listed(tags)})
        if starts:
            backup.add_response("start_restore_job", {"RestoreJobId": "job"})
        return start_restore(invocation(ADVANCED), SETTINGS, clients)


@pytest.mark.parametrize(
    ("table", "tags"),
    [
        (None, None),
        ({"CreationDateTime": datetime.now(UTC) + HOUR}, {}),
        ({"TableStatus": "CREATING", "RestoreSummary": {"SourceTableArn": TABLE_ARN}}, None),
        ({"TableStatus": "CREATING", "RestoreSummary": {"SourceBackupArn": f"{ADVANCED}-undocumented"}}, None),
    ],
)
def test_a_job_is_started_where_the_table_may_be_its_own(
    table: dict[str, Any] | None, tags: dict[str, str] | None, clients: Clients
) -> None:
    summary = (table or {}).get("RestoreSummary")
    if table and summary:
        table["RestoreSummary"] = summary | {"RestoreDateTime": datetime.now(UTC), "RestoreInProgress": True}
    assert job_with_target(clients, table, tags) == {"RestoreJobId": "job"}


@pytest.mark.parametrize(
    ("table", "tags", "error"),
    [
        ({"CreationDateTime": datetime.now(UTC) - HOUR}, {}, TargetTableTaken),
        ({"CreationDateTime": datetime.now(UTC) - HOUR, "TableStatus": "DELETING"}, None, NotYet),
    ],
)
def test_no_job_is_started_where_a_table_already_existed(
    table: dict[str, Any], tags: dict[str, str] | None, error: type[Exception], clients: Clients
) -> None:
    with pytest.raises(error, match=TARGET):
        job_with_target(clients, table, tags, starts=False)


def test_no_job_is_started_where_another_backup_of_the_same_second_has_its_copy(clients: Clients) -> None:
    tags = claimed(invocation(ADVANCED), {"rotation": ANOTHER, "recovery-point": f"{ADVANCED}0"})

    output = job_with_target(clients, {"CreationDateTime": datetime.now(UTC) - HOUR}, tags, starts=False)

    assert output == {"RestoreJobId": ""}


class TestClaim:
    """Who has the copy."""

    @pytest.fixture(autouse=True)
    def _copy(self, clients: Clients) -> None:
        make(TARGET, clients)

    def check(self, rotation: Invocation, clients: Clients) -> str:
        """The status after a check, which the state machine keeps for the next one."""
        output = check_restore_status(rotation, SETTINGS, clients)
        rotation["State"]["DescribeTableOutput"] = output
        return output["RestoreStatus"]

    def test_a_copy_is_complete_once_it_still_has_the_tags_after_a_while(self, clients: Clients) -> None:
        rotation = invocation()

        assert self.check(rotation, clients) == "CLAIMED"
        first = rotation["State"]["DescribeTableOutput"]
        assert first["SecondsToNextCheck"] == 65
        assert tags_of(TARGET_ARN, clients.dynamodb) == {
            f"backup-dynamodb-rotator:{key}": value
            for key, value in {
                "module": "rotator",
                "rule": "staging",
                "source-table": TABLE_ARN,
                "recovery-point": f"{TABLE_ARN}/backup/01795422364460-083c1149",
                "backup-time": "2026-11-23T02:07:00.000Z",
                "rotation": EXECUTION_ARN,
                "table-id": first["Table"]["TableId"],
            }.items()
        }
        assert self.check(rotation, clients) == "COMPLETE"

    def test_a_retry_does_not_take_its_own_tags_for_an_answer(self, clients: Clients) -> None:
        check_restore_status(invocation(), SETTINGS, clients)

        assert self.check(invocation(), clients) == "CLAIMED"

    def test_of_two_rotations_the_last_to_claim_has_the_copy(self, clients: Clients) -> None:
        ours, theirs = invocation(), invocation()
        theirs["Execution"]["Id"] = ANOTHER

        self.check(ours, clients)
        # It had read the tags before ours were there.
        claim(table_of(clients), theirs, SETTINGS.module, clients)
        theirs["State"]["DescribeTableOutput"] = ours["State"]["DescribeTableOutput"]

        with pytest.raises(TargetTableTaken, match=f"belongs to the rotation {ANOTHER}"):
            self.check(ours, clients)
        assert self.check(theirs, clients) == "COMPLETE"

    @pytest.mark.parametrize("kind", ["native", "advanced"])
    def test_another_backup_of_the_same_second_is_superseded(self, kind: str, clients: Clients) -> None:
        recovery_points = {"native": [f"{TABLE_ARN}/backup/1", f"{TABLE_ARN}/backup/2"], "advanced": [ADVANCED] * 2}
        ours, theirs = (invocation(recovery_point) for recovery_point in recovery_points[kind])
        if kind == "advanced":
            ours["State"]["BackupSnsMessage"]["RecoveryPointArn"] += "0"
        ours["Execution"]["Id"] = ANOTHER
        self.check(ours, clients)

        assert self.check(theirs, clients) == "SUPERSEDED"
        assert theirs["State"]["DescribeTableOutput"]["Table"]["TableName"] == TARGET

    def test_a_refresh_is_not_superseded_by_another_recovery_point(self, clients: Clients) -> None:
        """Somebody asked for this very one."""
        ours, theirs = invocation(ADVANCED), invocation(f"{ADVANCED}0")
        ours["State"]["RequestTime"] = theirs["State"]["RequestTime"] = "2026-11-23T02:07:00.000Z"
        theirs["Execution"]["Id"] = ANOTHER
        self.check(theirs, clients)

        with pytest.raises(TargetTableTaken, match=f"belongs to the rotation {ANOTHER}.*of the same second"):
            self.check(ours, clients)

    @pytest.mark.parametrize("name", ["orders", "a" * 255])
    def test_a_table_of_the_same_name_in_another_account_is_another_source_table(
        self, name: str, clients: Clients
    ) -> None:
        theirs, ours = (
            invocation(ADVANCED, source_table_arn=arn.replace("orders", name)) for arn in (ELSEWHERE, TABLE_ARN)
        )
        theirs["Execution"]["Id"] = ANOTHER
        self.check(theirs, clients)

        ours["State"]["BackupSnsMessage"]["RecoveryPointArn"] += "0"
        source = ELSEWHERE.removesuffix("orders")
        with pytest.raises(TargetTableTaken, match=f"belongs to the rotation {ANOTHER}.* of {source}"):
            self.check(ours, clients)

    def test_a_job_that_failed_because_of_the_copy_of_another_is_told_whose_it_is(self, clients: Clients) -> None:
        another = invocation(ADVANCED)
        another["Execution"]["Id"] = ANOTHER
        another["State"]["Rule"] = "reporting"
        self.check(another, clients)

        with pytest.raises(TargetTableTaken, match=ANOTHER):
            checked_job(clients, Status="FAILED", StatusMessage="Table already exists")

    @pytest.mark.parametrize(("minutes", "waits"), [(5, True), (90, False)])
    def test_a_job_that_failed_because_of_a_table_waits_until_that_is_claimed(
        self, minutes: int, waits: bool, clients: Clients
    ) -> None:
        job: Any = {
            "Status": "FAILED",
            "StatusMessage": "Table already exists",
            "CompletionDate": datetime.now(UTC) - timedelta(minutes=minutes),
        }
        if waits:
            assert checked_job(clients, **job)["RestoreStatus"] == "IN_PROGRESS"
        else:
            with pytest.raises(RestoreJobFailed, match="already exists"):
                checked_job(clients, **job)
        assert tags_of(TARGET_ARN, clients.dynamodb) == {}

    @pytest.mark.parametrize(("is_told", "minutes"), [(True, 15), (False, 60)])
    def test_a_job_that_completed_took_until_then_or_until_now_where_aws_does_not_say_when(
        self, is_told: bool, minutes: int, clients: Clients
    ) -> None:
        completion: Any = {"CompletionDate": datetime.now(UTC) - 0.75 * HOUR} if is_told else {}
        output = checked_job(clients, Status="COMPLETED", **completion)

        assert output["RestoreStatus"] == "CLAIMED"
        assert output["RestoreSeconds"] == pytest.approx(60 * minutes, abs=30)

    def test_a_table_of_the_longest_name_can_be_tagged_and_known_again(self, clients: Clients) -> None:
        source_table_arn = f"arn:aws:dynamodb:us-gov-west-1:{ACCOUNT}:table/{'a' * 255}"
        rotation = invocation(f"{source_table_arn}/backup/01795422364460-083c1149", source_table_arn=source_table_arn)

        assert [self.check(rotation, clients), self.check(rotation, clients)] == ["CLAIMED", "COMPLETE"]
        assert max(map(len, tags_of(TARGET_ARN, clients.dynamodb).values())) == 256


def table_of(clients: Clients) -> dict[str, Any]:
    return dict(clients.dynamodb.describe_table(TableName=TARGET)["Table"])


@pytest.mark.usefixtures("clients")
def test_a_table_that_is_gone_is_an_error_that_names_it(clients: Clients) -> None:
    with pytest.raises(TableNotFound, match=TARGET):
        check_restore_status(invocation(), SETTINGS, clients)


def test_a_status_that_is_not_part_of_a_restore_is_an_error_that_names_it(clients: Clients) -> None:
    with Stubber(clients.dynamodb) as stub:
        stub.add_response("describe_table", {"Table": {"TableName": TARGET, "TableStatus": "ARCHIVED"}})
        with pytest.raises(UnexpectedTableStatus, match=f"{TARGET} is ARCHIVED"):
            check_restore_status(invocation(), SETTINGS, clients)


def checked_job(
    clients: Clients,
    *,
    redriven_after: timedelta | None = None,
    rotation: Invocation | None = None,
    **job: Any,  # noqa: ANN401
) -> DescribeTableOutput:
    """The check of a restore whose job looks like this, and which was redriven so long after the job's creation."""
    created = datetime.now(UTC) - HOUR
    rotation = rotation or invocation(ADVANCED)
    rotation["State"]["StartRestoreJobOutput"] = {"RestoreJobId": "job"}
    if redriven_after is not None:
        rotation["Execution"] |= {"RedriveCount": 1, "RedriveTime": to_iso8601(created + redriven_after)}
    with Stubber(clients.backup) as stub:
        stub.add_response("describe_restore_job", {"RestoreJobId": "job", "CreationDate": created, **job})
        return check_restore_status(rotation, SETTINGS, clients)


def test_a_job_that_failed_because_another_table_is_being_restored_is_told_which(clients: Clients) -> None:
    summary = {"SourceTableArn": ELSEWHERE, "RestoreDateTime": datetime.now(UTC), "RestoreInProgress": True}
    described = {"TableName": TARGET, "TableStatus": "CREATING", "RestoreSummary": summary}
    with Stubber(clients.dynamodb) as stub:
        stub.add_response("describe_table", {"Table": described})
        with pytest.raises(TargetTableTaken, match=f"a point in time of {ELSEWHERE}, not from a backup of"):
            checked_job(clients, Status="FAILED", StatusMessage="Table already exists")


@pytest.mark.parametrize("status", ["PENDING", "RUNNING"])
def test_a_job_that_runs_is_in_progress(status: str, clients: Clients) -> None:
    output = checked_job(clients, Status=status)

    assert (output["Table"], output["RestoreStatus"], output["SecondsToNextCheck"]) == ({}, "IN_PROGRESS", 359)


@pytest.mark.parametrize("status", ["FAILED", "ABORTED"])
def test_a_restore_job_that_ended_badly_fails_with_the_message_of_aws(status: str, clients: Clients) -> None:
    with pytest.raises(RestoreJobFailed, match=f"job is {status}: no such key"):
        checked_job(clients, Status=status, StatusMessage="no such key")


@pytest.mark.parametrize("status", ["FAILED", "ABORTED"])
def test_a_redrive_starts_over_a_restore_whose_job_had_failed(status: str, clients: Clients) -> None:
    output = checked_job(clients, Status=status, StatusMessage="no such key", redriven_after=HOUR / 2)

    assert (output["RestoreStatus"], output["SecondsToNextCheck"]) == ("START_OVER", 1)


def test_a_job_that_fails_after_the_redrive_is_not_started_over_for_ever(clients: Clients) -> None:
    with pytest.raises(RestoreJobFailed):
        checked_job(clients, Status="FAILED", StatusMessage="no such key", redriven_after=-HOUR / 2)


@pytest.mark.parametrize("message", ["Rate exceeded", "You have reached the number of concurrent restores allowed"])
def test_a_job_that_hit_a_limit_is_started_over_after_a_wait(message: str, clients: Clients) -> None:
    output = checked_job(clients, Status="FAILED", StatusMessage=message)

    assert (output["RestoreStatus"], output["SecondsToNextCheck"]) == ("START_OVER", 300)


def test_a_job_that_hit_the_quota_of_tables_is_not_started_over(clients: Clients) -> None:
    message = "Subscriber limit exceeded: There is a limit of 2500 tables per subscriber"
    with pytest.raises(RestoreJobFailed, match=message):
        checked_job(clients, Status="FAILED", StatusMessage=message)


@pytest.mark.parametrize(
    "message",
    [
        "Table {source} has no such key",
        "Table {target} has no such key",
        "Table {source_arn} has no such key",
    ],
)
def test_a_name_is_not_taken_for_a_limit(message: str, clients: Clients) -> None:
    source, target = "rate-limits", "concurrent-rate-limits-20261123-02-07-00"
    source_arn = TABLE_ARN.replace("orders", source)
    message = message.format(source=source, target=target, source_arn=source_arn)
    rotation = invocation(ADVANCED, source_table_arn=source_arn, target=target)

    with pytest.raises(RestoreJobFailed, match=message):
        checked_job(clients, rotation=rotation, Status="FAILED", StatusMessage=message)


@pytest.mark.parametrize(("redriven_after", "starts_over"), [(None, False), (HOUR / 2, True), (-HOUR / 2, False)])
def test_a_redrive_starts_over_a_native_restore_whose_table_is_gone(
    redriven_after: timedelta | None, starts_over: bool, clients: Clients
) -> None:
    created = datetime.now(UTC) - HOUR
    rotation = invocation()
    rotation["State"]["RestoreTableFromBackupOutput"] = {
        "TableDescription": {"TableName": TARGET, "CreationDateTime": to_iso8601(created)}
    }
    if redriven_after is not None:
        rotation["Execution"] |= {"RedriveCount": 1, "RedriveTime": to_iso8601(created + redriven_after)}

    if starts_over:
        assert check_restore_status(rotation, SETTINGS, clients)["RestoreStatus"] == "START_OVER"
    else:
        with pytest.raises(TableNotFound, match=TARGET):
            check_restore_status(rotation, SETTINGS, clients)
