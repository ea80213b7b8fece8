"""Indexes with keys of several attributes, and vector indexes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local_aws import changed_settings
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


def status(dynamodb: Any, name: str) -> str:  # noqa: ANN401
    return str(dynamodb.describe_table(TableName=name)["Table"]["TableStatus"])


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
            wait_until("restore", lambda: status(dynamodb, copy) == "ACTIVE")
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


BY_TEXT: dict[str, Any] = {
    "IndexName": "by-text",
    "VectorAttribute": {"AttributeName": "text"},
    "Projection": {"ProjectionType": "KEYS_ONLY"},
    "Dimensions": 256,
    "DistanceFunction": "COSINE",
}
BY_IMAGE: dict[str, Any] = {
    "IndexName": "by-image",
    "VectorAttribute": {"AttributeName": "image"},
    "SearchSchema": [
        {"AttributeName": "tenant", "SearchSchemaElementType": "HASH"},
        {"AttributeName": "city", "SearchSchemaElementType": "INLINE_FILTER"},
    ],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]},
    "Dimensions": 1024,
    "DistanceFunction": "EUCLIDEAN",
}
WITH_VECTORS = {
    **TABLE,
    "AttributeDefinitions": attributes("id", "tenant", "city"),
    "VectorIndexes": [BY_TEXT, BY_IMAGE],
}
PROVISIONED = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
REPORTED = {"IndexStatus", "Backfilling", "IndexSizeBytes", "ItemCount", "IndexArn"}


def vector_indexes(dynamodb: Any, name: str) -> list[dict[str, Any]]:  # noqa: ANN401
    return list(dynamodb.describe_table(TableName=name)["Table"].get("VectorIndexes", []))


def definitions(indexes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in found.items() if key not in REPORTED} for found in indexes]


def phases(dynamodb: Any, name: str) -> list[tuple[str, bool]]:  # noqa: ANN401
    """Status and backfilling of the table's only vector index, until it is complete or gone."""
    seen: list[tuple[str, bool]] = []
    while found := vector_indexes(dynamodb, name):
        phase = found[0]["IndexStatus"], found[0].get("Backfilling", False)
        if phase not in seen:
            seen.append(phase)
        if phase == ("ACTIVE", False):
            break
    return seen


def test_a_table_has_vector_indexes_and_its_backup_records_them(dynamodb: Any, name: str) -> None:  # noqa: ANN401
    table = dynamodb.create_table(TableName=name, **WITH_VECTORS)["TableDescription"]
    assert definitions(table["VectorIndexes"]) == [BY_TEXT, BY_IMAGE]
    assert table["VectorIndexes"][0]["IndexArn"] == f"{table['TableArn']}/index/by-text"
    assert table["AttributeDefinitions"] == attributes("id", "tenant", "city")
    backup = dynamodb.create_backup(TableName=name, BackupName=name)["BackupDetails"]["BackupArn"]
    features = dynamodb.describe_backup(BackupArn=backup)["BackupDescription"]["SourceTableFeatureDetails"]
    assert features["VectorIndexes"] == [BY_TEXT, BY_IMAGE]


def test_vector_indexes_are_built_after_the_restored_table_is_active(
    dynamodb: Any,  # noqa: ANN401
    local_aws: str,
    restored: Callable[[str], str],
    name: str,
) -> None:
    table = dynamodb.create_table(TableName=name, **{**WITH_VECTORS, "VectorIndexes": [BY_IMAGE]})["TableDescription"]
    with changed_settings(local_aws, vector_index_seconds=4):
        copy = restored(table["TableArn"])
    assert definitions(vector_indexes(dynamodb, copy)) == [BY_IMAGE]
    assert phases(dynamodb, copy) == [("CREATING", True), ("ACTIVE", True), ("ACTIVE", False)]


@pytest.mark.parametrize(
    ("override", "kept"),
    [({}, [BY_TEXT, BY_IMAGE]), ({"VectorIndexOverride": [BY_TEXT]}, [BY_TEXT]), ({"VectorIndexOverride": []}, [])],
    ids=["none", "one", "empty"],
)
def test_an_override_leaves_vector_indexes_out(
    dynamodb: Any,  # noqa: ANN401
    name: str,
    override: dict[str, Any],
    kept: list[dict[str, Any]],
) -> None:
    dynamodb.create_table(TableName=name, **WITH_VECTORS)
    backup = dynamodb.create_backup(TableName=name, BackupName=name)["BackupDetails"]["BackupArn"]
    dynamodb.restore_table_from_backup(BackupArn=backup, TargetTableName=f"copy-{name}", **override)
    copy = dynamodb.describe_table(TableName=f"copy-{name}")["Table"]
    assert definitions(copy.get("VectorIndexes", [])) == kept
    assert {found["IndexStatus"] for found in copy.get("VectorIndexes", [])} <= {"CREATING"}
    used = attributes("id", "tenant", "city") if BY_IMAGE in kept else attributes("id")
    assert copy["AttributeDefinitions"] == used


def test_vector_indexes_are_created_and_deleted_one_by_one(dynamodb: Any, local_aws: str, name: str) -> None:  # noqa: ANN401
    dynamodb.create_table(TableName=name, **TABLE)
    with changed_settings(local_aws, restore_seconds=6, vector_index_seconds=2):
        dynamodb.update_table(
            TableName=name,
            AttributeDefinitions=attributes("tenant", "city"),
            VectorIndexUpdates=[{"Create": BY_IMAGE}],
        )
        assert phases(dynamodb, name) == [("CREATING", True), ("ACTIVE", True), ("ACTIVE", False)]
        table = dynamodb.describe_table(TableName=name)["Table"]
        assert table["AttributeDefinitions"] == attributes("id", "tenant", "city")
        assert definitions(table["VectorIndexes"]) == [BY_IMAGE]
        dynamodb.update_table(TableName=name, VectorIndexUpdates=[{"Delete": {"IndexName": "by-image"}}])
        assert phases(dynamodb, name) == [("DELETING", False)]


def test_vector_indexes_that_are_not_possible_are_rejected(dynamodb: Any, name: str) -> None:  # noqa: ANN401
    provisioned = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": PROVISIONED}
    create = {"TableName": name, **WITH_VECTORS}
    assert code(dynamodb.create_table, **{**create, **provisioned}) == "ValidationException"
    assert code(dynamodb.create_table, **{**create, "VectorIndexes": [BY_TEXT, BY_TEXT]}) == "ValidationException"
    undefined = {**create, "AttributeDefinitions": attributes("id")}
    assert code(dynamodb.create_table, **undefined) == "ValidationException"
    dynamodb.create_table(**{**create, "VectorIndexes": [BY_TEXT], "AttributeDefinitions": attributes("id")})

    def update(*updates: dict[str, Any], **others: object) -> str:
        return code(dynamodb.update_table, TableName=name, VectorIndexUpdates=updates, **others)

    delete = {"Delete": {"IndexName": "by-text"}}
    assert update({"Create": BY_TEXT}) == "ValidationException"
    assert update({"Create": BY_IMAGE}) == "ValidationException", "its attributes are not defined"
    assert update(delete, {"Delete": {"IndexName": "by-image"}}) == "ValidationException"
    assert update({"Delete": {"IndexName": "by-image"}}) == "ResourceNotFoundException"
    assert code(dynamodb.update_table, TableName=name, **provisioned) == "ValidationException"
    assert definitions(vector_indexes(dynamodb, name)) == [BY_TEXT]

    backup = dynamodb.create_backup(TableName=name, BackupName=name)["BackupDetails"]["BackupArn"]
    restore = {"BackupArn": backup, "TargetTableName": f"copy-{name}"}
    to_provisioned = {"BillingModeOverride": "PROVISIONED", "ProvisionedThroughputOverride": PROVISIONED}
    assert code(dynamodb.restore_table_from_backup, **restore, **to_provisioned) == "ValidationException"
    another = {"VectorIndexOverride": [{**BY_TEXT, "Dimensions": 128}]}
    assert code(dynamodb.restore_table_from_backup, **restore, **another) == "ValidationException"
    dynamodb.restore_table_from_backup(**restore, **to_provisioned, VectorIndexOverride=[])
