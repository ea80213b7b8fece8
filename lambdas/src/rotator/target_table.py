"""The table that a rotation makes."""

from typing import TYPE_CHECKING, Any

from rotator.aws_errors import answered
from rotator.errors import TableNotFound
from rotator.restore_options import AWS_OWNED, PROVISIONED
from rotator.state import RotationState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def describe_target_table(state: RotationState, dynamodb: "DynamoDBClient") -> dict[str, Any]:
    """What `DescribeTable` says of the target table. Raises `TableNotFound`."""
    name = state["TargetTableName"]
    with answered():
        try:
            return dict(dynamodb.describe_table(TableName=name)["Table"])
        except dynamodb.exceptions.ResourceNotFoundException as error:
            raise TableNotFound(f"The table {name} is gone, or not there yet") from error


def billing_mode_of(table: dict[str, Any]) -> str:
    return str(table.get("BillingModeSummary", {}).get("BillingMode", PROVISIONED))


def is_encrypted_as(wanted: str, table: dict[str, Any]) -> bool:
    """DynamoDB tells the ARN of a key, but not whether it is the one that AWS manages: that it has one has to do."""
    sse = table.get("SSEDescription", {})
    on = sse.get("Status") == "ENABLED"
    if wanted == AWS_OWNED:
        return not on
    return on and (not wanted.startswith("arn:") or sse.get("KMSMasterKeyArn") == wanted)
