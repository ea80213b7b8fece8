"""The copy that the rotation at hand creates."""

from typing import TYPE_CHECKING, Any

from rotator.aws_errors import translated_errors
from rotator.errors import TableNotFound
from rotator.state import RotationState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ON_DEMAND = "PAY_PER_REQUEST"
PROVISIONED = "PROVISIONED"

AWS_OWNED = "AWS_OWNED"
AWS_MANAGED = "AWS_MANAGED"


def describe_target_table(state: RotationState, dynamodb: "DynamoDBClient") -> dict[str, Any]:
    """The target table as it goes into the state. Raises `TableNotFound`."""
    name = state["TargetTableName"]
    with translated_errors():
        try:
            return dict(dynamodb.describe_table(TableName=name)["Table"])
        except dynamodb.exceptions.ResourceNotFoundException as error:
            raise TableNotFound(f"The table {name} does not exist, or is not visible yet") from error


def billing_mode_of(table: dict[str, Any]) -> str:
    return str(table.get("BillingModeSummary", {}).get("BillingMode", PROVISIONED))


def is_encrypted_as(wanted: str, table: dict[str, Any]) -> bool:
    """DynamoDB reports the ARN of a key, but not whether AWS manages it: for `AWS_MANAGED`, any key counts."""
    sse = table.get("SSEDescription", {})
    on = sse.get("Status") == "ENABLED"
    if wanted == AWS_OWNED:
        return not on
    return on and (not wanted.startswith("arn:") or sse.get("KMSMasterKeyArn") == wanted)
