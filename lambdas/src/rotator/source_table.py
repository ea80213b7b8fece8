"""What AWS tells of the table that was backed up: DynamoDB while it is there, a native backup also afterwards."""

from typing import TYPE_CHECKING, Any

from rotator.aws_errors import answered
from rotator.recovery_points import is_native
from rotator.state import RotationState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def source_table_name(state: RotationState) -> str:
    return state["BackupSnsMessage"]["BackedUpResourceArn"].rpartition("/")[2]


def describe_source_table(state: RotationState, dynamodb: "DynamoDBClient") -> dict[str, Any] | None:
    """What `DescribeTable` says of the source table as it is now; `None` where it is gone."""
    with answered():
        try:
            table = dynamodb.describe_table(TableName=source_table_name(state))["Table"]
        except dynamodb.exceptions.ResourceNotFoundException:
            return None
    return dict(table)


def describe_recovery_point(state: RotationState, dynamodb: "DynamoDBClient") -> dict[str, Any] | None:
    """What a native backup records of the source table; `None` where it is gone, or is none.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BackupDescription.html
    """
    recovery_point_arn = state["BackupSnsMessage"]["RecoveryPointArn"]
    if not is_native(recovery_point_arn):
        return None
    with answered():
        try:
            return describe_backup(recovery_point_arn, dynamodb)
        except dynamodb.exceptions.BackupNotFoundException:
            return None


def describe_backup(backup_arn: str, dynamodb: "DynamoDBClient") -> dict[str, Any]:
    return dict(dynamodb.describe_backup(BackupArn=backup_arn)["BackupDescription"])
