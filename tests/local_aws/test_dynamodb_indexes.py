"""Indexes with keys of several attributes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.canaries import allow, code
from tests.support.polling import wait_until

Aws = Callable[..., Any]


def attributes(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def key_schema(partition: list[str], sort: list[str]) -> list[dict[str, str]]:
    kinds = [("HASH", partition), ("RANGE", sort)]
    return [{"AttributeName": name, "KeyType": kind} for kind, names in kinds for name in names]


TABLE: dict[str, Any] = {
    "KeySchema": key_schema(["id"], []),
    "AttributeDefinitions": attributes("id"),
    "BillingMode": "PAY_PER_REQUEST",
}
# Neither in alphabetical order nor in that of their definitions.
MOST = key_schema(["tenant", "region", "city", "area"], ["year", "month", "day", "hour"])
MOST_ATTRIBUTES = attributes("area", "city", "day", "hour", "month", "region", "tenant", "year")


def index(name: str, schema: list[dict[str, str]]) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}


@pytest.fixture
def dynamodb(aws: Aws) -> Any:  # noqa: ANN401
    return aws("dynamodb")


@pytest.fixture(params=["native", "advanced"])
def restored(
    request: pytest.FixtureRequest, aws: Aws, role: Callable[..., str], name: str
) -> Iterator[Callable[[str], str]]:
    """Backs a table up, as either kind of recovery point, and restores it; returns the name of the copy."""
    backup, dynamodb = aws("backup"), aws("dynamodb")
    copy = f"copy-{name}"
    backup.create_backup_vault(BackupVaultName=name)
    before = backup.describe_region_settings()["ResourceTypeManagementPreference"]
    backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": request.param == "advanced"})
    role_arn = role("backup.amazonaws.com", allow("dynamodb:*"))

    def recovery_point(table_arn: str) -> str:
        job = backup.start_backup_job(BackupVaultName=name, ResourceArn=table_arn, IamRoleArn=role_arn)
        return str(
            wait_until(
                "recovery point",
                lambda: backup.describe_backup_job(BackupJobId=job["BackupJobId"]).get("RecoveryPointArn"),
            )
        )

    def restore(table_arn: str) -> str:
        arn = recovery_point(table_arn)
        if request.param == "native":
            dynamodb.restore_table_from_backup(BackupArn=arn, TargetTableName=copy)
        else:
            metadata = {"targetTableName": copy}
            job = backup.start_restore_job(RecoveryPointArn=arn, Metadata=metadata, IamRoleArn=role_arn)
            wait_until(
                "restore",
                lambda: backup.describe_restore_job(RestoreJobId=job["RestoreJobId"])["Status"] == "COMPLETED",
            )
        return copy

    yield restore
    backup.update_region_settings(ResourceTypeManagementPreference=before)


def test_the_keys_of_an_index_keep_their_order(
    dynamodb: Any,  # noqa: ANN401
    restored: Callable[[str], str],
    name: str,
) -> None:
    arn = dynamodb.create_table(
        TableName=name,
        **{**TABLE, "AttributeDefinitions": [*attributes("id"), *MOST_ATTRIBUTES]},
        GlobalSecondaryIndexes=[index("most", MOST)],
    )["TableDescription"]["TableArn"]
    fewer = key_schema(["shop", "city"], ["week", "day"])
    dynamodb.update_table(
        TableName=name,
        AttributeDefinitions=attributes("shop", "city", "week", "day"),
        GlobalSecondaryIndexUpdates=[{"Create": index("fewer", fewer)}],
    )

    def keys(indexes: list[dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
        return {found["IndexName"]: found["KeySchema"] for found in indexes}

    table = dynamodb.describe_table(TableName=name)["Table"]
    assert keys(table["GlobalSecondaryIndexes"]) == {"most": MOST, "fewer": fewer}
    defined = {attribute["AttributeName"] for attribute in table["AttributeDefinitions"]}
    assert defined == {"id", *(key["AttributeName"] for key in (*MOST, *fewer))}
    backup = dynamodb.create_backup(TableName=name, BackupName=name)["BackupDetails"]["BackupArn"]
    features = dynamodb.describe_backup(BackupArn=backup)["BackupDescription"]["SourceTableFeatureDetails"]
    assert keys(features["GlobalSecondaryIndexes"]) == {"most": MOST, "fewer": fewer}
    copy = dynamodb.describe_table(TableName=restored(arn))["Table"]
    assert keys(copy["GlobalSecondaryIndexes"]) == {"most": MOST, "fewer": fewer}


@pytest.mark.parametrize(
    "schema",
    [
        key_schema(["a", "b", "c", "d", "e"], []),
        key_schema(["a"], ["b", "c", "d", "e", "f"]),
        key_schema([], ["a"]),
        key_schema(["a"], ["b"])[::-1],
    ],
    ids=["partition", "sort", "none", "order"],
)
def test_an_index_with_other_keys_is_rejected(dynamodb: Any, name: str, schema: list[dict[str, str]]) -> None:  # noqa: ANN401
    new = index("new", schema)
    definitions = [*attributes("id"), *attributes(*(key["AttributeName"] for key in schema))]
    create = {**TABLE, "TableName": name, "AttributeDefinitions": definitions}
    assert code(dynamodb.create_table, **create, GlobalSecondaryIndexes=[new]) == "ValidationException"
    dynamodb.create_table(TableName=name, **TABLE)
    update = {"TableName": name, "AttributeDefinitions": definitions, "GlobalSecondaryIndexUpdates": [{"Create": new}]}
    assert code(dynamodb.update_table, **update) == "ValidationException"
    assert dynamodb.describe_table(TableName=name)["Table"]["AttributeDefinitions"] == attributes("id")
