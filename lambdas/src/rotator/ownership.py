"""The tags by which the module recognises the tables that it created, and each rotation its own.

DynamoDB says what a table is restored from only until the table is `ACTIVE`. From then on, the tags do.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rotator.arns import place_of
from rotator.aws_errors import AwsError, translated_errors
from rotator.errors import TargetTableTaken
from rotator.logs import logger
from rotator.names import shortened
from rotator.state import Execution, RotationState
from rotator.timestamps import TABLE_NAME_SUFFIX_PATTERN

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "backup-dynamodb-rotator:"
MODULE = f"{PREFIX}module"
RULE = f"{PREFIX}rule"
SOURCE_TABLE = f"{PREFIX}source-table"
RECOVERY_POINT = f"{PREFIX}recovery-point"
BACKUP_TIME = f"{PREFIX}backup-time"
ROTATION = f"{PREFIX}rotation"
TABLE_ID = f"{PREFIX}table-id"

# https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html
_LONGEST_VALUE = 256

_COPY_NAME = re.compile(f"{TABLE_NAME_SUFFIX_PATTERN}$")


def tags_of(table_arn: str, dynamodb: "DynamoDBClient") -> dict[str, str]:
    """All tags of a table, the module's own and others."""
    with translated_errors():
        return _tags_of_table(table_arn, dynamodb)


def ownership_tags(state: RotationState, execution: Execution, module: str, table_id: str) -> dict[str, str]:
    """What identifies a copy and its rotation."""
    message = state["BackupSnsMessage"]
    return _tags_of_rule(message["BackedUpResourceArn"], state["Rule"], module) | {
        RECOVERY_POINT: _value(message["RecoveryPointArn"]),
        BACKUP_TIME: message["StartTime"],
        ROTATION: execution["Id"],
        TABLE_ID: table_id,
    }


def is_copy(table_arn: str, state_machine_arn: str, dynamodb: "DynamoDBClient") -> bool:
    """Whether a table is a copy that any instance of the module made.

    Only one with the name of a copy costs a call. Where its tags cannot be read, such as in another account or Region,
    or because the table is gone, the name decides. Raises what passes: `NotYet` and `TemporaryFailure`.
    """
    if not _COPY_NAME.search(table_arn):
        return False
    if place_of(table_arn) != place_of(state_machine_arn):
        return True
    try:
        with translated_errors(), suppress(dynamodb.exceptions.ResourceNotFoundException):
            return MODULE in _tags_of_table(table_arn, dynamodb)
    except AwsError as error:
        logger.warning("The tags of a table with the name of a copy cannot be read", error=str(error))
    return True


def is_copy_by_rule(tags: Mapping[str, str], table_id: str, state: RotationState, module: str) -> bool:
    """Whether this module created the table from the same source table by the same rule, and nobody replaced it."""
    return is_copy_of(tags, table_id, state["BackupSnsMessage"]["BackedUpResourceArn"], state["Rule"], module)


def is_copy_of(tags: Mapping[str, str], table_id: str, source_table_arn: str, rule: str, module: str) -> bool:
    """Whether a module created the table from the source table by the rule, and nobody replaced it."""
    expected = _tags_of_rule(source_table_arn, rule, module) | {TABLE_ID: table_id}
    return BACKUP_TIME in tags and all(tags.get(key) == value for key, value in expected.items())


def is_claimed(tags: Mapping[str, str]) -> bool:
    """Whether the tags are those of some rotation, by any instance of the module."""
    return ROTATION in tags


def is_claimed_by(execution: Execution, tags: Mapping[str, str], table_id: str) -> bool:
    """Whether the tags are those of this rotation, and nobody has replaced the table since it got them."""
    return tags.get(ROTATION) == execution["Id"] and tags.get(TABLE_ID) == table_id


def is_of_recovery_point(tags: Mapping[str, str], state: RotationState) -> bool:
    return tags.get(RECOVERY_POINT) == _value(state["BackupSnsMessage"]["RecoveryPointArn"])


def taken(table: Mapping[str, Any], tags: Mapping[str, str]) -> TargetTableTaken:
    """The error that names the rotation that a table belongs to, or says that it belongs to none."""
    if not is_claimed(tags):
        return TargetTableTaken(
            f"The table {table['TableName']} already exists, and no rotation created it. Give the rule a "
            "replacement_pattern that yields another name."
        )
    return TargetTableTaken(
        f"The table {table['TableName']} belongs to the rotation {tags[ROTATION]}, by the rule {tags.get(RULE)} of the "
        f"module {tags.get(MODULE)}, of the recovery point {tags.get(RECOVERY_POINT)} of {tags.get(SOURCE_TABLE)}. "
        "Give rules that match the same tables replacement patterns that yield different names. For tables of one name "
        "in two accounts or Regions, that takes a vault and an instance of the module for each. If both rotations are "
        "refreshes of the same second, request this one again."
    )


def _tags_of_table(table_arn: str, dynamodb: "DynamoDBClient") -> dict[str, str]:
    pages = dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=table_arn)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def _tags_of_rule(source_table_arn: str, rule: str, module: str) -> dict[str, str]:
    return {SOURCE_TABLE: _value(source_table_arn), RULE: rule, MODULE: module}


def _value(arn: str) -> str:
    """An ARN as the value of a tag. With a long table name it has up to 300 characters."""
    return shortened(arn, _LONGEST_VALUE)
