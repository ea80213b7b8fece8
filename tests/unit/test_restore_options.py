"""How each kind of recovery point takes what a rule asks of a restore."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from rotator.clients import Clients
from rotator.errors import RestoreOptionImpossible
from rotator.restore.options import check_restore_job_options, overrides, restore_job_metadata
from rotator.state import RestoreOptions
from tests.support.rotations import TABLE_ARN, invocation

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CAPACITY: Any = {"ReadCapacityUnits": 7, "WriteCapacityUnits": 3}
PROVISIONED: RestoreOptions = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": CAPACITY}
SCHEMA = [{"AttributeName": "id", "KeyType": "HASH"}]


def index(name: str) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": SCHEMA, "Projection": {"ProjectionType": "ALL"}}


def backup(billing_mode: str = "PAY_PER_REQUEST") -> dict[str, Any]:
    units = 5 if billing_mode == "PROVISIONED" else 1
    throughput = {"ProvisionedThroughput": {"ReadCapacityUnits": units, "WriteCapacityUnits": units}}
    return {
        "SourceTableDetails": {
            "TableName": "orders",
            "TableId": "5a772b5a-36d5-4a69-9b18-ed2f5213c659",
            "KeySchema": SCHEMA,
            "TableCreationDateTime": "2026-11-23T02:07:00Z",
            "BillingMode": billing_mode,
            **throughput,
        },
        "SourceTableFeatureDetails": {
            "GlobalSecondaryIndexes": [index("by-customer") | throughput, index("by-day") | throughput],
            "LocalSecondaryIndexes": [index("by-size")],
        },
    }


def overrides_for(options: RestoreOptions, clients: Clients, described: dict[str, Any] | None = None) -> dict[str, Any]:
    rotation = invocation()
    rotation["State"]["Restore"] = options
    with Stubber(clients.dynamodb) as stub:
        if described:
            stub.add_response("describe_backup", {"BackupDescription": described})
        return overrides(rotation["State"], clients.dynamodb)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {}),
        ({"BillingMode": "PAY_PER_REQUEST"}, {"BillingModeOverride": "PAY_PER_REQUEST"}),
        (
            {"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {"MaxReadRequestUnits": 9}},
            {"BillingModeOverride": "PAY_PER_REQUEST", "OnDemandThroughputOverride": {"MaxReadRequestUnits": 9}},
        ),
        ({"Encryption": "AWS_OWNED"}, {"SSESpecificationOverride": {"Enabled": False}}),
        ({"Encryption": "AWS_MANAGED"}, {"SSESpecificationOverride": {"Enabled": True, "SSEType": "KMS"}}),
        ({"Encryption": KEY}, {"SSESpecificationOverride": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}}),
    ],
)
def test_a_native_backup_takes_them_as_overrides_and_none_that_is_empty(
    options: RestoreOptions, expected: dict[str, Any], clients: Clients
) -> None:
    assert overrides_for(options, clients) == expected


def test_provisioned_capacity_is_that_of_each_index_as_well(clients: Clients) -> None:
    wanted = overrides_for(PROVISIONED, clients, backup())

    assert wanted["ProvisionedThroughputOverride"] == CAPACITY
    assert wanted["GlobalSecondaryIndexOverride"] == [
        index("by-customer") | {"ProvisionedThroughput": CAPACITY},
        index("by-day") | {"ProvisionedThroughput": CAPACITY},
    ]
    assert wanted["LocalSecondaryIndexOverride"] == [index("by-size")]


def test_all_indexes_are_named_but_those_left_out(clients: Clients) -> None:
    wanted = overrides_for({"ExcludedIndexes": ["by-day", "by-size"]}, clients, backup())

    assert wanted == {"GlobalSecondaryIndexOverride": [index("by-customer")], "LocalSecondaryIndexOverride": []}


def test_an_index_keeps_the_capacity_that_it_was_backed_up_with(clients: Clients) -> None:
    wanted = overrides_for({"ExcludedIndexes": ["by-day"]}, clients, backup("PROVISIONED"))

    assert wanted["GlobalSecondaryIndexOverride"] == [
        index("by-customer") | {"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}
    ]


@pytest.mark.parametrize(
    ("options", "metadata"),
    [
        ({}, {"encryptionType": "Default"}),
        ({"Encryption": "AWS_MANAGED"}, {"encryptionType": "KMS"}),
        ({"Encryption": KEY}, {"encryptionType": "KMS", "kmsMasterKeyArn": KEY}),
    ],
)
def test_a_restore_job_is_always_told_the_encryption(options: RestoreOptions, metadata: dict[str, str]) -> None:
    assert restore_job_metadata(options) == metadata


VECTOR = {
    "IndexName": "by-embedding",
    "VectorAttribute": {"AttributeName": "embedding"},
    "SearchSchema": [{"AttributeName": "tenant", "SearchSchemaElementType": "HASH"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
    "Dimensions": 1024,
    "DistanceFunction": "COSINE",
}


def backup_with_vector_index() -> dict[str, Any]:
    described = backup()
    described["SourceTableFeatureDetails"]["VectorIndexes"] = [VECTOR, VECTOR | {"IndexName": "by-picture"}]
    return described


def test_a_vector_index_is_left_out_and_the_others_are_named_as_they_were_defined(clients: Clients) -> None:
    wanted = overrides_for({"ExcludedIndexes": ["by-picture"]}, clients, backup_with_vector_index())

    assert wanted["VectorIndexOverride"] == [VECTOR]
    assert [each["IndexName"] for each in wanted["GlobalSecondaryIndexOverride"]] == ["by-customer", "by-day"]


def test_a_key_of_several_attributes_is_restored_in_its_order(clients: Clients) -> None:
    key = [
        {"AttributeName": "tenant", "KeyType": "HASH"},
        {"AttributeName": "region", "KeyType": "HASH"},
        {"AttributeName": "city", "KeyType": "RANGE"},
    ]
    described = backup()
    described["SourceTableFeatureDetails"]["GlobalSecondaryIndexes"][0]["KeySchema"] = key

    assert overrides_for(PROVISIONED, clients, described)["GlobalSecondaryIndexOverride"][0]["KeySchema"] == key


def test_an_index_keeps_the_maxima_that_it_was_backed_up_with(clients: Clients) -> None:
    maxima = {"MaxReadRequestUnits": 9, "MaxWriteRequestUnits": 8}
    described = backup()
    described["SourceTableFeatureDetails"]["GlobalSecondaryIndexes"][0]["OnDemandThroughput"] = maxima

    assert overrides_for({"ExcludedIndexes": ["by-size"]}, clients, described)["GlobalSecondaryIndexOverride"] == [
        index("by-customer") | {"OnDemandThroughput": maxima},
        index("by-day"),
    ]


def test_provisioned_capacity_fails_before_the_restore_where_a_vector_index_stays(clients: Clients) -> None:
    with pytest.raises(RestoreOptionImpossible, match="leave out by-embedding with"):
        overrides_for(PROVISIONED | {"ExcludedIndexes": ["by-picture"]}, clients, backup_with_vector_index())

    assert (
        overrides_for(
            PROVISIONED | {"ExcludedIndexes": ["by-embedding", "by-picture"]}, clients, backup_with_vector_index()
        )["VectorIndexOverride"]
        == []
    )


def test_an_index_that_the_backup_does_not_have_fails_before_the_restore(clients: Clients) -> None:
    with pytest.raises(
        RestoreOptionImpossible, match="by-dya, but the table has these indexes: by-customer, by-day, by-size"
    ):
        overrides_for({"ExcludedIndexes": ["by-day", "by-dya"]}, clients, backup())


def check(options: RestoreOptions, clients: Clients, created_at: datetime = datetime(2025, 1, 1, tzinfo=UTC)) -> None:
    """The check of an advanced recovery point whose source table has a local and a vector index."""
    rotation = invocation()
    rotation["State"]["Restore"] = options
    table = {
        "TableName": "orders",
        "TableArn": TABLE_ARN,
        "CreationDateTime": created_at,
        "LocalSecondaryIndexes": [index("by-size")],
        "VectorIndexes": [VECTOR],
    }
    with Stubber(clients.dynamodb) as stub:
        stub.add_response("describe_table", {"Table": table})
        check_restore_job_options(rotation, clients.dynamodb)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"ExcludedIndexes": ["by-size"]}, "leaves out by-size, but a local secondary index cannot be deleted"),
        ({"ExcludedIndexes": ["by-dya"]}, "leaves out by-dya, but the table has these indexes: by-embedding, by-size"),
        (PROVISIONED, "leave out by-embedding with"),
    ],
)
def test_what_is_not_available_for_an_advanced_recovery_point_fails_before_the_restore(
    options: RestoreOptions, named: str, clients: Clients
) -> None:
    with pytest.raises(RestoreOptionImpossible, match=named):
        check(options, clients)


def test_a_table_that_was_created_in_place_of_the_source_tells_nothing(clients: Clients) -> None:
    check({"ExcludedIndexes": ["by-dya"]}, clients, created_at=datetime(2026, 11, 24, tzinfo=UTC))


def test_a_vector_index_of_an_advanced_recovery_point_can_be_left_out(clients: Clients) -> None:
    check(PROVISIONED | {"ExcludedIndexes": ["by-embedding"]}, clients)


def test_where_the_source_table_is_gone_nothing_keeps_the_restore_from_beginning(clients: Clients) -> None:
    rotation = invocation()
    rotation["State"]["Restore"] = {"ExcludedIndexes": ["by-size"]}

    check_restore_job_options(rotation, clients.dynamodb)
