"""The Kinesis data streams that changes are sent to.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_EnableKinesisStreamingDestination.html
"""

from typing import Any

from rotator.aws_errors import answered
from rotator.carry_over.tables import Tables
from rotator.errors import NotYet, SettingsNotApplied

_ACTIVE = "ACTIVE"
_PRECISION = "ApproximateCreationDateTimePrecision"


def carry_over_kinesis_destination(tables: Tables) -> bool:
    tables.existing_source  # noqa: B018 (raises where there is none)
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
                "the rotation is run again"
            )
        if status != "ENABLING":
            _enable(destination, tables)
        raise NotYet(f"The stream of {tables.target_name} to {destination['StreamArn']} is being enabled")
    return bool(wanted)


def _destinations_of(table_name: str, tables: Tables) -> dict[str, dict[str, Any]]:
    with answered():
        answer = tables.clients.dynamodb.describe_kinesis_streaming_destination(TableName=table_name)
    return {destination["StreamArn"]: dict(destination) for destination in answer["KinesisDataStreamDestinations"]}


def _enable(destination: dict[str, Any], tables: Tables) -> None:
    precision: Any = {key: destination[key] for key in (_PRECISION,) if key in destination}
    configuration: Any = {"EnableKinesisStreamingConfiguration": precision} if precision else {}
    with answered():
        tables.clients.dynamodb.enable_kinesis_streaming_destination(
            TableName=tables.target_name, StreamArn=destination["StreamArn"], **configuration
        )
