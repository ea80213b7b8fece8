"""Recovery points of other accounts and Regions: copy jobs, copies, and vaults that another account shares."""

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.canaries import DECRYPTING_BACKUPS, REGION, Queue, allow, code, policy
from tests.support.polling import wait_until

Aws = Callable[..., Any]

PRODUCTION = "111111111111"
STAGING = "222222222222"
ITEM = {"id": {"S": "1"}}
COPYING = ("backup:CopyFromBackupVault", "backup:CopyIntoBackupVault")
KEY_USES = ("kms:CreateGrant", "kms:DescribeKey")


@dataclass
class Account:
    """An account with a vault."""

    aws: Aws
    number: str
    region: str = REGION
    vault: str = ""

    def __post_init__(self) -> None:
        self.backup, self.dynamodb, self.iam, self.kms = map(self.client, ("backup", "dynamodb", "iam", "kms"))
        self.vault = self.new_vault()

    def client(self, service: str, **keys: str) -> Any:  # noqa: ANN401
        return self.aws(service, region_name=self.region, **({"aws_access_key_id": self.number} | keys))

    def vault_arn(self, vault: str) -> str:
        return f"arn:aws:backup:{self.region}:{self.number}:backup-vault:{vault}"

    def new_vault(self, **options: object) -> str:
        name = f"vault-{uuid.uuid4()}"
        self.backup.create_backup_vault(BackupVaultName=name, **options)
        return name

    def let_in(self, account: str, action: str = "backup:CopyIntoBackupVault", **options: Any) -> None:  # noqa: ANN401
        """Lets an account copy into the vault."""
        statement = allow(action, Principal={"AWS": f"arn:aws:iam::{account}:root"}, **options)
        self.backup.put_backup_vault_access_policy(BackupVaultName=self.vault, Policy=policy(statement))

    def role(self, *statements: dict[str, Any], trusted: dict[str, str] | None = None) -> str:
        principal = trusted or {"Service": "backup.amazonaws.com"}
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
        name = f"role-{uuid.uuid4()}"
        arn: str = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy(*statements))
        return arn

    def new_key(self, *statements: dict[str, Any]) -> str:
        owner = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{self.number}:root"})
        arn: str = self.kms.create_key(Policy=policy(owner, *statements))["KeyMetadata"]["Arn"]
        return arn

    def back_up(self, **request: object) -> dict[str, Any]:
        """The completed job of a backup of a new table that has tags."""
        name = f"orders-{uuid.uuid4()}"
        table = self.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": "team", "Value": "a"}],
        )["TableDescription"]["TableArn"]
        self.dynamodb.put_item(TableName=name, Item=ITEM)
        role = self.role(allow("dynamodb:*"))
        request = {"BackupVaultName": self.vault, "ResourceArn": table, "IamRoleArn": role, **request}
        job_id = self.backup.start_backup_job(**request)["BackupJobId"]
        job = ended(lambda: self.backup.describe_backup_job(BackupJobId=job_id))
        assert job["State"] == "COMPLETED"
        return job

    def start_copy(self, job: dict[str, Any], to: str, role: str | None = None) -> str:
        job_id: str = self.backup.start_copy_job(
            RecoveryPointArn=job["RecoveryPointArn"],
            SourceBackupVaultName=job["BackupVaultName"],
            DestinationBackupVaultArn=to,
            IamRoleArn=role or self.role(allow("backup:*", "kms:*")),
        )["CopyJobId"]
        return job_id

    def copy(self, job: dict[str, Any], to: str, role: str | None = None) -> dict[str, Any]:
        """The ended job of a copy."""
        job_id = self.start_copy(job, to, role)
        return ended(lambda: dict(self.backup.describe_copy_job(CopyJobId=job_id)["CopyJob"]))

    def points(self, **filters: object) -> list[dict[str, Any]]:
        answer = self.backup.list_recovery_points_by_backup_vault(**{"BackupVaultName": self.vault, **filters})
        return list(answer["RecoveryPoints"])

    def restore(self, arn: str, role: str | None = None) -> dict[str, Any]:
        """The ended job of a restore."""
        job_id = self.backup.start_restore_job(
            RecoveryPointArn=arn,
            Metadata={"targetTableName": f"copy-{uuid.uuid4()}", "encryptionType": "Default"},
            IamRoleArn=role or self.role(allow("dynamodb:*", "kms:*")),
        )["RestoreJobId"]
        return ended(lambda: self.backup.describe_restore_job(RestoreJobId=job_id), "Status")


def ended(describe: Callable[[], dict[str, Any]], state: str = "State") -> dict[str, Any]:
    """The job once it has ended."""

    def job() -> dict[str, Any] | None:
        seen = describe()
        return seen if seen[state] in ("COMPLETED", "FAILED") else None

    return wait_until("end of the job", job)


@pytest.fixture
def production(aws: Aws) -> Account:
    return Account(aws, PRODUCTION)


@pytest.fixture
def staging(aws: Aws) -> Account:
    return Account(aws, STAGING)


def test_a_copy_is_a_recovery_point_of_the_destinations_account_and_region(aws: Aws, production: Account) -> None:
    staging = Account(aws, STAGING, "eu-west-1")
    staging.let_in(PRODUCTION)
    job = production.back_up()
    copied = production.copy(job, staging.vault_arn(staging.vault))
    assert copied["State"] == "COMPLETED"
    arn = copied["DestinationRecoveryPointArn"]
    assert re.fullmatch(rf"arn:aws:backup:eu-west-1:{STAGING}:recovery-point:[0-9a-f-]{{36}}", arn)
    assert arn.split(":")[-1] != job["RecoveryPointArn"].split(":")[-1]

    (point,) = staging.points()
    (source,) = production.points()
    expected = {
        "RecoveryPointArn": arn,
        "BackupVaultArn": staging.vault_arn(staging.vault),
        "SourceBackupVaultArn": production.vault_arn(production.vault),
        "Status": "COMPLETED",
        **{name: source[name] for name in ("ResourceArn", "ResourceType", "CreationDate", "BackupSizeInBytes")},
    }
    assert {name: point[name] for name in expected} == expected
    assert "SourceBackupVaultArn" not in source
    assert staging.backup.list_tags(ResourceArn=arn)["Tags"] == {"team": "a"}
    assert code(production.backup.describe_copy_job, CopyJobId="missing") == "ResourceNotFoundException"


def test_a_copy_within_an_account_is_told_from_its_original_by_its_completion_only(
    aws: Aws, production: Account
) -> None:
    destination = Account(aws, PRODUCTION)
    production.copy(production.back_up(), destination.vault_arn(destination.vault))

    (source,), (point,) = production.points(), destination.points()
    assert "SourceBackupVaultArn" not in point
    assert point["CreationDate"] == source["CreationDate"]
    assert point["CompletionDate"] > source["CompletionDate"]


def test_a_copy_is_restored_in_its_own_account_and_region(aws: Aws, production: Account) -> None:
    staging = Account(aws, STAGING, "eu-west-1")
    staging.let_in(PRODUCTION)
    job = production.back_up()
    arn = production.copy(job, staging.vault_arn(staging.vault))["DestinationRecoveryPointArn"]
    restored = staging.restore(arn)
    assert restored["Status"] == "COMPLETED"
    created = restored["CreatedResourceArn"]
    assert created.startswith(f"arn:aws:dynamodb:eu-west-1:{STAGING}:table/copy-")
    assert restored["SourceResourceArn"] == job["ResourceArn"]
    assert staging.dynamodb.scan(TableName=created.split("/")[1])["Items"] == [ITEM]


@pytest.mark.parametrize("lets_in", [None, "another account", "deny"])
def test_a_copy_into_another_account_needs_the_policy_of_the_vault(
    production: Account, staging: Account, lets_in: str | None
) -> None:
    if lets_in:
        effect = "Deny" if lets_in == "deny" else "Allow"
        staging.let_in(PRODUCTION if lets_in == "deny" else "333333333333", effect=effect)
    copied = production.copy(production.back_up(), staging.vault_arn(staging.vault))
    assert copied["State"] == "FAILED"
    assert copied["StatusMessage"] == "Access Denied trying to call AWS Backup service"
    assert "DestinationRecoveryPointArn" not in copied
    assert staging.points() == []


def test_a_copy_within_an_account_needs_no_policy_but_heeds_a_denial(aws: Aws, production: Account) -> None:
    destination = Account(aws, PRODUCTION)
    job = production.back_up()
    assert production.copy(job, destination.vault_arn(destination.vault))["State"] == "COMPLETED"
    destination.let_in(PRODUCTION, effect="Deny")
    assert production.copy(job, destination.vault_arn(destination.vault))["State"] == "FAILED"


@pytest.mark.parametrize("lacking", [*COPYING, None])
def test_a_copy_needs_a_role_that_may_copy(production: Account, staging: Account, lacking: str | None) -> None:
    staging.let_in(PRODUCTION)
    role = production.role(allow(*(action for action in COPYING if action != lacking)))
    copied = production.copy(production.back_up(), staging.vault_arn(staging.vault), role)
    if lacking:
        assert (copied["State"], lacking in copied["StatusMessage"]) == ("FAILED", True)
    else:
        assert copied["State"] == "COMPLETED"


def test_a_copy_is_encrypted_with_the_key_of_its_vault(production: Account, staging: Account) -> None:
    key = staging.new_key(allow(*KEY_USES, Principal={"AWS": f"arn:aws:iam::{PRODUCTION}:root"}))
    staging.vault = staging.new_vault(EncryptionKeyArn=key)
    staging.let_in(PRODUCTION)
    source_key = production.new_key()
    job = production.back_up(BackupVaultName=production.new_vault(EncryptionKeyArn=source_key))
    arn = production.copy(job, staging.vault_arn(staging.vault))["DestinationRecoveryPointArn"]
    assert [point["EncryptionKeyArn"] for point in staging.points()] == [key]
    without_key = staging.restore(arn, staging.role(allow("dynamodb:*")))
    assert (without_key["Status"], "kms:Decrypt" in without_key["StatusMessage"]) == ("FAILED", True)
    may_use_it = staging.role(allow("dynamodb:*"), allow("kms:*", on=key))
    assert staging.restore(arn, may_use_it)["Status"] == "COMPLETED"


@pytest.mark.parametrize("lacking", ["role on source", "role on destination", "role without a service", "key"])
def test_a_copy_needs_the_keys_of_both_vaults(production: Account, staging: Account, lacking: str) -> None:
    open_to = [allow(*KEY_USES, Principal={"AWS": f"arn:aws:iam::{PRODUCTION}:root"})] if lacking != "key" else []
    key, source_key = staging.new_key(*open_to), production.new_key()
    staging.vault = staging.new_vault(EncryptionKeyArn=key)
    staging.let_in(PRODUCTION)
    usable = {"role on source": [key], "role on destination": [source_key]}.get(lacking, [key, source_key])
    via = {"StringLike": {"kms:ViaService": "*"}} if lacking == "role without a service" else {}
    role = production.role(allow("backup:*"), *(allow("kms:*", on=one, Condition=via) for one in usable))
    job = production.back_up(BackupVaultName=production.new_vault(EncryptionKeyArn=source_key))
    copied = production.copy(job, staging.vault_arn(staging.vault), role)
    assert copied["State"] == "FAILED"
    assert f"kms:CreateGrant on {source_key if lacking == 'role on source' else key}" in copied["StatusMessage"]


def test_a_copy_job_that_cannot_start_says_why(production: Account, staging: Account) -> None:
    job, destination = production.back_up(), staging.vault_arn(staging.vault)
    assert code(production.start_copy, job={**job, "BackupVaultName": "missing"}, to=destination)
    assert code(production.start_copy, job=job, to="vault") == "InvalidParameterValueException"
    foreign = staging.role(allow("backup:*"))
    with pytest.raises(ClientError, match="Cross-account pass role is not allowed"):
        production.start_copy(job, destination, foreign)
    missing = production.copy(job, f"{destination}-missing")
    assert (missing["State"], f"{staging.vault}-missing" in missing["StatusMessage"]) == ("FAILED", True)
    production.backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": False})
    native = production.back_up()
    production.backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": True})
    assert code(production.start_copy, job=native, to=destination) == "InvalidRequestException"


@pytest.mark.parametrize("allowed", [True, False], ids=["completed", "failed"])
def test_a_copy_is_an_event_in_the_account_that_ran_the_job(
    production: Account, staging: Account, name: str, allowed: bool
) -> None:
    if allowed:
        staging.let_in(PRODUCTION)
    told, untold = (received(account, name) for account in (production, staging))
    job = production.back_up()
    copied = production.copy(job, staging.vault_arn(staging.vault))
    event = told()
    assert (event["account"], event["resources"]) == (PRODUCTION, [job["RecoveryPointArn"]])
    detail = event["detail"]
    for moment in ("creationDate", "completionDate"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", detail.pop(moment))
    assert detail == {
        "copyJobId": copied["CopyJobId"],
        "backupSizeInBytes": job["BackupSizeInBytes"],
        "iamRoleArn": copied["IamRoleArn"],
        "resourceArn": job["ResourceArn"],
        "resourceType": "DynamoDB",
        "sourceBackupVaultArn": production.vault_arn(production.vault),
        "destinationBackupVaultArn": staging.vault_arn(staging.vault),
        "state": copied["State"],
        "destinationRecoveryPointArn": copied["DestinationRecoveryPointArn"] if allowed else {},
        **({} if allowed else {"statusMessage": copied["StatusMessage"]}),
    }
    with pytest.raises(AssertionError):
        untold(0.3)


def received(account: Account, name: str) -> Callable[..., dict[str, Any]]:
    """Receives an event about a copy job from the account's default bus."""
    events = account.client("events")
    pattern = {"source": ["aws.backup"], "detail-type": ["Copy Job State Change"]}
    rule = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    queue = Queue(account.client, name, "events", account.number)
    queue.let_in(rule)
    events.put_targets(Rule=name, Targets=[{"Id": "only", "Arn": queue.arn}])
    return lambda *wait: dict(json.loads(queue.received(*wait)["Body"]))


def test_recovery_points_of_a_vault_are_listed_by_pages_type_and_date(production: Account) -> None:
    jobs = sorted((production.back_up() for _ in range(3)), key=lambda job: job["CreationDate"])
    pages = production.backup.get_paginator("list_recovery_points_by_backup_vault").paginate(
        BackupVaultName=production.vault, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["RecoveryPoints"]) for page in pages] == [2, 1]

    def listed(**filters: object) -> list[str]:
        found = sorted(production.points(**filters), key=lambda point: point["CreationDate"])
        return [point["RecoveryPointArn"] for point in found]

    millisecond = timedelta(milliseconds=1)
    first, second, third = (job["RecoveryPointArn"] for job in jobs)
    assert listed(ByResourceType="DynamoDB", MaxResults=1000) == [first, second, third]
    assert listed(ByResourceType="EBS") == []
    assert listed(ByResourceArn=jobs[1]["ResourceArn"]) == [second]
    assert listed(ByCreatedAfter=jobs[0]["CreationDate"] + millisecond) == [second, third]
    assert listed(ByCreatedBefore=jobs[2]["CreationDate"]) == [first, second]
    assert code(production.points, MaxResults=1001) == "InvalidParameterValueException"


def test_a_recovery_point_has_the_tags_of_its_table_unless_the_job_says_otherwise(production: Account) -> None:
    arn = production.back_up(RecoveryPointTags={"stage": "b"})["RecoveryPointArn"]
    assert production.backup.list_tags(ResourceArn=arn)["Tags"] == {"team": "a", "stage": "b"}
    arn = production.back_up(RecoveryPointTags={"team": "b"})["RecoveryPointArn"]
    assert production.backup.list_tags(ResourceArn=arn)["Tags"] == {"team": "b"}


@pytest.fixture
def air_gapped(production: Account) -> Account:
    """Production with a logically air-gapped vault."""
    production.vault = new_air_gapped_vault(production)
    return production


def new_air_gapped_vault(account: Account, **options: str) -> str:
    name = f"gapped-{uuid.uuid4()}"
    account.backup.create_logically_air_gapped_backup_vault(
        BackupVaultName=name, MinRetentionDays=7, MaxRetentionDays=35, **options
    )
    return name


def share(account: Account, vault: str, with_account: str) -> str:
    arn: str = account.client("ram").create_resource_share(
        name="vault", resourceArns=[account.vault_arn(vault)], principals=[with_account]
    )["resourceShare"]["resourceShareArn"]
    return arn


def test_an_account_lists_describes_and_restores_what_is_in_a_vault_that_is_shared_with_it(
    air_gapped: Account, staging: Account
) -> None:
    arn = air_gapped.back_up()["RecoveryPointArn"]
    share(air_gapped, air_gapped.vault, STAGING)
    vault = {"BackupVaultName": air_gapped.vault, "BackupVaultAccountId": PRODUCTION}
    described = staging.backup.describe_backup_vault(**vault)
    assert described["BackupVaultArn"] == air_gapped.vault_arn(air_gapped.vault)
    assert described["VaultType"] == "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"
    assert (described["Locked"], described["MinRetentionDays"], described["MaxRetentionDays"]) == (True, 7, 35)
    assert [point["RecoveryPointArn"] for point in staging.points(**vault)] == [arn]
    point = staging.backup.describe_recovery_point(**vault, RecoveryPointArn=arn)
    assert (point["BackupVaultName"], point["VaultType"]) == (air_gapped.vault, described["VaultType"])
    assert staging.backup.list_tags(ResourceArn=arn)["Tags"] == {"team": "a"}
    restored = staging.restore(arn)
    assert restored["Status"] == "COMPLETED"
    assert restored["CreatedResourceArn"].startswith(f"arn:aws:dynamodb:{REGION}:{STAGING}:table/copy-")

    unnamed = {"BackupVaultName": air_gapped.vault, "RecoveryPointArn": arn}
    with pytest.raises(ClientError, match="Insufficient privileges to perform this action"):
        staging.backup.describe_recovery_point(**unnamed)
    for change in (staging.backup.delete_recovery_point, staging.start_copy):
        request = unnamed if change == staging.backup.delete_recovery_point else {"job": unnamed, "to": "any"}
        assert code(change, **request) == "AccessDeniedException"


@pytest.mark.parametrize("open_to", [STAGING, None])
def test_a_restore_from_a_shared_vault_needs_its_key_to_let_the_account_in(
    production: Account, staging: Account, open_to: str | None
) -> None:
    principal = {"AWS": f"arn:aws:iam::{open_to}:root"}
    key = production.new_key(*([allow(*DECRYPTING_BACKUPS, Principal=principal)] if open_to else []))
    production.vault = new_air_gapped_vault(production, EncryptionKeyArn=key)
    arn = production.back_up()["RecoveryPointArn"]
    share(production, production.vault, STAGING)
    restored = staging.restore(arn)
    if open_to:
        assert restored["Status"] == "COMPLETED"
    else:
        assert (restored["Status"], "kms:Decrypt" in restored["StatusMessage"]) == ("FAILED", True)


@pytest.mark.parametrize("unshared", ["never", "with another account", "no longer", "not air-gapped"])
def test_a_vault_that_is_not_shared_is_closed_to_other_accounts(
    air_gapped: Account, staging: Account, unshared: str
) -> None:
    if unshared == "not air-gapped":
        air_gapped.vault = air_gapped.new_vault()
    arn = air_gapped.back_up()["RecoveryPointArn"]
    if unshared != "never":
        shared = share(air_gapped, air_gapped.vault, "333333333333" if unshared == "with another account" else STAGING)
        if unshared == "no longer":
            air_gapped.client("ram").delete_resource_share(resourceShareArn=shared)
    vault = {"BackupVaultName": air_gapped.vault, "BackupVaultAccountId": PRODUCTION}
    for call, request in (
        (staging.backup.describe_backup_vault, vault),
        (staging.backup.list_recovery_points_by_backup_vault, vault),
        (staging.backup.describe_recovery_point, {**vault, "RecoveryPointArn": arn}),
        (staging.restore, {"arn": arn}),
    ):
        assert code(call, **request) == "AccessDeniedException"


def test_a_role_needs_permission_on_the_shared_vault_in_the_other_account(
    aws: Aws, air_gapped: Account, staging: Account
) -> None:
    share(air_gapped, air_gapped.vault, STAGING)
    vault = {"BackupVaultName": air_gapped.vault, "BackupVaultAccountId": PRODUCTION}
    trusted = {"AWS": f"arn:aws:iam::{STAGING}:root"}
    listing = "backup:ListRecoveryPointsByBackupVault"
    allowed, another = (
        staging.role(allow(listing, on=account.vault_arn(air_gapped.vault)), trusted=trusted)
        for account in (air_gapped, staging)
    )
    assert acting(aws, staging, allowed).list_recovery_points_by_backup_vault(**vault)["RecoveryPoints"] == []
    assert code(acting(aws, staging, another).list_recovery_points_by_backup_vault, **vault) == "AccessDeniedException"


def acting(aws: Aws, account: Account, role: str) -> Any:  # noqa: ANN401
    keys = account.client("sts").assume_role(RoleArn=role, RoleSessionName="canary")["Credentials"]
    return aws(
        "backup",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
