"""What AWS does where its documentation says nothing. docs/real-account.md says what the code does either way.

A test fails only where AWS does something that the code does not expect.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.aws import client
from tests.support.deployment import BackupJob, Deployment
from tests.support.observations import Observe, headings
from tests.support.polling import wait_until

NOT_YET = {"ResourceNotFoundException", "TableNotFoundException", "ContinuousBackupsUnavailableException"}
ACCEPTED = "accepted"


@dataclass
class Restore:
    """A table that is being restored from a backup, and what was seen of it meanwhile."""

    name: str
    arn: str
    backup_arn: str
    started: float
    while_creating: dict[str, str]
    second_restore: str
    descriptions: list[dict[str, Any]]

    @property
    def seconds(self) -> int:
        return int(time.monotonic() - self.started)


def outcome(call: Callable[[], object]) -> str:
    """The code of the error, if there is one."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ACCEPTED


def make_source(name: str) -> str:
    """A table of another class and with a resource policy; gives its ARN."""
    dynamodb = client("dynamodb")
    arn: str = dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        TableClass="STANDARD_INFREQUENT_ACCESS",
    )["TableDescription"]["TableArn"]
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    _, partition, _, _, account, _ = arn.split(":", 5)
    reader = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": "dynamodb:GetItem",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [reader]})
    dynamodb.put_resource_policy(ResourceArn=arn, Policy=policy)
    dynamodb.put_item(TableName=name, Item={"id": {"S": name}})
    return arn


@pytest.fixture(scope="module")
def restore(deployment: Deployment) -> Iterator[Restore]:
    """A native backup that is restored without the rotator, to a table that has just become `ACTIVE`."""
    dynamodb, source = client("dynamodb"), "rotator-test-observed"
    source_arn = make_source(source)
    backup_arn = dynamodb.create_backup(TableName=source, BackupName=source)["BackupDetails"]["BackupArn"]

    def available() -> bool:
        details = dynamodb.describe_backup(BackupArn=backup_arn)["BackupDescription"]["BackupDetails"]
        return bool(details["BackupStatus"] == "AVAILABLE")

    wait_until("backup", available, deployment.patience_seconds)
    name, second = f"{source}-copy", f"{source}-copy-2"
    deployment.tables_made.update({source, name, second})
    arn = source_arn.replace(source, name)
    dynamodb.restore_table_from_backup(TargetTableName=name, BackupArn=backup_arn)
    found = Restore(
        name=name,
        arn=arn,
        backup_arn=backup_arn,
        started=time.monotonic(),
        while_creating={
            "ListTagsOfResource": outcome(lambda: dynamodb.list_tags_of_resource(ResourceArn=arn)),
            "DescribeTimeToLive": outcome(lambda: dynamodb.describe_time_to_live(TableName=name)),
            "DescribeContinuousBackups": outcome(lambda: dynamodb.describe_continuous_backups(TableName=name)),
            "GetResourcePolicy": outcome(lambda: dynamodb.get_resource_policy(ResourceArn=arn)),
        },
        second_restore=outcome(
            lambda: dynamodb.restore_table_from_backup(TargetTableName=second, BackupArn=backup_arn)
        ),
        descriptions=[],
    )

    def active() -> bool:
        found.descriptions.append(dynamodb.describe_table(TableName=name)["Table"])
        return bool(found.descriptions[-1]["TableStatus"] == "ACTIVE")

    wait_until("restored table", active, deployment.patience_seconds)
    yield found
    dynamodb.delete_backup(BackupArn=backup_arn)


# These come first, as long as the table is new.


def test_what_a_table_answers_during_a_restore(restore: Restore, observe: Observe) -> None:
    for operation, answer in restore.while_creating.items():
        observe(2, f"{operation}, during the restore: {answer}")

    assert {*restore.while_creating.values()} <= NOT_YET | {ACCEPTED, "PolicyNotFoundException"}


def test_how_soon_a_new_copy_can_be_changed(restore: Restore, deployment: Deployment, observe: Observe) -> None:
    dynamodb = client("dynamodb")
    observe(1, f"a table with one item took {restore.seconds} s")

    def seconds_until_accepted(call: Callable[[], object]) -> str:
        begin, refusals = time.monotonic(), set[str]()

        def accepted() -> bool:
            refusals.add(outcome(call))
            assert refusals <= NOT_YET | {ACCEPTED, "PolicyNotFoundException"}
            return not refusals <= NOT_YET

        wait_until("answer", accepted, deployment.patience_seconds)
        return f"{time.monotonic() - begin:.0f} s after ACTIVE: {', '.join(sorted(refusals))}"

    def enable_recovery() -> None:
        specification = {"PointInTimeRecoveryEnabled": True}
        dynamodb.update_continuous_backups(TableName=restore.name, PointInTimeRecoverySpecification=specification)

    tag = {"Key": "observed", "Value": "yes"}
    calls: dict[str, Callable[[], object]] = {
        "TagResource": lambda: dynamodb.tag_resource(ResourceArn=restore.arn, Tags=[tag]),
        "GetResourcePolicy": lambda: dynamodb.get_resource_policy(ResourceArn=restore.arn),
        "UpdateContinuousBackups": enable_recovery,
    }
    for operation, call in calls.items():
        observe(2, f"{operation}, {seconds_until_accepted(call)}")

    def is_tagged() -> bool:
        return tag in dynamodb.list_tags_of_resource(ResourceArn=restore.arn)["Tags"]

    begin = time.monotonic()
    wait_until("tag", is_tagged, deployment.patience_seconds)
    observe(2, f"a new tag was visible after {time.monotonic() - begin:.1f} s")


def test_when_a_table_stops_saying_what_it_was_restored_from(restore: Restore, observe: Observe) -> None:
    *during, after = ["RestoreSummary" in description for description in restore.descriptions]
    observe(3, f"RestoreSummary was there in {sum(during)} of {len(during)} answers during the restore")
    observe(3, f"RestoreSummary was {'still there' if after else 'gone'} in the first answer with ACTIVE")

    assert all(during)


def test_whether_a_backup_feeds_two_restores(restore: Restore, observe: Observe) -> None:
    observe(4, f"the second restore of a backup was answered by: {restore.second_restore}")

    assert restore.second_restore in (ACCEPTED, "BackupInUseException")


def test_whether_a_restore_brings_back_table_class_and_resource_policy(restore: Restore, observe: Observe) -> None:
    dynamodb = client("dynamodb")
    table = dynamodb.describe_table(TableName=restore.name)["Table"]
    table_class = table.get("TableClassSummary", {}).get("TableClass", "STANDARD")
    observe(7, f"table class: STANDARD_INFREQUENT_ACCESS at the source, {table_class} at the copy")
    policy = outcome(lambda: dynamodb.get_resource_policy(ResourceArn=restore.arn))
    observe(7, f"resource policy: {'brought back' if policy == ACCEPTED else policy}")

    assert policy in (ACCEPTED, "PolicyNotFoundException")


def test_whether_a_restore_job_is_known_at_once_and_takes_a_verdict(
    deployment: Deployment, jobs: dict[str, BackupJob], observe: Observe
) -> None:
    target = f"rotator-test-observed-job-{datetime.now(UTC):%Y%m%d-%H-%M-%S}"
    deployment.tables_made.add(target)
    job_id = client("backup").start_restore_job(
        RecoveryPointArn=jobs["scratch"].recovery_point_arn,
        IamRoleArn=deployment.rotator["restore_role"]["arn"],
        Metadata={"targetTableName": target, "encryptionType": "Default"},
    )["RestoreJobId"]
    answer = outcome(lambda: client("backup").describe_restore_job(RestoreJobId=job_id))
    observe(5, f"DescribeRestoreJob right after the start: {answer}")

    def is_completed() -> bool:
        job = client("backup").describe_restore_job(RestoreJobId=job_id)
        assert job["Status"] in ("PENDING", "RUNNING", "COMPLETED"), job.get("StatusMessage")
        return bool(job["Status"] == "COMPLETED")

    assert answer in (ACCEPTED, "ResourceNotFoundException")
    wait_until("end of the restore job", is_completed, deployment.patience_seconds)
    verdict = {"RestoreJobId": job_id, "ValidationStatus": "SUCCESSFUL"}
    answers = [outcome(lambda: client("backup").put_restore_validation_result(**verdict)) for _ in range(2)]
    observe(8, f"PutRestoreValidationResult on a job outside a restore testing plan: {answers[0]}, again: {answers[1]}")
    recorded = client("backup").describe_restore_job(RestoreJobId=job_id).get("ValidationStatus")

    assert recorded == ("SUCCESSFUL" if answers[0] == ACCEPTED else None)


def test_whether_the_start_times_of_a_backup_are_the_same(
    deployment: Deployment, jobs: dict[str, BackupJob], observe: Observe
) -> None:
    job = jobs["orders-production"]
    point = client("backup").describe_recovery_point(
        BackupVaultName=deployment.outputs["vault_name"]["value"], RecoveryPointArn=job.recovery_point_arn
    )
    state = deployment.rotate("staging", job)
    observe(
        1, f"the rotator's restore of a table with one item took {state['DescribeTableOutput']['RestoreSeconds']} s"
    )
    observe(6, f"notification:   {state['BackupSnsMessage']['StartTime']}")
    observe(6, f"backup job:     {job.start_time.astimezone(UTC).isoformat(timespec='milliseconds')}")
    observe(6, f"recovery point: {point['CreationDate'].astimezone(UTC).isoformat(timespec='milliseconds')}")


def test_each_behaviour_has_its_number() -> None:
    assert [*headings()] == [*range(1, len(headings()) + 1)]
