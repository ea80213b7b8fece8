"""The tags by which the module knows the tables that it made.

DynamoDB tells what a table is being restored from only until the table is `ACTIVE`; from then on, the tags do.
"""

from typing import TYPE_CHECKING, Any

from rotator.aws_errors import answered
from rotator.errors import TargetTableTaken
from rotator.state import RotationState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PREFIX = "backup-dynamodb-rotator:"
MODULE = f"{_PREFIX}module"
RULE = f"{_PREFIX}rule"
SOURCE_TABLE = f"{_PREFIX}source-table"
RECOVERY_POINT = f"{_PREFIX}recovery-point"
BACKUP_TIME = f"{_PREFIX}backup-time"


def claim(table: dict[str, Any], state: RotationState, module: str, dynamodb: "DynamoDBClient") -> None:
    """Tags an `ACTIVE` table as made by this rotation.

    Raises `TargetTableTaken` where it carries the tags of another one.
    """
    check_not_taken(table, state, dynamodb)
    message = state["BackupSnsMessage"]
    tags = {
        MODULE: module,
        RULE: state["Rule"],
        SOURCE_TABLE: message["BackedUpResourceArn"],
        RECOVERY_POINT: message["RecoveryPointArn"],
        BACKUP_TIME: message["StartTime"],
    }
    with answered():
        dynamodb.tag_resource(
            ResourceArn=table["TableArn"], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
        )


def check_not_taken(table: dict[str, Any], state: RotationState, dynamodb: "DynamoDBClient") -> None:
    """Raises `TargetTableTaken` where an `ACTIVE` table carries the tags of a rotation of another recovery point."""
    recovery_point_arn = state["BackupSnsMessage"]["RecoveryPointArn"]
    with answered():
        pages = dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=table["TableArn"])
        tags = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
    origin = tags.get(RECOVERY_POINT, recovery_point_arn)
    if origin != recovery_point_arn:
        raise taken(table["TableName"], origin, recovery_point_arn)


def taken(table_name: str, origin: str, recovery_point_arn: str) -> TargetTableTaken:
    return TargetTableTaken(
        f"The table {table_name} is there already, from {origin} and not from {recovery_point_arn}. Give the rules "
        "replacement patterns that lead to different names, or delete the table and run the rotation again."
    )
