"""What AWS knows of the source table: DynamoDB while it exists, a native backup also afterwards."""

from typing import TYPE_CHECKING, Any

from rotator.aws_errors import translated_errors
from rotator.recovery_points import NATIVE
from rotator.state import RotationState
from rotator.unknown_members import member

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def source_table_name(state: RotationState) -> str:
    return state["BackupSnsMessage"]["BackedUpResourceArn"].rpartition("/")[2]


def describe_source_table(state: RotationState, dynamodb: "DynamoDBClient") -> dict[str, Any] | None:
    """What `DescribeTable` says of the source table as it is now. `None` where it is gone."""
    with translated_errors():
        try:
            return member(dynamodb.describe_table(TableName=source_table_name(state)), "Table")
        except dynamodb.exceptions.ResourceNotFoundException:
            return None


def describe_recovery_point(state: RotationState, dynamodb: "DynamoDBClient") -> dict[str, Any] | None:
    """What a native backup records of the source table. `None` where it is gone, or is not native.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BackupDescription.html
    """
    if state["RecoveryPointKind"] != NATIVE:
        return None
    with translated_errors():
        try:
            return describe_backup(state["BackupSnsMessage"]["RecoveryPointArn"], dynamodb)
        except dynamodb.exceptions.BackupNotFoundException:
            return None


def describe_backup(backup_arn: str, dynamodb: "DynamoDBClient") -> dict[str, Any]:
    return member(dynamodb.describe_backup(BackupArn=backup_arn), "BackupDescription")
