"""DynamoDB: Contributor Insights and Kinesis data streams of tables."""

import time
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from moto.kinesis.exceptions import ResourceNotFoundError
from moto.kinesis.models import kinesis_backends

from local_aws.dynamodb.changes import watch
from local_aws.dynamodb.errors import error
from local_aws.dynamodb.restores import require_visible
from local_aws.patching import adds
from local_aws.settings import settings

adds(
    Table,
    "insights",
    because="moto lacks Contributor Insights",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContributorInsights.html",
)(None)
adds(
    Table,
    "streaming",
    because="moto lacks Kinesis data streams of tables",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_EnableKinesisStreamingDestination.html",
)(None)


def _table(handler: DynamoHandler) -> Table:
    table: Table = handler.dynamodb_backend.get_table(handler.body["TableName"])
    require_visible(table)
    table.insights = table.insights or {}
    table.streaming = table.streaming or {}
    return table


def _settled(ready_at: float, settled: str, before: str) -> str:
    return settled if time.monotonic() >= ready_at else before


@adds(
    DynamoHandler,
    "update_contributor_insights",
    because="moto lacks Contributor Insights",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContributorInsights.html",
)
def update_contributor_insights(handler: DynamoHandler) -> ActionResult:
    """UpdateContributorInsights, of a table or of an index; ENABLING for a while."""
    table = _table(handler)
    _check_index(table, handler)
    if handler.body["ContributorInsightsAction"] == "ENABLE":
        mode = handler.body.get("ContributorInsightsMode", "ACCESSED_AND_THROTTLED_KEYS")
        table.insights[handler.body.get("IndexName", "")] = time.monotonic() + settings.settling_seconds, mode
    else:
        table.insights.pop(handler.body.get("IndexName", ""), None)
    return _insights(handler)


@adds(
    DynamoHandler,
    "describe_contributor_insights",
    because="moto lacks Contributor Insights",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContributorInsights.html",
)
def describe_contributor_insights(handler: DynamoHandler) -> ActionResult:
    """DescribeContributorInsights."""
    _check_index(_table(handler), handler)
    return _insights(handler)


def _check_index(table: Table, handler: DynamoHandler) -> None:
    index = handler.body.get("IndexName")
    if index and index not in [known.name for known in table.global_indexes]:
        raise error("ResourceNotFoundException", f"Requested resource not found: Index: {index}")


def _insights(handler: DynamoHandler) -> ActionResult:
    table, index = _table(handler), handler.body.get("IndexName")
    answer: dict[str, Any] = {"TableName": table.name, "ContributorInsightsStatus": "DISABLED"}
    if found := table.insights.get(index or ""):
        ready_at, mode = found
        answer["ContributorInsightsStatus"] = _settled(ready_at, "ENABLED", "ENABLING")
        answer["ContributorInsightsMode"] = mode
    return ActionResult(answer | ({"IndexName": index} if index else {}))


@adds(
    DynamoHandler,
    "enable_kinesis_streaming_destination",
    because="moto lacks Kinesis data streams of tables",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_EnableKinesisStreamingDestination.html",
)
def enable_kinesis_streaming_destination(handler: DynamoHandler) -> ActionResult:
    """EnableKinesisStreamingDestination."""
    table, stream_arn = _table(handler), handler.body["StreamArn"]
    try:
        kinesis_backends[handler.current_account][handler.region].describe_stream(stream_arn, None)
    except ResourceNotFoundError as missing:
        raise error("ResourceNotFoundException", f"Stream not found: {stream_arn}") from missing
    if stream_arn in table.streaming:
        raise error(
            "ValidationException",
            "Table is not in a valid state to enable Kinesis Streaming Destination: EnableKinesisStreamingDestination "
            "must be DISABLED or ENABLE_FAILED to perform ENABLE operation.",
        )
    configuration = handler.body.get("EnableKinesisStreamingConfiguration", {})
    precision = configuration.get("ApproximateCreationDateTimePrecision", "MILLISECOND")
    table.streaming[stream_arn] = time.monotonic() + settings.settling_seconds, precision
    watch(table)
    return ActionResult(
        {"TableName": table.name, "StreamArn": stream_arn, "DestinationStatus": "ENABLING"}
        | ({"EnableKinesisStreamingConfiguration": configuration} if configuration else {})
    )


@adds(
    DynamoHandler,
    "describe_kinesis_streaming_destination",
    because="moto lacks Kinesis data streams of tables",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeKinesisStreamingDestination.html",
)
def describe_kinesis_streaming_destination(handler: DynamoHandler) -> ActionResult:
    """DescribeKinesisStreamingDestination."""
    table = _table(handler)
    destinations = [
        {
            "StreamArn": stream_arn,
            "DestinationStatus": _settled(ready_at, "ACTIVE", "ENABLING"),
            "ApproximateCreationDateTimePrecision": precision,
        }
        for stream_arn, (ready_at, precision) in table.streaming.items()
    ]
    return ActionResult({"TableName": table.name, "KinesisDataStreamDestinations": destinations})
