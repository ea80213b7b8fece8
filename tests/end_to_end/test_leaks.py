"""What the hook masks never leaves the copy: not through its stream, and not through Kinesis."""

from typing import Any

import pytest

from tests.support.aws import client, local_only, recovery_points
from tests.support.deployment import Deployment
from tests.support.polling import wait_until
from tests.support.tables import make_table_with_settings

pytestmark = [local_only, pytest.mark.usefixtures("_quick_restores")]

SECRET = "ann@example.com"
LATER = "written after the switch"


@pytest.mark.parametrize("native", [True, False])
def test_no_unmasked_item_reaches_a_stream_or_kinesis(native: bool, deployment: Deployment) -> None:
    name = f"rotator-test-{native}-leak"
    # The source table's own stream and destination are enabled after the secret is written.
    table_arn = make_table_with_settings(name)
    client("dynamodb").put_item(TableName=name, Item={"id": {"S": "1"}, "email": {"S": SECRET}})
    enable_stream_and_destination(name)
    with recovery_points(native=native):
        job = deployment.end_of_backup(deployment.start_backup(table_arn))
    state = deployment.rotate("masked", job)

    copy = state["TargetTableName"]
    items = client("dynamodb").scan(TableName=copy)["Items"]
    assert {item["id"]["S"]: item.get("email", {}).get("S") for item in items} == {name: None, "1": "masked"}
    # Whatever is written now arrives in both, so that their silence until then proves something.
    client("dynamodb").put_item(TableName=copy, Item={"id": {"S": "1"}, "email": {"S": LATER}})
    for records in (records_of_stream, records_of_kinesis):
        texts = wait_until("record", lambda read=records: found(LATER, read(copy)), deployment.patience_seconds)  # type: ignore[misc]
        assert SECRET not in texts, records.__name__
    entered = [
        event["stateEnteredEventDetails"]["name"]
        for event in deployment.history("masked", job)
        if event["type"] == "TaskStateEntered"
    ]
    after_the_restore = entered[entered.index("Configure Table") :]
    assert after_the_restore == ["Configure Table", "Run Hook State Machine", "Carry Over Settings", "Verify Table"]


def enable_stream_and_destination(name: str) -> None:
    dynamodb, kinesis = client("dynamodb"), client("kinesis")
    dynamodb.update_table(
        TableName=name, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    )
    kinesis.create_stream(StreamName=name, ShardCount=1)
    stream_arn = kinesis.describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]
    dynamodb.enable_kinesis_streaming_destination(TableName=name, StreamArn=stream_arn)


def found(text: str, records: str) -> str | None:
    return records if text in records else None


def records_of_stream(copy: str) -> str:
    streams = client("dynamodbstreams")
    arn = client("dynamodb").describe_table(TableName=copy)["Table"]["LatestStreamArn"]
    shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    return str([read(streams, shard, StreamArn=arn) for shard in shards])


def records_of_kinesis(copy: str) -> str:
    (destination,) = client("dynamodb").describe_kinesis_streaming_destination(TableName=copy)[
        "KinesisDataStreamDestinations"
    ]
    kinesis, name = client("kinesis"), destination["StreamArn"].rpartition("/")[2]
    shards = kinesis.describe_stream(StreamName=name)["StreamDescription"]["Shards"]
    return str([read(kinesis, shard, StreamName=name) for shard in shards])


def read(streams: Any, shard: dict[str, Any], **stream: str) -> list[Any]:  # noqa: ANN401
    """Everything that a shard holds, from the oldest record on."""
    iterator = streams.get_shard_iterator(ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON", **stream)
    records: list[Any] = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    return records
