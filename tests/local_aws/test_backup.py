"""Backup jobs, recovery points, restore jobs, notifications, and the resources that Terraform manages."""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_aws import changed_settings, run_restore_tests
from tests.support.canaries import OTHER_ACCOUNT, Queue, code

ACCOUNT = "123456789012"
ITEM = {"id": {"S": "1"}}
DATA_ACTIONS = [
    f"dynamodb:{action}"
    for action in ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
]
PLAN: dict[str, Any] = {
    "BackupPlanName": "canary",
    "Rules": [{"RuleName": "daily", "TargetBackupVaultName": "canary", "ScheduleExpression": "cron(0 5 * * ? *)"}],
}


def policy(*statements: dict[str, Any]) -> str:
    allowed = [{"Effect": "Allow", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": allowed})


@dataclass
class Aws:
    """The clients, a vault that reports to a topic, and a role for AWS Backup."""

    client: Callable[..., Any]
    backup: Any
    dynamodb: Any
    iam: Any
    sns: Any
    sqs: Any
    sts: Any
    vault: str
    topic: str
    queue: str
    role: str

    def table(self) -> str:
        """Creates a table with one item; returns its ARN."""
        name = f"orders.{uuid.uuid4()}"
        arn: str = self.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )["TableDescription"]["TableArn"]
        self.dynamodb.put_item(TableName=name, Item=ITEM)
        return arn

    def start(self, **request: object) -> str:
        """Starts a backup job, by default of a new table; returns its ID."""
        if "ResourceArn" not in request:
            request["ResourceArn"] = self.table()
        given = {"BackupVaultName": self.vault, "IamRoleArn": self.role, **request}
        return str(self.backup.start_backup_job(**given)["BackupJobId"])

    def ended(self, job_id: str) -> dict[str, Any]:
        """The backup job once it has ended."""
        job: dict[str, Any] = until(
            lambda: self.backup.describe_backup_job(BackupJobId=job_id),
            lambda job: job["State"] in ("COMPLETED", "FAILED", "EXPIRED", "ABORTED"),
        )
        return job

    def restored(self, **request: object) -> dict[str, Any]:
        """The restore job that the request starts, once it has ended."""
        given = {"IamRoleArn": self.role, "ResourceType": "DynamoDB", **request}
        job_id = self.backup.start_restore_job(**given)["RestoreJobId"]
        job: dict[str, Any] = until(
            lambda: self.backup.describe_restore_job(RestoreJobId=job_id),
            lambda job: job["Status"] in ("COMPLETED", "FAILED"),
        )
        return job

    def received(self) -> list[dict[str, Any]]:
        """The messages that the topic's subscriber received since the last call."""
        messages = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    def notification(self, job_id: str) -> dict[str, Any]:
        """The message that the topic's subscriber received about the job."""
        messages: list[dict[str, Any]] = until(self.received, bool)
        assert [message["MessageAttributes"]["Id"]["Value"] for message in messages] == [job_id]
        return messages[0]

    def is_silent(self) -> bool:
        time.sleep(0.1)
        return not self.received()

    def acting(self, role: str) -> Any:  # noqa: ANN401
        """AWS Backup as the role calls it, which has to trust the account."""
        keys = self.sts.assume_role(RoleArn=role, RoleSessionName="canary")["Credentials"]
        return self.client(
            "backup",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    def new_role(self, *statements: dict[str, Any], trusted: str = "backup.amazonaws.com") -> str:
        name = f"role-{uuid.uuid4()}"
        principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"} if trusted == "account" else {"Service": trusted}
        trust = policy({"Principal": principal, "Action": "sts:AssumeRole"})
        arn: str = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="canary", PolicyDocument=policy(*statements))
        return arn


def until(look: Callable[[], Any], is_right: Callable[[Any], bool]) -> Any:  # noqa: ANN401
    for _ in range(600):
        seen = look()
        if is_right(seen):
            return seen
        time.sleep(0.05)
    raise AssertionError(f"still {seen}")


@pytest.fixture(scope="module")
def setup(aws: Callable[..., Any]) -> Aws:
    vault = f"vault-{uuid.uuid4()}"
    sns, sqs = aws("sns"), aws("sqs")
    topic = sns.create_topic(Name=vault)["TopicArn"]
    publish = {"Principal": {"Service": "backup.amazonaws.com"}, "Action": "SNS:Publish", "Resource": topic}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(publish))
    send = {"Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}
    queue = sqs.create_queue(QueueName=vault, Attributes={"Policy": policy(send)})["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    clients = {name: aws(name) for name in ("backup", "dynamodb", "iam", "sts")}
    clients["backup"].create_backup_vault(BackupVaultName=vault)
    made = Aws(aws, **clients, sns=sns, sqs=sqs, vault=vault, topic=topic, queue=queue, role="")
    made.role = made.new_role({"Action": ["dynamodb:*", "kms:*"], "Resource": "*"})
    return made


@pytest.fixture(autouse=True)
def _notifications(setup: Aws) -> None:
    """Every test starts with a vault that reports every end of a job, and with native recovery points."""
    while setup.received():
        pass
    setup.backup.put_backup_vault_notifications(
        BackupVaultName=setup.vault, SNSTopicArn=setup.topic, BackupVaultEvents=["BACKUP_JOB_COMPLETED"]
    )
    setup.backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": False})


@pytest.fixture
def _advanced(setup: Aws) -> Iterator[None]:
    setup.backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": True})
    yield
    setup.backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": False})


@pytest.fixture
def _slow(local_aws: str) -> Iterator[None]:
    """Backup jobs take long enough for something to happen meanwhile."""
    with changed_settings(local_aws, backup_seconds=4):
        yield


@pytest.mark.usefixtures("_slow")
def test_a_backup_job_leaves_a_recovery_point_that_dynamodb_can_restore(setup: Aws) -> None:
    table = setup.table()
    job_id = setup.start(ResourceArn=table, Lifecycle={"DeleteAfterDays": 35}, RecoveryPointTags={"team": "a"})
    assert setup.backup.describe_backup_job(BackupJobId=job_id)["State"] == "CREATED"
    until(lambda: setup.backup.describe_backup_job(BackupJobId=job_id), lambda job: job["State"] == "RUNNING")
    job = setup.ended(job_id)
    assert job["State"] == "COMPLETED"
    assert job["CompletionDate"] > job["CreationDate"]
    arn = job["RecoveryPointArn"]
    assert re.fullmatch(re.escape(table) + r"/backup/0\d{13}-[0-9a-f]{8}", arn)

    point = setup.backup.describe_recovery_point(BackupVaultName=setup.vault, RecoveryPointArn=arn)
    assert (point["Status"], point["ResourceArn"], point["ResourceType"]) == ("COMPLETED", table, "DynamoDB")
    assert point["Lifecycle"] == {"DeleteAfterDays": 35}
    assert setup.backup.list_tags(ResourceArn=arn)["Tags"] == {}
    backup = setup.dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]
    assert backup["BackupType"] == "AWS_BACKUP"
    target = f"copy-{uuid.uuid4()}"
    setup.dynamodb.restore_table_from_backup(BackupArn=arn, TargetTableName=target)
    until(
        lambda: setup.dynamodb.describe_table(TableName=target)["Table"]["TableStatus"],
        lambda status: status == "ACTIVE",
    )
    assert setup.dynamodb.scan(TableName=target)["Items"] == [ITEM]


def test_a_completed_job_is_reported_in_the_wording_of_aws(setup: Aws) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    table = setup.table()
    job = setup.ended(setup.start(ResourceArn=table))
    got = setup.notification(job["BackupJobId"])
    assert got["Subject"] == "Notification from AWS Backup"
    assert got["Message"] == (
        f"An AWS Backup job was completed successfully. Recovery point ARN: {job['RecoveryPointArn']}. "
        f"Backed up Resource ARN : {table}. Backup Job Id : {job['BackupJobId']}"
    )
    attributes = got["MessageAttributes"]
    assert {attribute["Type"] for attribute in attributes.values()} == {"String"}
    start = attributes.pop("StartTime")["Value"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", start)
    assert before < datetime.fromisoformat(start) < datetime.now(UTC)
    assert {name: attribute["Value"] for name, attribute in attributes.items()} == {
        "EventType": "BACKUP_JOB",
        "State": "COMPLETED",
        "AccountId": ACCOUNT,
        "Id": job["BackupJobId"],
    }


@pytest.mark.usefixtures("_slow")
def test_a_job_fails_if_its_table_disappears(setup: Aws) -> None:
    table = setup.table()
    job_id = setup.start(ResourceArn=table)
    setup.dynamodb.delete_table(TableName=table.split("/")[1])
    job = setup.ended(job_id)
    assert job["State"] == "FAILED"
    assert table.split("/")[1] in job["StatusMessage"]
    assert "RecoveryPointArn" not in job
    got = setup.notification(job_id)
    assert got["Message"] == f"An AWS Backup job failed. Resource ARN : {table}. BackupJob ID : {job_id}"
    assert got["MessageAttributes"]["State"]["Value"] == "FAILED"


@pytest.fixture
def events(aws: Callable[..., Any], name: str) -> Callable[..., dict[str, Any]]:
    """Receives the event about a job from the default bus."""
    pattern = {"source": ["aws.backup"], "detail-type": ["Backup Job State Change", "Restore Job State Change"]}
    rule = aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    queue = Queue(aws, name, "events")
    queue.let_in(rule)
    aws("events").put_targets(Rule=name, Targets=[{"Id": "only", "Arn": queue.arn}])
    return lambda **options: dict(json.loads(queue.received(**options)["Body"]))


@pytest.mark.usefixtures("_advanced")
def test_a_completed_job_is_an_event(setup: Aws, events: Callable[[], dict[str, Any]]) -> None:
    table = setup.table()
    job = setup.ended(setup.start(ResourceArn=table))
    event = events()
    assert event["resources"] == [job["RecoveryPointArn"]]
    detail = event["detail"]
    created, completed, _ = (detail.pop(name) for name in ("creationDate", "completionDate", "startBy"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", created)
    assert created < completed
    assert detail == {
        "backupJobId": job["BackupJobId"],
        "backupSizeInBytes": str(job["BackupSizeInBytes"]),
        "backupVaultArn": f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:{setup.vault}",
        "backupVaultName": setup.vault,
        "bytesTransferred": str(job["BackupSizeInBytes"]),
        "iamRoleArn": setup.role,
        "resourceArn": table,
        "resourceType": "DynamoDB",
        "state": "COMPLETED",
        "percentDone": 100,
        "retryCount": 0,
    }


def test_a_failed_job_is_an_event_without_a_recovery_point(setup: Aws, events: Callable[[], dict[str, Any]]) -> None:
    job = setup.ended(setup.start(IamRoleArn=setup.new_role()))
    event = events()
    assert (event["resources"], event["detail"]["state"]) == ([], "FAILED")
    assert event["detail"]["statusMessage"] == job["StatusMessage"]
    assert not {"backupSizeInBytes", "completionDate"} & event["detail"].keys()


def test_an_event_arrives_after_the_notification(
    local_aws: str, setup: Aws, events: Callable[..., dict[str, Any]]
) -> None:
    with changed_settings(local_aws, backup_event_seconds=5):
        job_id = setup.start(ResourceArn=setup.table())
        setup.notification(job_id)
        with pytest.raises(AssertionError):
            events(wait=0.3)
        assert events()["detail"]["backupJobId"] == job_id


@pytest.mark.usefixtures("_slow")
def test_a_stopped_job_is_aborted(setup: Aws) -> None:
    table = setup.table()
    job_id = setup.start(ResourceArn=table)
    setup.backup.stop_backup_job(BackupJobId=job_id)
    assert setup.ended(job_id)["State"] == "ABORTED"
    got = setup.notification(job_id)
    assert got["Message"] == f"An AWS Backup job was stopped. Resource ARN : {table}. BackupJob ID : {job_id}"
    assert got["MessageAttributes"]["State"]["Value"] == "ABORTED"
    assert code(setup.backup.stop_backup_job, BackupJobId=job_id) == "InvalidRequestException"


def test_a_job_expires_with_its_completion_window(setup: Aws) -> None:
    table = setup.table()
    # AWS requires at least an hour; without a window the job expires at once.
    job_id = setup.start(ResourceArn=table, CompleteWindowMinutes=0)
    assert setup.ended(job_id)["State"] == "EXPIRED"
    got = setup.notification(job_id)
    assert got["Message"] == (
        f"An AWS Backup job failed to complete in time. Resource ARN : {table}. BackupJob ID : {job_id}"
    )


def test_a_vault_reports_only_the_configured_events(setup: Aws) -> None:
    vault = {"BackupVaultName": setup.vault}
    setup.backup.put_backup_vault_notifications(
        **vault, SNSTopicArn=setup.topic, BackupVaultEvents=["BACKUP_JOB_FAILED"]
    )
    setup.ended(setup.start())
    assert setup.is_silent()
    setup.backup.delete_backup_vault_notifications(**vault)
    assert code(setup.backup.get_backup_vault_notifications, **vault) == "ResourceNotFoundException"


def test_nothing_is_published_to_a_topic_that_does_not_allow_aws_backup(setup: Aws) -> None:
    topic = setup.sns.create_topic(Name=f"closed-{uuid.uuid4()}")["TopicArn"]
    queue = setup.sqs.get_queue_attributes(QueueUrl=setup.queue, AttributeNames=["QueueArn"])
    setup.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue["Attributes"]["QueueArn"])
    setup.backup.put_backup_vault_notifications(
        BackupVaultName=setup.vault, SNSTopicArn=topic, BackupVaultEvents=["BACKUP_JOB_COMPLETED"]
    )
    assert setup.ended(setup.start())["State"] == "COMPLETED"
    assert setup.is_silent()


def test_a_job_that_cannot_start_says_why(setup: Aws) -> None:
    table = setup.table()
    assert code(setup.start, BackupVaultName="missing") == "ResourceNotFoundException"
    elsewhere = (table.replace(ACCOUNT, OTHER_ACCOUNT), table.replace("us-east-1", "eu-west-1"))
    for unknown in (f"{table}-missing", *elsewhere):
        assert code(setup.start, ResourceArn=unknown) == "ResourceNotFoundException"
    assert code(setup.start, ResourceArn="arn:aws:s3:::bucket") == "InvalidParameterValueException"
    stranger = setup.new_role(trusted="lambda.amazonaws.com")
    assert code(setup.start, IamRoleArn=stranger) == "InvalidParameterValueException"
    assert code(setup.start, IamRoleArn=f"{stranger}-missing") == "InvalidParameterValueException"
    assert code(setup.backup.describe_backup_job, BackupJobId="missing") == "ResourceNotFoundException"


def test_a_job_fails_if_its_role_may_not_back_up(setup: Aws) -> None:
    table = setup.table()
    job = setup.ended(setup.start(ResourceArn=table, IamRoleArn=setup.new_role()))
    assert job["State"] == "FAILED"
    assert "does not have sufficient permissions" in job["StatusMessage"]
    role = setup.new_role({"Action": "dynamodb:CreateBackup", "Resource": table})
    assert setup.ended(setup.start(ResourceArn=table, IamRoleArn=role))["State"] == "COMPLETED"


@pytest.mark.usefixtures("_advanced")
def test_with_advanced_features_only_aws_backup_restores_a_recovery_point(setup: Aws, local_aws: str) -> None:
    table = setup.table()
    role = setup.new_role(
        {"Action": "dynamodb:StartAwsBackupJob", "Resource": table},
        {"Action": [*DATA_ACTIONS, "dynamodb:DescribeTable", "dynamodb:RestoreTableFromAwsBackup"], "Resource": "*"},
    )
    arn = setup.ended(setup.start(ResourceArn=table, IamRoleArn=role))["RecoveryPointArn"]
    assert re.fullmatch(rf"arn:aws:backup:us-east-1:{ACCOUNT}:recovery-point:[0-9a-f-]{{36}}", arn)
    assert setup.dynamodb.list_backups(TableName=table)["BackupSummaries"] == []
    refused = code(setup.dynamodb.restore_table_from_backup, BackupArn=arn, TargetTableName="copy")
    assert refused == "ValidationException"

    setup.dynamodb.put_item(TableName=table, Item={"id": {"S": "new since"}})
    target = f"copy-{uuid.uuid4()}"
    request = {
        "RecoveryPointArn": arn,
        "Metadata": {"targetTableName": target, "encryptionType": "Default"},
        "IamRoleArn": role,
        "IdempotencyToken": target,
    }
    # It is PENDING for long enough to be seen.
    with changed_settings(local_aws, restore_seconds=5):
        job_id = setup.backup.start_restore_job(**request)["RestoreJobId"]
    assert setup.backup.start_restore_job(**request)["RestoreJobId"] == job_id
    seen = set()

    def restored() -> str:
        job = setup.backup.describe_restore_job(RestoreJobId=job_id)
        seen.add(job["Status"])
        if job["Status"] == "RUNNING":
            assert "CreatedResourceArn" not in job
        return str(job["Status"])

    until(restored, lambda status: status == "COMPLETED")
    assert seen == {"PENDING", "RUNNING", "COMPLETED"}
    job = setup.backup.describe_restore_job(RestoreJobId=job_id)
    assert job["CreatedResourceArn"].endswith(f":table/{target}")
    assert (job["RecoveryPointArn"], job["SourceResourceArn"]) == (arn, table)
    assert setup.dynamodb.describe_table(TableName=target)["Table"]["TableStatus"] == "ACTIVE"
    assert setup.dynamodb.scan(TableName=target)["Items"] == [ITEM]


def test_aws_backup_restores_a_native_recovery_point_too(setup: Aws) -> None:
    table = setup.table()
    arn = setup.ended(setup.start(ResourceArn=table))["RecoveryPointArn"]
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{uuid.uuid4()}"
    target = f"copy-{uuid.uuid4()}"
    metadata = {"targetTableName": target, "encryptionType": "KMS", "kmsMasterKeyArn": key}
    request = {"RecoveryPointArn": arn, "Metadata": metadata}
    without_key = setup.restored(**request, IamRoleArn=setup.new_role({"Action": "dynamodb:*", "Resource": "*"}))
    assert without_key["Status"] == "FAILED"
    assert "kms:CreateGrant" in without_key["StatusMessage"]
    job = setup.restored(**request)
    assert job["Status"] == "COMPLETED"
    assert (job["RecoveryPointArn"], job["SourceResourceArn"]) == (arn, table)
    copy = setup.dynamodb.describe_table(TableName=target)["Table"]
    assert copy["SSEDescription"]["KMSMasterKeyArn"] == key

    again = setup.restored(RecoveryPointArn=arn, Metadata={"targetTableName": target})
    assert again["Status"] == "FAILED"
    assert target in again["StatusMessage"]
    jobs = setup.backup.list_restore_jobs(ByStatus="FAILED")["RestoreJobs"]
    assert again["RestoreJobId"] in [job["RestoreJobId"] for job in jobs]
    assert job["RestoreJobId"] not in [job["RestoreJobId"] for job in jobs]


VIA_DYNAMODB = {"StringEquals": {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}}
CONDITIONS_OF_RESTORE_JOBS: dict[str, dict[str, Any]] = {
    "kms:CreateGrant": {"Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}},
    "kms:Decrypt": {"Condition": VIA_DYNAMODB},
    "kms:DescribeKey": {},
}


@pytest.mark.parametrize("advanced", [False, True], ids=["native", "advanced"])
@pytest.mark.parametrize("lacking", [*CONDITIONS_OF_RESTORE_JOBS, None])
def test_a_restore_job_needs_the_key_of_the_backup(
    setup: Aws, key: Callable[..., str], lacking: str | None, advanced: bool
) -> None:
    """A native recovery point is encrypted with the key of its table, an advanced one with that of its vault."""
    setup.backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": advanced})
    key_arn, vault = key(), f"vault-{uuid.uuid4()}"
    setup.backup.create_backup_vault(BackupVaultName=vault, **({"EncryptionKeyArn": key_arn} if advanced else {}))
    table = setup.table()
    if not advanced:
        encryption = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key_arn}
        setup.dynamodb.update_table(TableName=table, SSESpecification=encryption)
    arn = setup.ended(setup.start(ResourceArn=table, BackupVaultName=vault))["RecoveryPointArn"]
    conditions = CONDITIONS_OF_RESTORE_JOBS.items()
    use = [{"Action": [action], "Resource": key_arn, **rest} for action, rest in conditions if action != lacking]
    role = setup.new_role({"Action": "dynamodb:*", "Resource": "*"}, *use)
    metadata = {"targetTableName": f"copy-{uuid.uuid4()}", "encryptionType": "Default"}
    job = setup.restored(RecoveryPointArn=arn, Metadata=metadata, IamRoleArn=role)
    if lacking:
        assert (job["Status"], lacking in job["StatusMessage"]) == ("FAILED", True)
    else:
        assert job["Status"] == "COMPLETED"


@pytest.mark.parametrize("action", ["kms:CreateGrant", "kms:DescribeKey"])
@pytest.mark.parametrize("use", ["backup", "target"])
def test_aws_backup_may_use_a_key_itself(setup: Aws, key: Callable[..., str], use: str, action: str) -> None:
    """A role that may only use it through DynamoDB is refused."""
    key_arn, vault = key(), f"vault-{uuid.uuid4()}"
    encryption = {"EncryptionKeyArn": key_arn} if use == "backup" else {}
    setup.backup.create_backup_vault(BackupVaultName=vault, **encryption)
    setup.backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": True})
    arn = setup.ended(setup.start(BackupVaultName=vault))["RecoveryPointArn"]
    directly = {"Null": {"kms:ViaService": "true"}}
    role = setup.new_role(
        {"Action": ["dynamodb:*", "kms:*"], "Resource": "*"},
        {"Effect": "Deny", "Action": action, "Resource": key_arn, "Condition": directly},
    )
    metadata = {"targetTableName": f"copy-{uuid.uuid4()}", "encryptionType": "Default"}
    if use == "target":
        metadata |= {"encryptionType": "KMS", "kmsMasterKeyArn": key_arn}
    job = setup.restored(RecoveryPointArn=arn, Metadata=metadata, IamRoleArn=role)
    assert job["Status"] == "FAILED"
    assert job["StatusMessage"].endswith(f"lacks {action}")


def test_a_restore_job_may_ask_for_the_key_that_aws_manages(setup: Aws) -> None:
    arn = setup.ended(setup.start())["RecoveryPointArn"]
    target = f"copy-{uuid.uuid4()}"
    job = setup.restored(RecoveryPointArn=arn, Metadata={"targetTableName": target, "encryptionType": "KMS"})
    assert job["Status"] == "COMPLETED"
    sse = setup.dynamodb.describe_table(TableName=target)["Table"]["SSEDescription"]
    assert (sse["Status"], sse["SSEType"]) == ("ENABLED", "KMS")


@pytest.mark.parametrize("advanced", [False, True], ids=["native", "advanced"])
def test_a_restore_job_beyond_the_quota_of_tables_fails(setup: Aws, local_aws: str, advanced: bool) -> None:
    setup.backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": advanced})
    arn = setup.ended(setup.start())["RecoveryPointArn"]
    with changed_settings(local_aws, table_quota=1):
        job = setup.restored(RecoveryPointArn=arn, Metadata={"targetTableName": f"copy-{uuid.uuid4()}"})
    assert job["Status"] == "FAILED"
    assert job["StatusMessage"] == "Subscriber limit exceeded: There is a limit of 1 tables per subscriber"


def test_a_restore_job_may_be_found_late(setup: Aws, local_aws: str) -> None:
    arn = setup.ended(setup.start())["RecoveryPointArn"]
    metadata = {"targetTableName": f"copy-{uuid.uuid4()}"}
    with changed_settings(local_aws, restore_jobs_visible_after_seconds=60):
        job = {
            "RestoreJobId": setup.backup.start_restore_job(
                RecoveryPointArn=arn, Metadata=metadata, IamRoleArn=setup.role
            )["RestoreJobId"]
        }
        assert code(setup.backup.describe_restore_job, **job) == "ResourceNotFoundException"
    assert setup.backup.describe_restore_job(**job)["RecoveryPointArn"] == arn


def test_a_restore_job_that_cannot_start_says_why(setup: Aws) -> None:
    arn = setup.ended(setup.start())["RecoveryPointArn"]
    target = {"targetTableName": f"copy-{uuid.uuid4()}"}
    request = {"RecoveryPointArn": arn, "Metadata": target, "IamRoleArn": setup.role}

    def answer(**change: object) -> str:
        return code(setup.backup.start_restore_job, **{**request, **change})

    assert answer(RecoveryPointArn=f"{arn}0") == "ResourceNotFoundException"
    assert answer(Metadata={}) == "InvalidParameterValueException"
    assert answer(Metadata={**target, "encryptionType": "AES"}) == "InvalidParameterValueException"
    assert answer(ResourceType="EFS") == "InvalidParameterValueException"
    assert answer(IamRoleArn=setup.new_role(trusted="lambda.amazonaws.com")) == "InvalidParameterValueException"
    restore = {"Action": "dynamodb:RestoreTableFromBackup", "Resource": "*"}
    poor = setup.restored(**{**request, "IamRoleArn": setup.new_role(restore)})
    assert poor["Status"] == "FAILED"
    assert "dynamodb:BatchWriteItem" in poor["StatusMessage"]


def test_passing_a_role_needs_the_permission(setup: Aws) -> None:
    caller = setup.new_role({"Action": "backup:*", "Resource": "*"}, trusted="account")
    request = {"BackupVaultName": setup.vault, "ResourceArn": setup.table(), "IamRoleArn": setup.role}
    assert code(setup.acting(caller).start_backup_job, **request) == "AccessDeniedException"
    setup.iam.put_role_policy(
        RoleName=caller.split("/")[1],
        PolicyName="pass",
        PolicyDocument=policy(
            {
                "Action": "iam:PassRole",
                "Resource": setup.role,
                "Condition": {"StringEquals": {"iam:PassedToService": "backup.amazonaws.com"}},
            }
        ),
    )
    assert setup.ended(setup.acting(caller).start_backup_job(**request)["BackupJobId"])["State"] == "COMPLETED"


def test_recovery_points_and_jobs_are_listed_by_vault_and_resource(setup: Aws) -> None:
    table = setup.table()
    jobs = [setup.ended(job_id) for job_id in [setup.start(ResourceArn=table), setup.start(ResourceArn=table)]]
    points = {job["RecoveryPointArn"] for job in jobs}

    def listed(**filters: object) -> list[str]:
        pages = setup.backup.get_paginator("list_backup_jobs").paginate(
            ByResourceArn=table, PaginationConfig={"PageSize": 1}, **filters
        )
        return [job["BackupJobId"] for page in pages for job in page["BackupJobs"]]

    assert set(listed()) == {job["BackupJobId"] for job in jobs}
    assert set(listed(ByState="COMPLETED", ByBackupVaultName=setup.vault)) == set(listed())
    assert listed(ByState="FAILED") == []
    assert listed(ByCreatedAfter=datetime.now(UTC)) == []
    assert set(listed(ByCreatedBefore=datetime.now(UTC) + timedelta(seconds=1))) == set(listed())

    in_vault = setup.backup.list_recovery_points_by_backup_vault(BackupVaultName=setup.vault, ByResourceArn=table)
    assert {point["RecoveryPointArn"] for point in in_vault["RecoveryPoints"]} == points
    of_table = setup.backup.list_recovery_points_by_resource(ResourceArn=table)["RecoveryPoints"]
    assert {point["RecoveryPointArn"] for point in of_table} == points
    assert all(point["BackupSizeBytes"] for point in of_table)
    metadata = setup.backup.get_recovery_point_restore_metadata(
        BackupVaultName=setup.vault, RecoveryPointArn=of_table[0]["RecoveryPointArn"]
    )
    assert metadata["RestoreMetadata"]["originalTableName"] == table.split("/")[1]


@pytest.mark.parametrize("advanced", [False, True], ids=["native", "advanced"])
def test_a_recovery_point_is_described_in_its_own_vault_only(setup: Aws, advanced: bool) -> None:
    setup.backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": advanced})
    table = setup.table()
    job = setup.ended(setup.start(ResourceArn=table))
    arn = job["RecoveryPointArn"]
    point = setup.backup.describe_recovery_point(BackupVaultName=setup.vault, RecoveryPointArn=arn)
    vaults = {vault["BackupVaultName"]: vault for vault in setup.backup.list_backup_vaults()["BackupVaultList"]}
    expected = {
        "RecoveryPointArn": arn,
        "ResourceArn": table,
        "ResourceType": "DynamoDB",
        "BackupVaultName": setup.vault,
        "BackupVaultArn": vaults[setup.vault]["BackupVaultArn"],
        "Status": "COMPLETED",
        "CreationDate": job["CreationDate"],
        "BackupSizeInBytes": job["BackupSizeInBytes"],
    }
    assert {name: point[name] for name in expected} == expected
    assert point["BackupSizeInBytes"] > 0

    other = f"other-{uuid.uuid4()}"
    setup.backup.create_backup_vault(BackupVaultName=other)
    for vault in (other, "missing"):
        elsewhere = {"BackupVaultName": vault, "RecoveryPointArn": arn}
        assert code(setup.backup.describe_recovery_point, **elsewhere) == "ResourceNotFoundException"


@pytest.mark.parametrize("advanced", [False, True], ids=["native", "advanced"])
def test_a_recovery_point_is_described_to_those_who_may_see_it_and_the_vaults_to_those_who_may_see_all(
    setup: Aws, advanced: bool
) -> None:
    setup.backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": advanced})
    seen, unseen = (setup.ended(setup.start())["RecoveryPointArn"] for _ in range(2))
    vault_arn = setup.backup.describe_backup_vault(BackupVaultName=setup.vault)["BackupVaultArn"]
    describe = {"Action": "backup:DescribeRecoveryPoint", "Resource": seen}
    vaults = {"Action": "backup:ListBackupVaults", "Resource": vault_arn}
    caller = setup.acting(setup.new_role(describe, vaults, trusted="account"))
    caller.describe_recovery_point(BackupVaultName=setup.vault, RecoveryPointArn=seen)
    other = {"BackupVaultName": setup.vault, "RecoveryPointArn": unseen}
    assert code(caller.describe_recovery_point, **other) == "AccessDeniedException"
    assert code(caller.list_backup_vaults) == "AccessDeniedException"
    everything = {"Action": "backup:ListBackupVaults", "Resource": "*"}
    setup.acting(setup.new_role(everything, trusted="account")).list_backup_vaults()


def test_a_vault_with_recovery_points_cannot_be_deleted(setup: Aws) -> None:
    vault = {"BackupVaultName": f"short-lived-{uuid.uuid4()}"}
    setup.backup.create_backup_vault(**vault)
    arn = setup.ended(setup.start(**vault))["RecoveryPointArn"]
    assert setup.backup.describe_backup_vault(**vault)["NumberOfRecoveryPoints"] == 1
    assert code(setup.backup.delete_backup_vault, **vault) == "InvalidRequestException"
    elsewhere = {"BackupVaultName": setup.vault, "RecoveryPointArn": arn}
    assert code(setup.backup.delete_recovery_point, **elsewhere) == "ResourceNotFoundException"
    setup.backup.delete_recovery_point(**vault, RecoveryPointArn=arn)
    gone = code(setup.backup.describe_recovery_point, **vault, RecoveryPointArn=arn)
    assert gone == "ResourceNotFoundException"
    assert code(setup.dynamodb.describe_backup, BackupArn=arn) == "BackupNotFoundException"
    setup.backup.delete_backup_vault(**vault)
    assert code(setup.backup.describe_backup_vault, **vault) == "ResourceNotFoundException"


def test_a_vault_keeps_its_policy_tags_and_notifications(setup: Aws) -> None:
    vault = {"BackupVaultName": f"kept-{uuid.uuid4()}"}
    arn = setup.backup.create_backup_vault(**vault, BackupVaultTags={"team": "a"})["BackupVaultArn"]
    assert setup.backup.list_tags(ResourceArn=arn)["Tags"] == {"team": "a"}
    document = policy({"Principal": {"AWS": "*"}, "Action": "backup:StartRestoreJob", "Resource": "*"})
    setup.backup.put_backup_vault_access_policy(**vault, Policy=document)
    assert setup.backup.get_backup_vault_access_policy(**vault)["Policy"] == document
    setup.backup.delete_backup_vault_access_policy(**vault)
    assert code(setup.backup.get_backup_vault_access_policy, **vault) == "ResourceNotFoundException"
    events = ["BACKUP_JOB_COMPLETED", "RESTORE_JOB_COMPLETED"]
    setup.backup.put_backup_vault_notifications(**vault, SNSTopicArn=setup.topic, BackupVaultEvents=events)
    got = setup.backup.get_backup_vault_notifications(**vault)
    assert (got["SNSTopicArn"], got["BackupVaultEvents"]) == (setup.topic, events)


def test_a_plan_with_selections_cannot_be_deleted_and_a_deleted_one_frees_its_name(setup: Aws) -> None:
    plan = {"BackupPlanId": setup.backup.create_backup_plan(BackupPlan=PLAN)["BackupPlanId"]}
    selection = {"SelectionName": "tables", "IamRoleArn": setup.role, "Resources": ["arn:aws:dynamodb:*:*:table/*"]}
    stranger = {**selection, "IamRoleArn": setup.new_role(trusted="lambda.amazonaws.com")}
    refused = code(setup.backup.create_backup_selection, **plan, BackupSelection=stranger)
    assert refused == "InvalidParameterValueException"
    made = setup.backup.create_backup_selection(**plan, BackupSelection=selection)
    chosen = {**plan, "SelectionId": made["SelectionId"]}
    assert setup.backup.get_backup_selection(**chosen)["BackupSelection"] == selection
    listed = setup.backup.list_backup_selections(**plan)["BackupSelectionsList"]
    assert [(one["SelectionId"], one["SelectionName"]) for one in listed] == [(made["SelectionId"], "tables")]
    weekly = [{**PLAN["Rules"][0], "RuleName": "weekly"}]
    version = setup.backup.update_backup_plan(**plan, BackupPlan={**PLAN, "Rules": weekly})["VersionId"]
    updated = setup.backup.get_backup_plan(**plan)
    assert (updated["VersionId"], updated["BackupPlan"]["Rules"][0]["RuleName"]) == (version, "weekly")

    assert code(setup.backup.delete_backup_plan, **plan) == "InvalidRequestException"
    setup.backup.delete_backup_selection(**chosen)
    assert code(setup.backup.get_backup_selection, **chosen) == "ResourceNotFoundException"
    setup.backup.delete_backup_plan(**plan)
    assert code(setup.backup.get_backup_plan, **plan) == "ResourceNotFoundException"
    again = setup.backup.create_backup_plan(BackupPlan=PLAN)["BackupPlanId"]
    setup.backup.delete_backup_plan(BackupPlanId=again)


def restored_from_new_backup(setup: Aws, events: Callable[..., dict[str, Any]], role: str | None = None) -> str:
    """The id of a restore job that has ended. The event about the backup is taken out of the way."""
    arn = setup.ended(setup.start())["RecoveryPointArn"]
    events()
    metadata = {"targetTableName": f"copy-{uuid.uuid4()}"}
    return str(setup.restored(RecoveryPointArn=arn, Metadata=metadata, IamRoleArn=role or setup.role)["RestoreJobId"])


def test_a_completed_restore_is_an_event(setup: Aws, events: Callable[..., dict[str, Any]]) -> None:
    job = setup.backup.describe_restore_job(RestoreJobId=restored_from_new_backup(setup, events))
    event = events()
    assert (event["detail-type"], event["resources"]) == ("Restore Job State Change", [job["RecoveryPointArn"]])
    detail = event["detail"]
    assert detail.pop("creationDate") < detail.pop("completionDate")
    assert detail == {
        "restoreJobId": job["RestoreJobId"],
        "backupVaultArn": f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:{setup.vault}",
        "recoveryPointArn": job["RecoveryPointArn"],
        "sourceResourceArn": job["SourceResourceArn"],
        "backupSizeInBytes": str(job["BackupSizeInBytes"]),
        "iamRoleArn": setup.role,
        "percentDone": 0,
        "resourceType": "DynamoDB",
        "status": "COMPLETED",
        "createdResourceArn": job["CreatedResourceArn"],
    }


def test_a_failed_restore_is_an_event_without_a_table(setup: Aws, events: Callable[..., dict[str, Any]]) -> None:
    job_id = restored_from_new_backup(setup, events, setup.new_role())
    job = setup.backup.describe_restore_job(RestoreJobId=job_id)
    detail = events()["detail"]
    assert (detail["restoreJobId"], detail["status"]) == (job_id, "FAILED")
    assert detail["statusMessage"] == job["StatusMessage"]
    assert not {"createdResourceArn", "recoveryPointArn", "restoreTestingPlanArn"} & detail.keys()


def test_a_verdict_on_a_restore_job_is_final(local_aws: str, setup: Aws, events: Callable[..., dict[str, Any]]) -> None:
    job = {"RestoreJobId": restored_from_new_backup(setup, events)}
    put = setup.backup.put_restore_validation_result
    assert "ValidationStatus" not in setup.backup.describe_restore_job(**job)
    with changed_settings(local_aws, verdicts_on_restore_tests_only=True):
        assert code(put, **job, ValidationStatus="SUCCESSFUL") == "InvalidRequestException"
    put(**job, ValidationStatus="VALIDATING")
    put(**job, ValidationStatus="SUCCESSFUL", ValidationStatusMessage="All there.")
    for status in ("SUCCESSFUL", "FAILED"):
        assert code(put, **job, ValidationStatus=status) == "InvalidRequestException"
    described = setup.backup.describe_restore_job(**job)
    assert (described["ValidationStatus"], described["ValidationStatusMessage"]) == ("SUCCESSFUL", "All there.")
    assert code(put, RestoreJobId="none", ValidationStatus="FAILED") == "ResourceNotFoundException"


def test_there_is_no_verdict_on_a_restore_that_failed(setup: Aws, events: Callable[..., dict[str, Any]]) -> None:
    job_id = restored_from_new_backup(setup, events, setup.new_role())
    refused = code(setup.backup.put_restore_validation_result, RestoreJobId=job_id, ValidationStatus="SUCCESSFUL")
    assert refused == "InvalidRequestException"


def test_a_restore_testing_plan_restores_the_newest_recovery_point_until_there_is_a_verdict(
    local_aws: str, setup: Aws, events: Callable[..., dict[str, Any]]
) -> None:
    table = setup.table()
    for _ in range(2):
        newest = setup.ended(setup.start(ResourceArn=table))["RecoveryPointArn"]
        events()
    plan = f"plan_{uuid.uuid4().hex[:12]}"
    vault_arn = f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:{setup.vault}"
    points = {
        "Algorithm": "LATEST_WITHIN_WINDOW",
        "IncludeVaults": [vault_arn],
        "RecoveryPointTypes": ["SNAPSHOT"],
    }
    requested = {
        "RestoreTestingPlanName": plan,
        "ScheduleExpression": "cron(0 6 ? * MON *)",
        "RecoveryPointSelection": points,
    }
    made = setup.backup.create_restore_testing_plan(RestoreTestingPlan=requested, Tags={"team": "orders"})
    arn = made["RestoreTestingPlanArn"]
    assert setup.backup.list_tags(ResourceArn=arn)["Tags"] == {"team": "orders"}
    assert code(setup.backup.create_restore_testing_plan, RestoreTestingPlan=requested) == "AlreadyExistsException"
    changes = {"StartWindowHours": 1}
    setup.backup.update_restore_testing_plan(RestoreTestingPlanName=plan, RestoreTestingPlan=changes)
    got = setup.backup.get_restore_testing_plan(RestoreTestingPlanName=plan)["RestoreTestingPlan"]
    assert (got["RestoreTestingPlanArn"], got["StartWindowHours"]) == (arn, 1)
    selection = {
        "RestoreTestingSelectionName": "tables",
        "ProtectedResourceType": "DynamoDB",
        "ProtectedResourceArns": [table],
        "IamRoleArn": setup.role,
    }
    create = {"RestoreTestingPlanName": plan, "RestoreTestingSelection": selection}
    setup.backup.create_restore_testing_selection(**create)
    assert code(setup.backup.create_restore_testing_selection, **create) == "AlreadyExistsException"
    named = {"RestoreTestingPlanName": plan, "RestoreTestingSelectionName": "tables"}
    changes = {"ValidationWindowHours": 2}
    setup.backup.update_restore_testing_selection(**named, RestoreTestingSelection=changes)
    chosen = setup.backup.get_restore_testing_selection(**named)["RestoreTestingSelection"]
    assert (chosen["ProtectedResourceArns"], chosen["ValidationWindowHours"]) == ([table], 2)

    (job_id,) = run_restore_tests(local_aws, arn)

    detail = events()["detail"]
    assert (detail["restoreJobId"], detail["status"]) == (job_id, "COMPLETED")
    assert (detail["restoreTestingPlanArn"], detail["recoveryPointArn"]) == (arn, newest)
    job = setup.backup.describe_restore_job(RestoreJobId=job_id)
    assert job["CreatedBy"] == {"RestoreTestingPlanArn": arn}
    listed = setup.backup.list_restore_jobs(ByRestoreTestingPlanArn=arn)["RestoreJobs"]
    assert [job["RestoreJobId"] for job in listed] == [job_id]
    test_table = job["CreatedResourceArn"].rpartition("/")[2]
    assert test_table.startswith("awsbackup-restore-test-")
    assert setup.dynamodb.scan(TableName=test_table)["Items"] == [ITEM]
    with changed_settings(local_aws, verdicts_on_restore_tests_only=True):
        setup.backup.put_restore_validation_result(RestoreJobId=job_id, ValidationStatus="FAILED")
    until(lambda: test_table in setup.dynamodb.list_tables()["TableNames"], lambda there: not there)
    assert setup.backup.describe_restore_job(RestoreJobId=job_id)["DeletionStatus"] == "SUCCESSFUL"

    assert code(setup.backup.delete_restore_testing_plan, RestoreTestingPlanName=plan) == "InvalidRequestException"
    setup.backup.delete_restore_testing_selection(**named)
    assert code(setup.backup.get_restore_testing_selection, **named) == "ResourceNotFoundException"
    setup.backup.delete_restore_testing_plan(RestoreTestingPlanName=plan)
    gone = code(setup.backup.get_restore_testing_plan, RestoreTestingPlanName=plan)
    assert gone == "ResourceNotFoundException"


def test_the_region_starts_with_native_recovery_points(setup: Aws) -> None:
    settings = setup.backup.describe_region_settings()
    assert settings["ResourceTypeManagementPreference"] == {"DynamoDB": False}
    assert settings["ResourceTypeOptInPreference"]["DynamoDB"]
