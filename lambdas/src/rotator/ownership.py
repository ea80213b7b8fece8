"""The tags by which the module recognises the tables that it created.

DynamoDB says what a table is restored from only until the table is `ACTIVE`. From then on, the tags do.
"""

from typing import TYPE_CHECKING, Any

from rotator.aws_errors import translated_errors
from rotator.errors import TargetTableTaken
from rotator.state import RotationState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "backup-dynamodb-rotator:"
MODULE = f"{PREFIX}module"
RULE = f"{PREFIX}rule"
SOURCE_TABLE = f"{PREFIX}source-table"
RECOVERY_POINT = f"{PREFIX}recovery-point"
BACKUP_TIME = f"{PREFIX}backup-time"
TABLE_ID = f"{PREFIX}table-id"

# https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html
_LONGEST_VALUE = 256


def claim(table: dict[str, Any], state: RotationState, module: str, dynamodb: "DynamoDBClient") -> None:
    """Tags an `ACTIVE` table as created by this rotation.

    Raises `TargetTableTaken` where it carries the tags of another one.
    """
    check_not_taken(table, state, module, dynamodb)
    message = state["BackupSnsMessage"]
    tags = _tags_of_rotation(state, module) | {BACKUP_TIME: message["StartTime"], TABLE_ID: table["TableId"]}
    with translated_errors():
        dynamodb.tag_resource(
            ResourceArn=table["TableArn"], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
        )


def is_copy(tags: dict[str, str], table_id: str, state: RotationState, module: str) -> bool:
    """Whether this module created the table from the same source table by the same rule, and nobody replaced it."""
    expected = _tags_of_rotation(state, module) | {TABLE_ID: table_id}
    del expected[RECOVERY_POINT]
    return BACKUP_TIME in tags and all(tags.get(key) == value for key, value in expected.items())


def check_not_taken(table: dict[str, Any], state: RotationState, module: str, dynamodb: "DynamoDBClient") -> None:
    """Raises `TargetTableTaken` where an `ACTIVE` table carries the tags of another rotation.

    That may be one of the same recovery point, by another rule or module that leads to the same name.
    """
    found = tags_of(table["TableArn"], dynamodb)
    for key, value in _tags_of_rotation(state, module).items():
        if found.get(key, value) != value:
            kind = key.removeprefix(PREFIX)
            raise taken(table["TableName"], f"{kind} {found[key]}", f"{kind} {value}")


def tags_of(table_arn: str, dynamodb: "DynamoDBClient") -> dict[str, str]:
    """All tags of a table, the module's own and others."""
    with translated_errors():
        pages = dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=table_arn)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def taken(table_name: str, origin: str, own: str) -> TargetTableTaken:
    """`origin` is what the table was created from, and `own` what this rotation would create it from."""
    return TargetTableTaken(
        f"The table {table_name} already exists, made from {origin} rather than {own}. Give the rules "
        "replacement patterns that yield different names. If nobody needs the table, delete it and redrive the "
        "execution."
    )


def _tags_of_rotation(state: RotationState, module: str) -> dict[str, str]:
    """The tags that are known before the table exists.

    Of an ARN that is too long for a tag, the end is unique within an account and Region.
    """
    message = state["BackupSnsMessage"]
    return {
        RECOVERY_POINT: message["RecoveryPointArn"][-_LONGEST_VALUE:],
        SOURCE_TABLE: message["BackedUpResourceArn"][-_LONGEST_VALUE:],
        RULE: state["Rule"],
        MODULE: module,
    }
