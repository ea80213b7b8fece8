"""What DynamoDB says of a table: the source table, a copy, or what a restore test created."""

from typing import TYPE_CHECKING, Any

from rotator.aws_errors import translated_errors
from rotator.unknown_members import member

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def describe_table(name: str, dynamodb: "DynamoDBClient") -> dict[str, Any] | None:
    """The table with this name. `None` where it does not exist.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
    """
    with translated_errors():
        try:
            return member(dynamodb.describe_table(TableName=name), "Table")
        except dynamodb.exceptions.ResourceNotFoundException:
            return None
