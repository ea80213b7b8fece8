"""Time to live: DynamoDB deletes items after the time in one of their attributes.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
"""

from collections.abc import Mapping
from typing import Any

from rotator.aws_errors import translated_errors
from rotator.tables import Tables

_ON = ("ENABLED", "ENABLING")


def carry_over_time_to_live(tables: Tables) -> bool:
    if tables.source_is_gone:
        wanted = _attribute(tables.recorded.get("TimeToLiveDescription", {}))
    else:
        wanted = _attribute_of(tables.source_name, tables)
    if wanted is None:
        return False
    if _attribute_of(tables.target_name, tables) != wanted:
        with translated_errors():
            tables.clients.dynamodb.update_time_to_live(
                TableName=tables.target_name,
                TimeToLiveSpecification={"Enabled": True, "AttributeName": wanted},
            )
    return True


def _attribute_of(table_name: str, tables: Tables) -> str | None:
    with translated_errors():
        answer = tables.clients.dynamodb.describe_time_to_live(TableName=table_name)
    return _attribute(answer["TimeToLiveDescription"])


def _attribute(description: Mapping[str, Any]) -> str | None:
    return str(description["AttributeName"]) if description.get("TimeToLiveStatus") in _ON else None
