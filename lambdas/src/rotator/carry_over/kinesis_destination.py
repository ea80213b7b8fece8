"""The Kinesis data streams that DynamoDB sends changes to.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_EnableKinesisStreamingDestination.html
"""

from typing import Any

from rotator.aws_errors import translated_errors
from rotator.errors import NotYet, SettingsNotApplied
from rotator.tables import Tables

_ACTIVE = "ACTIVE"
_PRECISION = "ApproximateCreationDateTimePrecision"


def carry_over_kinesis_destination(tables: Tables) -> bool:
    wanted = [
        destination
        for destination in _destinations_of(tables.source_name, tables).values()
        if destination["DestinationStatus"] in (_ACTIVE, "ENABLING", "UPDATING")
    ]
    there = _destinations_of(tables.target_name, tables) if wanted else {}
    for destination in wanted:
        status = there.get(destination["StreamArn"], {}).get("DestinationStatus")
        if status == _ACTIVE:
            continue
        if status == "ENABLE_FAILED":
            raise SettingsNotApplied(
                f"DynamoDB failed to stream {tables.target_name} to {destination['StreamArn']}; disable that before "
                "you redrive the execution"
            )
        if status != "ENABLING":
            _enable(destination, tables)
        raise NotYet(f"The stream of {tables.target_name} to {destination['StreamArn']} is being enabled")
    return bool(wanted)


def _destinations_of(table_name: str, tables: Tables) -> dict[str, dict[str, Any]]:
    with translated_errors():
        answer = tables.clients.dynamodb.describe_kinesis_streaming_destination(TableName=table_name)
    return {destination["StreamArn"]: dict(destination) for destination in answer["KinesisDataStreamDestinations"]}


def _enable(destination: dict[str, Any], tables: Tables) -> None:
    precision: Any = {key: destination[key] for key in (_PRECISION,) if key in destination}
    configuration: Any = {"EnableKinesisStreamingConfiguration": precision} if precision else {}
    with translated_errors():
        tables.clients.dynamodb.enable_kinesis_streaming_destination(
            TableName=tables.target_name, StreamArn=destination["StreamArn"], **configuration
        )
