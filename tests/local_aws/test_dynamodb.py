"""Restores of DynamoDB tables, and tables that Terraform manages without drift."""

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import Fault, changed_settings, injected
from tests.support.canaries import code
from tests.support.polling import wait_until

TABLE: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "day", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "day", "city", "mail")],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-city",
            "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "OnDemandThroughput": {"MaxReadRequestUnits": 7, "MaxWriteRequestUnits": 7},
        }
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "by-mail",
            "KeySchema": [
                {"AttributeName": "id", "KeyType": "HASH"},
                {"AttributeName": "mail", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "OnDemandThroughput": {"MaxReadRequestUnits": 40, "MaxWriteRequestUnits": 30},
    "SSESpecification": {"Enabled": True, "SSEType": "KMS"},
}
LOW_MAXIMA = {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 5}
TIME_TO_LIVE = {"Enabled": True, "AttributeName": "expires"}
STREAM = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
PROVISIONED = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 2}


def item(name: str, value: str) -> dict[str, Any]:
    return {"id": {"S": name}, "day": {"S": "2026-11-23"}, "value": {"S": value}}


def key(name: str) -> dict[str, Any]:
    return {"id": {"S": name}, "day": {"S": "2026-11-23"}}


@pytest.fixture(scope="module")
def dynamodb(aws: Callable[..., Any]) -> Any:  # noqa: ANN401
    return aws("dynamodb")


@pytest.fixture(scope="module")
def source(dynamodb: Any) -> str:  # noqa: ANN401
    """A table with one item, and every setting that a restore keeps or drops."""
    name = f"source-{uuid.uuid4()}"
    arn = dynamodb.create_table(
        TableName=name,
        **TABLE,
        StreamSpecification=STREAM,
        TableClass="STANDARD_INFREQUENT_ACCESS",
        DeletionProtectionEnabled=True,
        Tags=[{"Key": "stage", "Value": "production"}],
    )["TableDescription"]["TableArn"]
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=TIME_TO_LIVE)
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    dynamodb.put_resource_policy(ResourceArn=arn, Policy='{"Version": "2012-10-17", "Statement": []}')
    dynamodb.put_item(TableName=name, Item=item("1", "as of the backup"))
    return name


@pytest.fixture
def backup(dynamodb: Any, source: str) -> str:  # noqa: ANN401
    return str(dynamodb.create_backup(TableName=source, BackupName="canary")["BackupDetails"]["BackupArn"])


@pytest.fixture
def restore(dynamodb: Any, backup: str) -> Callable[..., dict[str, Any]]:  # noqa: ANN401
    """Starts a restore of the backup with the given overrides."""

    def start(**overrides: object) -> dict[str, Any]:
        target = f"copy-{uuid.uuid4()}"
        answer = dynamodb.restore_table_from_backup(BackupArn=backup, TargetTableName=target, **overrides)
        return dict(answer["TableDescription"])

    return start


@pytest.fixture(scope="module")
def copies(dynamodb: Any, source: str) -> dict[str, str]:  # noqa: ANN401
    """Copies of the source table, restored at the same time with different overrides."""
    index = {name: TABLE["GlobalSecondaryIndexes"][0][name] for name in ("IndexName", "KeySchema", "Projection")}
    overrides: dict[str, dict[str, Any]] = {
        "plain": {},
        "overridden": {
            "BillingModeOverride": "PROVISIONED",
            "ProvisionedThroughputOverride": PROVISIONED,
            "GlobalSecondaryIndexOverride": [{**index, "ProvisionedThroughput": PROVISIONED}],
            "LocalSecondaryIndexOverride": [],
            "SSESpecificationOverride": {"Enabled": False},
        },
        "without-indexes": {
            "GlobalSecondaryIndexOverride": [],
            "LocalSecondaryIndexOverride": [],
            "OnDemandThroughputOverride": LOW_MAXIMA,
        },
    }
    names = {}
    for kind, given in overrides.items():
        arn = dynamodb.create_backup(TableName=source, BackupName=kind)["BackupDetails"]["BackupArn"]
        names[kind] = f"{kind}-{uuid.uuid4()}"
        dynamodb.restore_table_from_backup(BackupArn=arn, TargetTableName=names[kind], **given)
    dynamodb.put_item(TableName=source, Item=item("1", "changed since"))
    dynamodb.put_item(TableName=source, Item=item("2", "new since"))
    return names


def active(dynamodb: Any, name: str) -> dict[str, Any]:  # noqa: ANN401
    """The first `ACTIVE` description of the table."""
    for _ in range(100):
        table: dict[str, Any] = dynamodb.describe_table(TableName=name)["Table"]
        if table["TableStatus"] == "ACTIVE":
            return table
        time.sleep(0.05)
    raise AssertionError(f"{name} is not ACTIVE")


def wait_until_found(dynamodb: Any, name: str) -> None:  # noqa: ANN401
    """Waits until every call finds the `ACTIVE` table."""

    def is_found() -> bool:
        try:
            dynamodb.describe_time_to_live(TableName=name)
        except dynamodb.exceptions.ResourceNotFoundException:
            return False
        return True

    wait_until("table", is_found)


def test_a_restore_is_in_progress_and_then_loses_its_origin(
    dynamodb: Any,  # noqa: ANN401
    source: str,
    backup: str,
    restore: Callable[..., Any],
) -> None:
    started = restore()
    described = dynamodb.describe_table(TableName=started["TableName"])["Table"]
    for table in (started, described):
        assert table["TableStatus"] == "CREATING"
        assert [index["IndexStatus"] for index in table["GlobalSecondaryIndexes"]] == ["CREATING"]
        summary = table["RestoreSummary"]
        assert summary["SourceBackupArn"] == backup
        assert summary["SourceTableArn"].endswith(f"table/{source}")
        assert summary["RestoreInProgress"]
        assert summary["RestoreDateTime"]
    assert dynamodb.describe_table(TableName=started["TableArn"])["Table"]["TableStatus"] == "CREATING"

    table = active(dynamodb, started["TableName"])
    assert "RestoreSummary" not in table
    assert [index["IndexStatus"] for index in table["GlobalSecondaryIndexes"]] == ["ACTIVE"]
    assert (table["ItemCount"], table["TableSizeBytes"]) == (0, 0)


def test_a_restored_table_holds_the_items_of_the_backup(
    dynamodb: Any,  # noqa: ANN401
    copies: dict[str, str],
) -> None:
    active(dynamodb, copies["plain"])
    assert dynamodb.scan(TableName=copies["plain"])["Items"] == [item("1", "as of the backup")]


def test_a_table_can_be_backed_up_during_writes(dynamodb: Any) -> None:  # noqa: ANN401
    name = f"busy-{uuid.uuid4()}"
    dynamodb.create_table(TableName=name, **TABLE)
    done = threading.Event()

    def write() -> None:
        number = 0
        while not done.is_set():
            items = [{"PutRequest": {"Item": item(f"{number}-{each}", "x" * 100)}} for each in range(25)]
            dynamodb.batch_write_item(RequestItems={name: items})
            number += 1

    with ThreadPoolExecutor(1) as writer:
        writing = writer.submit(write)
        try:
            for _ in range(30):
                dynamodb.create_backup(TableName=name, BackupName="canary")
        finally:
            done.set()
        writing.result()


def test_a_restored_table_keeps_its_keys_indexes_capacity_and_encryption_and_nothing_else(
    dynamodb: Any,  # noqa: ANN401
    source: str,
    copies: dict[str, str],
) -> None:
    original = dynamodb.describe_table(TableName=source)["Table"]
    assert original["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    table = active(dynamodb, copies["plain"])
    kept = ("KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "OnDemandThroughput", "SSEDescription")
    assert {name: table[name] for name in kept} == {name: original[name] for name in kept}
    assert table["OnDemandThroughput"] == TABLE["OnDemandThroughput"]
    assert table["GlobalSecondaryIndexes"][0]["OnDemandThroughput"]["MaxReadRequestUnits"] == 7
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert sorted(a["AttributeName"] for a in table["AttributeDefinitions"]) == ["city", "day", "id", "mail"]

    assert "TableClassSummary" not in table
    assert "StreamSpecification" not in table
    assert not table["DeletionProtectionEnabled"]
    assert dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == []
    wait_until_found(dynamodb, table["TableName"])
    time_to_live = dynamodb.describe_time_to_live(TableName=table["TableName"])["TimeToLiveDescription"]
    assert time_to_live == {"TimeToLiveStatus": "DISABLED"}
    recovery = dynamodb.describe_continuous_backups(TableName=table["TableName"])["ContinuousBackupsDescription"]
    assert recovery["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
    assert code(dynamodb.get_resource_policy, ResourceArn=table["TableArn"]) == "PolicyNotFoundException"


def test_overrides_change_what_is_restored(dynamodb: Any, copies: dict[str, str]) -> None:  # noqa: ANN401
    table = active(dynamodb, copies["overridden"])
    assert table["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 3
    assert table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["WriteCapacityUnits"] == 2
    assert not table.get("LocalSecondaryIndexes")
    assert "SSEDescription" not in table
    assert "OnDemandThroughput" not in table
    assert sorted(a["AttributeName"] for a in table["AttributeDefinitions"]) == ["city", "day", "id"]


def test_index_overrides_without_indexes_drop_all_of_them(
    dynamodb: Any,  # noqa: ANN401
    copies: dict[str, str],
) -> None:
    table = active(dynamodb, copies["without-indexes"])
    assert not table.get("GlobalSecondaryIndexes")
    assert not table.get("LocalSecondaryIndexes")
    assert table["OnDemandThroughput"] == LOW_MAXIMA


def test_impossible_overrides_are_rejected(restore: Callable[..., Any]) -> None:
    index = {**TABLE["LocalSecondaryIndexes"][0], "IndexName": "new"}
    assert code(restore, BillingModeOverride="PROVISIONED") == "ValidationException"
    assert code(restore, ProvisionedThroughputOverride=PROVISIONED) == "ValidationException"
    assert code(restore, LocalSecondaryIndexOverride=[index]) == "ValidationException"
    assert code(restore, GlobalSecondaryIndexOverride=[index]) == "ValidationException"


def test_empty_maxima_are_rejected_after_the_restore_has_started(
    dynamodb: Any,  # noqa: ANN401
    backup: str,
) -> None:
    name = f"copy-{uuid.uuid4()}"
    request = {"BackupArn": backup, "TargetTableName": name, "OnDemandThroughputOverride": {}}
    assert code(dynamodb.restore_table_from_backup, **request) == "ValidationException"
    assert dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "CREATING"


def test_a_table_that_is_being_restored_can_only_be_described(
    dynamodb: Any,  # noqa: ANN401
    local_aws: str,
    restore: Callable[..., Any],
) -> None:
    with changed_settings(local_aws, restore_seconds=60):
        table = restore()
    name, arn = table["TableName"], table["TableArn"]
    tags = [{"Key": "stage", "Value": "test"}]
    recovery = {"PointInTimeRecoveryEnabled": True}
    one = item("1", "too early")
    answers = {
        "list_tables": name in dynamodb.list_tables(ExclusiveStartTableName=name[:-1])["TableNames"],
        "tag": code(dynamodb.tag_resource, ResourceArn=arn, Tags=tags),
        "untag": code(dynamodb.untag_resource, ResourceArn=arn, TagKeys=["stage"]),
        "list_tags": code(dynamodb.list_tags_of_resource, ResourceArn=arn),
        "time_to_live": code(dynamodb.update_time_to_live, TableName=name, TimeToLiveSpecification=TIME_TO_LIVE),
        "describe_time_to_live": code(dynamodb.describe_time_to_live, TableName=name),
        "update": code(dynamodb.update_table, TableName=name, DeletionProtectionEnabled=True),
        "policy": code(dynamodb.put_resource_policy, ResourceArn=arn, Policy="{}"),
        "recovery": code(dynamodb.update_continuous_backups, TableName=name, PointInTimeRecoverySpecification=recovery),
        "describe_recovery": code(dynamodb.describe_continuous_backups, TableName=name),
        "delete": code(dynamodb.delete_table, TableName=name),
        "create": code(dynamodb.create_table, TableName=name, **TABLE),
        "put": code(dynamodb.put_item, TableName=name, Item=one),
        "get": code(dynamodb.get_item, TableName=name, Key=key("1")),
        "update_item": code(dynamodb.update_item, TableName=name, Key=key("1"), UpdateExpression="SET a = id"),
        "delete_item": code(dynamodb.delete_item, TableName=name, Key=key("1")),
        "scan": code(dynamodb.scan, TableName=name),
        "query": code(
            dynamodb.query,
            TableName=name,
            KeyConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": "1"}},
        ),
        "batch_write": code(dynamodb.batch_write_item, RequestItems={name: [{"PutRequest": {"Item": one}}]}),
        "batch_get": code(dynamodb.batch_get_item, RequestItems={name: {"Keys": [key("1")]}}),
        "transact_put": code(dynamodb.transact_write_items, TransactItems=[{"Put": {"TableName": name, "Item": one}}]),
        "transact_delete": code(
            dynamodb.transact_write_items, TransactItems=[{"Delete": {"TableName": name, "Key": key("1")}}]
        ),
        "transact_get": code(
            dynamodb.transact_get_items, TransactItems=[{"Get": {"TableName": name, "Key": key("1")}}]
        ),
        "statement": code(dynamodb.execute_statement, Statement=f'SELECT * FROM "{name}"'),  # noqa: S608
    }
    others = {
        "list_tables": True,
        "recovery": "TableNotFoundException",
        "describe_recovery": "TableNotFoundException",
        "delete": "ResourceInUseException",
        "create": "ResourceInUseException",
    }
    assert answers == {**dict.fromkeys(answers, "ResourceNotFoundException"), **others}


def test_some_calls_do_not_find_a_table_that_has_just_become_active(
    aws: Callable[..., Any],
    local_aws: str,
    name: str,
    restore: Callable[..., Any],
) -> None:
    dynamodb = aws("dynamodb")
    aws("kinesis").create_stream(StreamName=name, ShardCount=1)
    stream = aws("kinesis").describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]
    restored = restore()
    table, arn = restored["TableName"], restored["TableArn"]
    of = {"TableName": table}
    calls: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
        "policy": (dynamodb.get_resource_policy, {"ResourceArn": arn}),
        "time_to_live": (dynamodb.describe_time_to_live, of),
        "set_time_to_live": (
            dynamodb.update_time_to_live,
            {**of, "TimeToLiveSpecification": TIME_TO_LIVE},
        ),
        "insights": (dynamodb.describe_contributor_insights, of),
        "set_insights": (dynamodb.update_contributor_insights, {**of, "ContributorInsightsAction": "ENABLE"}),
        "kinesis": (dynamodb.describe_kinesis_streaming_destination, of),
        "set_kinesis": (dynamodb.enable_kinesis_streaming_destination, {**of, "StreamArn": stream}),
        "recovery": (dynamodb.describe_continuous_backups, of),
        "set_recovery": (
            dynamodb.update_continuous_backups,
            {**of, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
        ),
    }
    with changed_settings(local_aws, restore_seconds=10):
        active(dynamodb, table)
    answers = {name: code(call, **request) for name, (call, request) in calls.items()}
    not_found = dict.fromkeys(calls, "ResourceNotFoundException")
    assert answers == {**not_found, "recovery": "TableNotFoundException", "set_recovery": "TableNotFoundException"}
    # It has its tags all along.
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == []
    wait_until_found(dynamodb, table)
    assert code(dynamodb.get_resource_policy, ResourceArn=arn) == "PolicyNotFoundException"
    for call in ("set_time_to_live", "set_insights", "set_kinesis"):
        calls[call][0](**calls[call][1])


def test_a_restored_table_needs_time_between_changes(
    dynamodb: Any,  # noqa: ANN401
    local_aws: str,
    restore: Callable[..., Any],
) -> None:
    name = restore()["TableName"]
    recovery = {"TableName": name, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
    # Two seconds each, which leaves time for the calls that must fail.
    with changed_settings(local_aws, restore_seconds=10):
        arn = active(dynamodb, name)["TableArn"]
        wait_until_found(dynamodb, name)
        assert code(dynamodb.update_continuous_backups, **recovery) == "ContinuousBackupsUnavailableException"
        updated = dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)["TableDescription"]
        assert updated["TableStatus"] == "UPDATING"
        again = code(dynamodb.update_table, TableName=name, TableClass="STANDARD")
        assert again == code(dynamodb.delete_table, TableName=name) == "ResourceInUseException"
    active(dynamodb, name)
    dynamodb.update_continuous_backups(**recovery)
    tags = [{"Key": "stage", "Value": "test"}]
    dynamodb.tag_resource(ResourceArn=arn, Tags=tags)
    dynamodb.tag_resource(ResourceArn=arn, Tags=tags)
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == tags
    too_long = [{"Key": "stage", "Value": "x" * 257}]
    assert code(dynamodb.tag_resource, ResourceArn=arn, Tags=too_long) == "ValidationException"
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == tags
    dynamodb.delete_table(TableName=name)
    assert code(dynamodb.describe_table, TableName=name) == "ResourceNotFoundException"


def test_what_is_already_the_case_is_rejected(dynamodb: Any, name: str) -> None:  # noqa: ANN401
    dynamodb.create_table(TableName=name, **TABLE)

    def time_to_live(**change: object) -> None:
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={**TIME_TO_LIVE, **change})

    def stream(**specification: object) -> None:
        dynamodb.update_table(TableName=name, StreamSpecification=specification)

    def message(call: Callable[..., None], **change: object) -> str:
        with pytest.raises(ClientError) as rejected:
            call(**change)
        assert rejected.value.response["Error"]["Code"] == "ValidationException"
        return str(rejected.value.response["Error"]["Message"])

    assert message(time_to_live, Enabled=False) == "TimeToLive is already disabled"
    time_to_live()
    assert message(time_to_live) == "TimeToLive is already enabled"
    another = "TimeToLive is active on a different AttributeName: current AttributeName is expires"
    assert message(time_to_live, AttributeName="ends") == another
    time_to_live(Enabled=False)

    stream(**STREAM)
    enabled = f"Table already has an enabled stream: TableName: {name}"
    assert message(stream, **STREAM) == message(stream, StreamEnabled=True, StreamViewType="NEW_IMAGE") == enabled
    stream(StreamEnabled=False)
    stream(**STREAM)


@pytest.mark.parametrize("operation", ["update_time_to_live", "update_table", "enable_kinesis_streaming_destination"])
def test_a_retry_after_a_lost_response_is_rejected(
    aws: Callable[..., Any], local_aws: str, name: str, operation: str
) -> None:
    dynamodb = aws("dynamodb", config=Config(retries={"total_max_attempts": 2}))
    dynamodb.create_table(TableName=name, **TABLE)
    aws("kinesis").create_stream(StreamName=name, ShardCount=1)
    stream = aws("kinesis").describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]
    requests: dict[str, dict[str, Any]] = {
        "update_time_to_live": {"TimeToLiveSpecification": TIME_TO_LIVE},
        "update_table": {"StreamSpecification": STREAM},
        "enable_kinesis_streaming_destination": {"StreamArn": stream},
    }
    with injected(local_aws, Fault(service="dynamodb", containing=name, drop=True, takes_effect=True, times=1)):
        answer = code(getattr(dynamodb, operation), TableName=name, **requests[operation])
    assert answer == "ValidationException"
    table = dynamodb.describe_table(TableName=name)["Table"]
    destinations = dynamodb.describe_kinesis_streaming_destination(TableName=name)["KinesisDataStreamDestinations"]
    found = {
        "update_time_to_live": dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"].get(
            "AttributeName"
        ),
        "update_table": table.get("StreamSpecification"),
        "enable_kinesis_streaming_destination": destinations,
    }
    assert found[operation]


def test_changed_tags_may_become_visible_late(dynamodb: Any, local_aws: str, name: str) -> None:  # noqa: ANN401
    arn = dynamodb.create_table(TableName=name, **TABLE)["TableDescription"]["TableArn"]

    def tags() -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]}

    def tag(**values: str) -> None:
        dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": key, "Value": value} for key, value in values.items()])

    tag(stage="test", team="a")
    assert tags() == {"stage": "test", "team": "a"}
    with changed_settings(local_aws, tags_visible_after_seconds=3):
        tag(stage="production")
        dynamodb.untag_resource(ResourceArn=arn, TagKeys=["team"])
        assert tags() == {"stage": "test", "team": "a"}
    wait_until("change", lambda: tags() == {"stage": "production"}, 30)


def test_a_restore_that_cannot_start_says_why(
    dynamodb: Any,  # noqa: ANN401
    local_aws: str,
    source: str,
    backup: str,
    restore: Callable[..., Any],
) -> None:
    with changed_settings(local_aws, restore_seconds=60):
        running = restore()["TableName"]

    def answer(target: str, arn: str = backup) -> str:
        return code(dynamodb.restore_table_from_backup, TargetTableName=target, BackupArn=arn)

    with pytest.raises(ClientError, match=backup) as in_use:
        dynamodb.restore_table_from_backup(TargetTableName=running, BackupArn=backup)
    assert in_use.value.response["Error"]["Code"] == "TableInUseException"
    assert answer("another-copy") == "BackupInUseException"
    assert answer(source) == "TableAlreadyExistsException"
    assert answer("copy", f"{backup[:-8]}00000000") == "BackupNotFoundException"
    assert answer("copy", backup.replace("123456789012", "210987654321")) == "AccessDeniedException"
    assert answer("copy", "a" * 40) == "ValidationException"
    recovery_point = f"arn:aws:backup:us-east-1:123456789012:recovery-point:{uuid.uuid4()}"
    assert answer("copy", recovery_point) == "ValidationException"
    assert answer("copy of a table") == "ValidationException"


def test_no_more_restores_at_once_than_the_quota(aws: Callable[..., Any], local_aws: str, name: str) -> None:
    # In another Region, where nothing else is being restored.
    dynamodb = aws("dynamodb", region_name="eu-west-1")
    dynamodb.create_table(TableName=name, **TABLE)

    def restore(target: str) -> None:
        backup = dynamodb.create_backup(TableName=name, BackupName="quota")["BackupDetails"]["BackupArn"]
        dynamodb.restore_table_from_backup(BackupArn=backup, TargetTableName=target)

    with changed_settings(local_aws, restores_at_once=2):
        restore(f"{name}-1")
        restore(f"{name}-2")
        assert code(restore, target=f"{name}-3") == "LimitExceededException"
    restore(f"{name}-3")


def test_no_more_tables_than_the_quota(aws: Callable[..., Any], local_aws: str, name: str) -> None:
    # In another Region, where there are no other tables.
    dynamodb = aws("dynamodb", region_name="eu-west-2")
    dynamodb.create_table(TableName=name, **TABLE)
    backup = dynamodb.create_backup(TableName=name, BackupName=name)["BackupDetails"]["BackupArn"]
    text = "Subscriber limit exceeded: There is a limit of 2 tables per subscriber"
    with changed_settings(local_aws, table_quota=2, restore_seconds=60):
        dynamodb.restore_table_from_backup(BackupArn=backup, TargetTableName=f"copy-{name}")
        another = dynamodb.create_backup(TableName=name, BackupName=name)["BackupDetails"]["BackupArn"]
        for call, request in (
            (dynamodb.create_table, {"TableName": f"new-{name}", **TABLE}),
            (dynamodb.restore_table_from_backup, {"BackupArn": another, "TargetTableName": f"new-{name}"}),
        ):
            with pytest.raises(ClientError, match=text) as refused:
                call(**request)
            assert refused.value.response["Error"]["Code"] == "LimitExceededException"
    dynamodb.create_table(TableName=f"new-{name}", **TABLE)


@pytest.mark.parametrize(
    ("operation", "per_second"),
    [
        ("describe_backup", 10),
        ("describe_continuous_backups", 10),
        ("list_backups", 5),
        ("list_tags_of_resource", 10),
        ("tag_resource", 5),
    ],
)
def test_calls_beyond_their_rate_are_throttled(
    aws: Callable[..., Any], local_aws: str, name: str, operation: str, per_second: int
) -> None:
    # In another Region, where no other test makes these calls.
    dynamodb = aws("dynamodb", region_name="eu-central-1")
    arn = dynamodb.create_table(TableName=name, **TABLE)["TableDescription"]["TableArn"]
    backup = dynamodb.create_backup(TableName=name, BackupName=name)["BackupDetails"]
    requests: dict[str, dict[str, Any]] = {
        "describe_backup": {"BackupArn": backup["BackupArn"]},
        "describe_continuous_backups": {"TableName": name},
        "list_backups": {"TableName": name},
        "list_tags_of_resource": {"ResourceArn": arn},
        "tag_resource": {"ResourceArn": arn, "Tags": [{"Key": "stage", "Value": "test"}]},
    }

    def refusals(calls: int) -> list[Any]:
        found: list[Any] = []
        for _ in range(calls):
            try:
                getattr(dynamodb, operation)(**requests[operation])
            except ClientError as error:
                found.append(error.response)
        return found

    begin = time.monotonic()
    refused = refusals(3 * per_second)
    let_in_later = (time.monotonic() - begin) * per_second
    assert 2 * per_second - let_in_later - 1 <= len(refused) <= 2 * per_second
    assert refused[0]["Error"] == {"Code": "ThrottlingException", "Message": "Rate exceeded"}
    assert refused[0]["ResponseMetadata"]["HTTPStatusCode"] == 400
    with changed_settings(local_aws, rate_factor=100):
        assert refusals(3 * per_second) == []


def test_a_backup_describes_its_table_even_after_that_is_deleted(dynamodb: Any) -> None:  # noqa: ANN401
    name = f"short-lived-{uuid.uuid4()}"
    dynamodb.create_table(
        TableName=name,
        **TABLE,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=TIME_TO_LIVE)
    arn = dynamodb.create_backup(TableName=name, BackupName="canary")["BackupDetails"]["BackupArn"]
    dynamodb.delete_table(TableName=name)
    description = dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]
    assert description["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    assert description["BackupDetails"]["BackupSizeBytes"] == 0
    assert description["SourceTableDetails"]["BillingMode"] == "PAY_PER_REQUEST"
    assert description["SourceTableDetails"]["TableName"] == name
    features = description["SourceTableFeatureDetails"]
    assert features["StreamDescription"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert features["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    assert [index["IndexName"] for index in features["GlobalSecondaryIndexes"]] == ["by-city"]
    restored = dynamodb.restore_table_from_backup(BackupArn=arn, TargetTableName=name)["TableDescription"]
    assert restored["KeySchema"] == TABLE["KeySchema"]


def test_each_table_has_its_own_id(dynamodb: Any, source: str, restore: Callable[..., Any]) -> None:  # noqa: ANN401
    copy = restore()
    identity = dynamodb.describe_table(TableName=source)["Table"]["TableId"]
    assert identity == dynamodb.describe_table(TableName=source)["Table"]["TableId"]
    assert active(dynamodb, copy["TableName"])["TableId"] == copy["TableId"] != identity


def test_table_class_maxima_and_encryption_can_be_changed(dynamodb: Any) -> None:  # noqa: ANN401
    name = f"changed-{uuid.uuid4()}"
    dynamodb.create_table(TableName=name, **TABLE)
    maxima = {"MaxReadRequestUnits": 50, "MaxWriteRequestUnits": 50}
    dynamodb.update_table(
        TableName=name,
        TableClass="STANDARD_INFREQUENT_ACCESS",
        OnDemandThroughput=maxima,
        SSESpecification={"Enabled": False},
        GlobalSecondaryIndexUpdates=[{"Update": {"IndexName": "by-city", "OnDemandThroughput": maxima}}],
    )
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert table["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert table["OnDemandThroughput"] == maxima
    assert table["GlobalSecondaryIndexes"][0]["OnDemandThroughput"] == maxima
    assert "SSEDescription" not in table
    dynamodb.delete_table(TableName=name)
