"""A table that already has the target's name when a restore is about to start."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rotator.errors import NotYet
from rotator.ownership import taken
from rotator.state import RotationState
from rotator.target_table import describe_target_table
from rotator.timestamps import to_iso8601

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def describe_table_in_place(state: RotationState, dynamodb: "DynamoDBClient") -> dict[str, Any]:
    """The table that has the target's name, ours or not. Raises `TableNotFound`, and `NotYet` while it is deleted."""
    table = describe_target_table(state, dynamodb)
    if table["TableStatus"] == "DELETING":
        raise NotYet(f"The table {table['TableName']} is being deleted")
    return table


def check_created_since(rotation_start: datetime, table: dict[str, Any], recovery_point_arn: str) -> None:
    """Raises `TargetTableTaken` where the table is older than the rotation."""
    if table["CreationDateTime"] < rotation_start:
        origin = f"before this rotation started ({to_iso8601(table['CreationDateTime'])})"
        raise taken(table["TableName"], origin, recovery_point_arn)
