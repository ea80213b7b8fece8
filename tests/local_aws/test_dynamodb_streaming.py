"""Contributor Insights and Kinesis data streams of tables."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.canaries import allow, code
from tests.support.polling import wait_until

TABLE: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-id",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture
def table(aws: Callable[..., Any]) -> Iterator[str]:
    name = f"streamed-{uuid.uuid4()}"
    aws("dynamodb").create_table(TableName=name, **TABLE)
    yield name
    aws("dynamodb").delete_table(TableName=name)


@pytest.mark.parametrize("of", [{}, {"IndexName": "by-id"}])
def test_insights_are_enabled_after_a_while_for_the_table_or_an_index(
    aws: Callable[..., Any], table: str, of: dict[str, str]
) -> None:
    dynamodb = aws("dynamodb")

    def status() -> str:
        return str(dynamodb.describe_contributor_insights(TableName=table, **of)["ContributorInsightsStatus"])

    assert status() == "DISABLED"
    answer = dynamodb.update_contributor_insights(TableName=table, ContributorInsightsAction="ENABLE", **of)
    assert answer["ContributorInsightsStatus"] == "ENABLING"
    wait_until("change", lambda: status() == "ENABLED" or None, 5)
    other = {"IndexName": "by-id"} if not of else {}
    assert dynamodb.describe_contributor_insights(TableName=table, **other)["ContributorInsightsStatus"] == "DISABLED"


def test_insights_need_an_existing_table_and_index(aws: Callable[..., Any], table: str) -> None:
    describe = aws("dynamodb").describe_contributor_insights
    assert code(describe, TableName=f"{table}-not") == "ResourceNotFoundException"
    assert code(describe, TableName=table, IndexName="not") == "ResourceNotFoundException"


def test_streaming_to_kinesis_needs_permission_to_write_there(
    aws: Callable[..., Any], role: Callable[..., str], table: str, name: str
) -> None:
    aws("kinesis").create_stream(StreamName=name, ShardCount=1)
    stream_arn = aws("kinesis").describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]
    arn = role("lambda.amazonaws.com", allow("dynamodb:*", "kinesis:DescribeStream", "kinesis:PutRecord"))
    keys = aws("sts").assume_role(RoleArn=arn, RoleSessionName=name)["Credentials"]
    acting = aws(
        "dynamodb",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    destination = {"TableName": table, "StreamArn": stream_arn}
    precision = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}

    assert code(acting.enable_kinesis_streaming_destination, **destination) == "AccessDeniedException"
    assert acting.describe_kinesis_streaming_destination(TableName=table)["KinesisDataStreamDestinations"] == []
    dynamodb = aws("dynamodb")
    dynamodb.enable_kinesis_streaming_destination(**destination, EnableKinesisStreamingConfiguration=precision)

    def active() -> dict[str, Any] | None:
        (found,) = dynamodb.describe_kinesis_streaming_destination(TableName=table)["KinesisDataStreamDestinations"]
        return found if found["DestinationStatus"] == "ACTIVE" else None

    assert wait_until("change", active, 5) == {"StreamArn": stream_arn, "DestinationStatus": "ACTIVE", **precision}
    assert code(acting.describe_kinesis_streaming_destination, TableName=table) == "AccessDeniedException"
    with pytest.raises(ClientError, match="Table is not in a valid state to enable Kinesis Streaming Destination: "):
        dynamodb.enable_kinesis_streaming_destination(**destination)
    missing = {**destination, "StreamArn": f"{stream_arn}-not"}
    assert code(dynamodb.enable_kinesis_streaming_destination, **missing) == "ResourceNotFoundException"


# Changes

Told = Callable[[], list[dict[str, Any]]]


def enable_stream(aws: Callable[..., Any], table: str, _name: str) -> Told:
    """Enables the stream of the table; gives what it tells."""
    specification = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    aws("dynamodb").update_table(TableName=table, StreamSpecification=specification)
    stream = aws("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    client = aws("dynamodbstreams")
    (shard,) = client.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]

    def told() -> list[dict[str, Any]]:
        iterator = client.get_shard_iterator(
            StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        return list(client.get_records(ShardIterator=iterator)["Records"])

    return told


def enable_kinesis(aws: Callable[..., Any], table: str, name: str) -> Told:
    """Streams the table to Kinesis; gives what arrives there."""
    client = aws("kinesis")
    client.create_stream(StreamName=name, ShardCount=1)
    stream = client.describe_stream(StreamName=name)["StreamDescription"]
    aws("dynamodb").enable_kinesis_streaming_destination(TableName=table, StreamArn=stream["StreamARN"])
    (shard,) = stream["Shards"]

    def told() -> list[dict[str, Any]]:
        iterator = client.get_shard_iterator(
            StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = [json.loads(record["Data"]) for record in client.get_records(ShardIterator=iterator)["Records"]]
        assert all(record["tableName"] == table for record in records)
        return records

    return told


@pytest.mark.parametrize("enable", [enable_stream, enable_kinesis])
def test_streams_are_told_of_changes_from_when_they_are_enabled(
    aws: Callable[..., Any], table: str, name: str, enable: Callable[..., Told]
) -> None:
    dynamodb = aws("dynamodb")

    def update(key: str, value: str) -> None:
        dynamodb.update_item(
            TableName=table,
            Key={"id": {"S": key}},
            UpdateExpression="SET colour = :c",
            ExpressionAttributeValues={":c": {"S": value}},
        )

    for key in ("kept", "changed", "deleted"):
        dynamodb.put_item(TableName=table, Item={"id": {"S": key}, "colour": {"S": "red"}})
    update("changed", "orange")
    told = enable(aws, table, name)
    assert told() == []
    update("changed", "orange")
    assert told() == [], "a change that is none"
    update("changed", "green")
    update("created", "blue")
    update("created", "grey")
    dynamodb.put_item(TableName=table, Item={"id": {"S": "put"}, "colour": {"S": "white"}})
    dynamodb.delete_item(TableName=table, Key={"id": {"S": "deleted"}})
    dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": {"id": {"S": "batch"}}}}]})

    def change(record: dict[str, Any]) -> tuple[str, str, str | None, str | None]:
        of = record["dynamodb"]
        old, new = (
            of[image]["colour"]["S"] if "colour" in of.get(image, {}) else None for image in ("OldImage", "NewImage")
        )
        return record["eventName"], of["Keys"]["id"]["S"], old, new

    assert [change(record) for record in told()] == [
        ("MODIFY", "changed", "orange", "green"),
        ("INSERT", "created", None, "blue"),
        ("MODIFY", "created", "blue", "grey"),
        ("INSERT", "put", None, "white"),
        ("REMOVE", "deleted", "red", None),
        ("INSERT", "batch", None, None),
    ]


def test_a_table_may_have_both_and_goes_on_without_its_stream(aws: Callable[..., Any], table: str, name: str) -> None:
    arrived, told = enable_kinesis(aws, table, name), enable_stream(aws, table, name)
    aws("dynamodb").put_item(TableName=table, Item={"id": {"S": "both"}})
    assert len(told()) == len(arrived()) == 1
    aws("dynamodb").update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    aws("dynamodb").put_item(TableName=table, Item={"id": {"S": "one"}})
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in arrived()] == ["both", "one"]
    (record, _) = arrived()
    assert record["dynamodb"]["ApproximateCreationDateTimePrecision"] == "MILLISECOND"
    assert abs(record["dynamodb"]["ApproximateCreationDateTime"] / 1000 - time.time()) < 60
