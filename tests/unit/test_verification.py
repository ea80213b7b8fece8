"""What counts as proof that a backup restores."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from rotator.clients import Clients
from rotator.errors import NotYet, VerificationFailed
from rotator.state import VerifyTableOutput
from rotator.verification import verify_table
from tests.support.rotations import ELSEWHERE, TARGET, invocation, restored

ADVANCED = "arn:aws:backup:us-east-1:123456789012:recovery-point:1eb3b5e7-9eb0-435a-a80b-108b488b0d45"
KEY = [{"AttributeName": "id", "KeyType": "HASH"}]
NOT_FOUND = "ResourceNotFoundException"


def index(name: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"IndexName": name, "KeySchema": KEY, "Projection": {"ProjectionType": "ALL"}, **changes}


def table(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "TableName": TARGET,
        "CreationDateTime": datetime(2025, 1, 1, tzinfo=UTC),
        "KeySchema": KEY,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "GlobalSecondaryIndexes": [index("by-day", IndexStatus="ACTIVE")],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        **changes,
    }


def verified(
    clients: Clients,
    copy: dict[str, Any],
    *,
    source: dict[str, Any] | None = None,
    size: int = 4711,
    items: int = 1,
    **options: Any,  # noqa: ANN401
) -> VerifyTableOutput:
    """The verdict on a table that AWS Backup restored."""
    rotation = invocation(ADVANCED)
    rotation["State"]["Restore"] = options  # type: ignore[typeddict-item]
    rotation["State"]["StartRestoreJobOutput"] = {"RestoreJobId": "job"}
    rotation["State"]["DescribeTableOutput"] = restored()
    with Stubber(clients.dynamodb) as dynamodb, Stubber(clients.backup) as backup:
        dynamodb.add_response("describe_table", {"Table": copy})
        if source:
            dynamodb.add_response("describe_table", {"Table": source})
        else:
            dynamodb.add_client_error("describe_table", NOT_FOUND)
        backup.add_response("describe_restore_job", {"BackupSizeInBytes": size})
        dynamodb.add_response("scan", {"Count": 0, "LastEvaluatedKey": {"id": {"S": "a"}}})
        dynamodb.add_response("scan", {"Count": items})
        return verify_table(rotation, clients)


def metrics_of(capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401
    return next(line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" in line)


def test_a_table_like_its_source_is_verified(clients: Clients, capsys: pytest.CaptureFixture[str]) -> None:
    output = verified(clients, table(), source=table())

    assert output == {
        "Verified": True,
        "ComparedWith": "source table",
        "Comparisons": ["key", "indexes", "attribute types", "items"],
        "BackupSizeBytes": 4711,
    }
    metrics = metrics_of(capsys)
    assert {name: metrics[name] for name in ("RestoreSeconds", "BackupSizeBytes", "Verified")} == {
        "RestoreSeconds": [261.0],
        "BackupSizeBytes": [4711.0],
        "Verified": [1.0],
    }
    assert metrics["rule"] == "staging"


def test_the_metric_of_a_table_that_differs_is_zero(clients: Clients, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(VerificationFailed):
        verified(clients, table(), items=0)

    assert metrics_of(capsys)["Verified"] == [0.0]


@pytest.mark.parametrize(
    ("restored", "difference"),
    [
        (
            table(KeySchema=[{"AttributeName": "no", "KeyType": "HASH"}]),
            "its key is no (HASH), not id (HASH)",
        ),
        (
            table(AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}]),
            "its attribute id is of type N, not S",
        ),
        (table(GlobalSecondaryIndexes=[]), "its index by-day is missing"),
        (
            table(GlobalSecondaryIndexes=[index("by-day", Projection={"ProjectionType": "KEYS_ONLY"})]),
            "its index by-day has another Projection",
        ),
        (table(GlobalSecondaryIndexes=[index("by-day", IndexStatus="DELETING")]), "its index by-day is DELETING"),
    ],
)
def test_a_table_that_differs_is_not_verified(restored: dict[str, Any], difference: str, clients: Clients) -> None:
    with pytest.raises(VerificationFailed, match=f"not what was backed up: {re.escape(difference)}$"):
        verified(clients, restored, source=table())


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"ExcludedIndexes": ["by-day"]}, "it has the index by-day, which the rule leaves out"),
        ({"BillingMode": "PROVISIONED"}, "its billing mode is PAY_PER_REQUEST, not PROVISIONED"),
        ({"Encryption": "AWS_MANAGED"}, "it is encrypted with a key that DynamoDB owns, not AWS_MANAGED"),
    ],
)
def test_a_table_without_what_the_rule_asks_for_is_not_verified(
    options: dict[str, Any], difference: str, clients: Clients
) -> None:
    with pytest.raises(VerificationFailed, match=re.escape(difference)):
        verified(clients, table(), source=table(), **options)


def test_an_index_that_is_left_out_is_not_missed(clients: Clients) -> None:
    restored = table(GlobalSecondaryIndexes=[])

    assert verified(clients, restored, source=table(), ExcludedIndexes=["by-day"])["Verified"]


def test_an_index_that_the_source_has_lost_since_is_no_difference(clients: Clients) -> None:
    assert verified(clients, table(), source=table(GlobalSecondaryIndexes=[]))["Verified"]


def test_an_index_that_is_being_built_is_waited_for(clients: Clients) -> None:
    with pytest.raises(NotYet, match="by-day"):
        verified(clients, table(GlobalSecondaryIndexes=[index("by-day", IndexStatus="CREATING")]), source=table())


PLACE = [
    {"AttributeName": "tenant", "KeyType": "HASH"},
    {"AttributeName": "region", "KeyType": "HASH"},
    {"AttributeName": "city", "KeyType": "RANGE"},
]


def of_customer(key: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{"AttributeName": "customer", "KeyType": "HASH"}, *key[1:]]


def test_a_key_of_several_attributes_differs_in_each_of_them_and_in_their_order(clients: Clients) -> None:
    shown = "tenant (HASH), region (HASH), city (RANGE)"
    with pytest.raises(
        VerificationFailed, match=re.escape(f"its key is customer (HASH), region (HASH), city (RANGE), not {shown}")
    ):
        verified(clients, table(KeySchema=of_customer(PLACE)), source=table(KeySchema=PLACE))
    with pytest.raises(VerificationFailed, match=re.escape(f"region (HASH), tenant (HASH), city (RANGE), not {shown}")):
        verified(clients, table(KeySchema=[PLACE[1], PLACE[0], PLACE[2]]), source=table(KeySchema=PLACE))


PROJECTION = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name", "price"]}
VECTOR: dict[str, Any] = {
    "IndexName": "by-embedding",
    "VectorAttribute": {"AttributeName": "embedding"},
    "SearchSchema": [
        {"AttributeName": "tenant", "SearchSchemaElementType": "HASH"},
        {"AttributeName": "shop", "SearchSchemaElementType": "INLINE_FILTER"},
    ],
    "Projection": PROJECTION,
    "Dimensions": 1024,
    "DistanceFunction": "COSINE",
}


@pytest.mark.parametrize(
    ("kind", "expected", "changes"),
    [
        ("GlobalSecondaryIndexes", index("by-place", KeySchema=PLACE), {"KeySchema": of_customer(PLACE)}),
        (
            "LocalSecondaryIndexes",
            index("by-place", Projection=PROJECTION),
            {"Projection": PROJECTION | {"NonKeyAttributes": ["name"]}},
        ),
        ("VectorIndexes", VECTOR, {"Dimensions": 512}),
        ("VectorIndexes", VECTOR, {"DistanceFunction": "EUCLIDEAN"}),
        ("VectorIndexes", VECTOR, {"VectorAttribute": {"AttributeName": "picture"}}),
        ("VectorIndexes", VECTOR, {"SearchSchema": VECTOR["SearchSchema"][:1]}),
        ("VectorIndexes", VECTOR, {"Projection": {"ProjectionType": "ALL"}}),
    ],
)
def test_an_index_of_any_kind_differs_in_each_part_of_its_definition(
    kind: str, expected: dict[str, Any], changes: dict[str, Any], clients: Clients
) -> None:
    copy, source = table(**{kind: [expected | changes]}), table(**{kind: [expected]})
    (part,) = changes

    with pytest.raises(VerificationFailed, match=f": its index {expected['IndexName']} has another {part}$"):
        verified(clients, copy, source=source)


def test_what_does_not_define_an_index_is_no_difference(clients: Clients) -> None:
    other = {
        "IndexStatus": "ACTIVE",
        "IndexArn": "arn",
        "ItemCount": 7,
        "IndexSizeBytes": 7,
        "Projection": PROJECTION | {"NonKeyAttributes": ["price", "name"]},
        "SearchSchema": VECTOR["SearchSchema"][::-1],
    }

    assert verified(clients, table(VectorIndexes=[VECTOR | other]), source=table(VectorIndexes=[VECTOR]))["Verified"]


def test_a_vector_index_is_missed_like_any_other(clients: Clients) -> None:
    with pytest.raises(VerificationFailed, match="its index by-embedding is missing"):
        verified(clients, table(), source=table(VectorIndexes=[VECTOR]))
    assert verified(clients, table(), source=table(VectorIndexes=[VECTOR]), ExcludedIndexes=["by-embedding"])[
        "Verified"
    ]


@pytest.mark.parametrize("progress", [{"IndexStatus": "CREATING"}, {"IndexStatus": "ACTIVE", "Backfilling": True}])
def test_a_vector_index_that_is_being_filled_is_waited_for(progress: dict[str, Any], clients: Clients) -> None:
    with pytest.raises(NotYet, match="by-embedding"):
        verified(clients, table(VectorIndexes=[VECTOR | progress]))


def test_an_empty_table_from_a_backup_with_items_is_not_verified(clients: Clients) -> None:
    with pytest.raises(VerificationFailed, match="it has no items, but the backup has 1 bytes"):
        verified(clients, table(), source=table(), size=1, items=0)


@pytest.mark.parametrize(
    ("source", "size", "items", "comparisons"),
    [
        # An empty copy of a backup of nothing.
        (table(), 0, 0, ["key", "indexes", "attribute types"]),
        # Neither the source table nor a native backup.
        (None, 4711, 1, ["items"]),
        (None, 0, 0, []),
    ],
)
def test_a_copy_of_which_nothing_is_proven_is_neither_verified_nor_failed(
    source: dict[str, Any] | None,
    size: int,
    items: int,
    comparisons: list[str],
    clients: Clients,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = verified(clients, table(), source=source, size=size, items=items)

    assert (output["Verified"], output["Comparisons"]) == (None, comparisons)
    assert "Verified" not in metrics_of(capsys)


def test_without_source_and_native_backup_it_says_that_there_was_nothing_to_compare(clients: Clients) -> None:
    assert verified(clients, table())["ComparedWith"] == "nothing, as the source table is gone"


def test_a_copy_is_not_compared_with_a_table_that_was_created_in_place_of_its_source(clients: Clients) -> None:
    other = table(
        KeySchema=[{"AttributeName": "no", "KeyType": "HASH"}], CreationDateTime=datetime(2026, 11, 24, tzinfo=UTC)
    )

    output = verified(clients, table(), source=other)

    assert output["ComparedWith"] == "nothing, as the source table has been created anew since the backup"
    assert (output["Verified"], output["Comparisons"]) == (None, ["items"])


def test_a_copy_is_not_compared_with_a_table_here_that_has_the_name_of_one_elsewhere(clients: Clients) -> None:
    rotation = invocation(ADVANCED, source_table_arn=ELSEWHERE)
    rotation["State"]["Restore"] = {"BillingMode": "PAY_PER_REQUEST"}
    rotation["State"]["StartRestoreJobOutput"] = {"RestoreJobId": "job"}
    rotation["State"]["DescribeTableOutput"] = restored()
    with Stubber(clients.dynamodb) as dynamodb, Stubber(clients.backup) as backup:
        dynamodb.add_response("describe_table", {"Table": table()}, {"TableName": TARGET})
        backup.add_response("describe_restore_job", {"BackupSizeInBytes": 4711})
        dynamodb.add_response("scan", {"Count": 1})
        output = verify_table(rotation, clients)

    assert output == {
        "Verified": None,
        "ComparedWith": "nothing, as the source table belongs to another account or Region",
        "Comparisons": ["billing mode", "items"],
        "BackupSizeBytes": 4711,
    }


def test_what_the_rule_asks_for_is_compared_even_where_the_source_is_gone(clients: Clients) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    copy = table(SSEDescription={"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key})
    options: Any = {"BillingMode": "PAY_PER_REQUEST", "Encryption": key}

    assert verified(clients, copy, **options)["Comparisons"] == ["billing mode", "encryption", "items"]
    with pytest.raises(VerificationFailed, match=f"it is encrypted with {key}, not {key}0"):
        verified(clients, copy, Encryption=f"{key}0")


BACKUP: dict[str, Any] = {
    "BackupDetails": {
        "BackupArn": invocation()["State"]["BackupSnsMessage"]["RecoveryPointArn"],
        "BackupName": "backup",
        "BackupStatus": "AVAILABLE",
        "BackupType": "AWS_BACKUP",
        "BackupCreationDateTime": "2026-11-23T02:07:00Z",
    },
    "SourceTableDetails": {
        "TableName": "orders",
        "TableId": "5a772b5a-36d5-4a69-9b18-ed2f5213c659",
        "KeySchema": KEY,
        "TableCreationDateTime": "2026-11-23T02:07:00Z",
        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    },
}


def verified_native(
    clients: Clients, backup: dict[str, Any], source: dict[str, Any] | None = None
) -> VerifyTableOutput:
    """The verdict on a table that DynamoDB restored, and whose source is gone unless one is given."""
    rotation = invocation()
    rotation["State"]["DescribeTableOutput"] = restored()
    with Stubber(clients.dynamodb) as dynamodb:
        dynamodb.add_response("describe_table", {"Table": table()})
        dynamodb.add_response("describe_backup", {"BackupDescription": backup})
        if source:
            dynamodb.add_response("describe_table", {"Table": source})
        else:
            dynamodb.add_client_error("describe_table", NOT_FOUND)
        dynamodb.add_response("scan", {"Count": 1})
        return verify_table(rotation, clients)


def test_a_native_backup_is_compared_as_it_was_recorded(clients: Clients) -> None:
    backup = BACKUP | {
        "BackupDetails": BACKUP["BackupDetails"] | {"BackupSizeBytes": 4711},
        "SourceTableFeatureDetails": {"GlobalSecondaryIndexes": [index("by-day"), index("by-night")]},
    }

    with pytest.raises(VerificationFailed, match="its index by-night is missing"):
        verified_native(clients, backup)


def test_a_native_backup_may_tell_neither_its_size_nor_of_indexes(clients: Clients) -> None:
    assert verified_native(clients, BACKUP) == {
        "Verified": True,
        "ComparedWith": "backup",
        "Comparisons": ["key", "indexes", "items"],
        "BackupSizeBytes": None,
    }


def test_the_key_is_compared_with_the_backup_rather_than_with_a_table_made_since(clients: Clients) -> None:
    other = table(KeySchema=of_customer(KEY))
    backup = BACKUP | {"SourceTableDetails": BACKUP["SourceTableDetails"] | {"KeySchema": other["KeySchema"]}}

    assert verified_native(clients, BACKUP, other)["Verified"]
    with pytest.raises(VerificationFailed, match=re.escape("its key is id (HASH), not customer (HASH)")):
        verified_native(clients, backup, table())
