"""Contributor Insights and Kinesis data streams of tables."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import allow, code, eventually

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
    eventually(lambda: status() == "ENABLED" or None, 5)
    other = {"IndexName": "by-id"} if not of else {}
    assert dynamodb.describe_contributor_insights(TableName=table, **other)["ContributorInsightsStatus"] == "DISABLED"


def test_insights_of_what_does_not_exist(aws: Callable[..., Any], table: str) -> None:
    describe = aws("dynamodb").describe_contributor_insights
    assert code(describe, TableName=f"{table}-not") == "ResourceNotFoundException"
    assert code(describe, TableName=table, IndexName="not") == "ResourceNotFoundException"


def test_a_table_is_streamed_to_kinesis_by_one_who_may_write_there(
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

    assert eventually(active, 5) == {"StreamArn": stream_arn, "DestinationStatus": "ACTIVE", **precision}
    assert code(acting.describe_kinesis_streaming_destination, TableName=table) == "AccessDeniedException"
    assert code(dynamodb.enable_kinesis_streaming_destination, **destination) == "ValidationException"
    missing = {**destination, "StreamArn": f"{stream_arn}-not"}
    assert code(dynamodb.enable_kinesis_streaming_destination, **missing) == "ResourceNotFoundException"
