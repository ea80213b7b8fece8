"""What AWS knows of the source table: DynamoDB while it exists, a native backup also afterwards.

A source table may belong to another account or Region: recovery points are copied, and vaults are shared. Nothing of it
can be read from here, and a table of the same name here is another one.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rotator.arns import place_of
from rotator.aws_errors import translated_errors
from rotator.errors import SettingsNotApplied
from rotator.recovery_points import NATIVE
from rotator.state import Invocation, RotationState
from rotator.table_description import describe_table
from rotator.timestamps import parse_iso8601
from rotator.unknown_members import member

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ELSEWHERE = "belongs to another account or Region"
GONE = "is gone"
CREATED_SINCE = "has been created anew since the backup"


def source_table_name(state: RotationState) -> str:
    return state["BackupSnsMessage"]["BackedUpResourceArn"].rpartition("/")[2]


def names_of_tables(state: RotationState) -> tuple[str, str]:
    """Those of the source table and the target table."""
    return source_table_name(state), state["TargetTableName"]


def is_elsewhere(invocation: Invocation) -> bool:
    """Whether the source table belongs to another account or Region than the module, and with it the execution."""
    source_table_arn = invocation["State"]["BackupSnsMessage"]["BackedUpResourceArn"]
    return place_of(source_table_arn) != place_of(invocation["Execution"]["Id"])


def absence_of_source_table(invocation: Invocation) -> str:
    """Why `describe_source_table` returns `None`, to follow what the table is called."""
    return ELSEWHERE if is_elsewhere(invocation) else GONE


def check_carry_over(invocation: Invocation) -> None:
    """Raises `SettingsNotApplied` where the rule carries over what cannot be read of a source table elsewhere.

    A recovery point has its tags, and nothing else.
    """
    state = invocation["State"]
    unreadable = [setting for setting in state["CarryOver"] if setting != "tags"]
    if unreadable and is_elsewhere(invocation):
        raise SettingsNotApplied(
            f"The rule carries over {', '.join(unreadable)}, but the source table "
            f"{state['BackupSnsMessage']['BackedUpResourceArn']} {ELSEWHERE}, where its settings cannot "
            "be read. Recovery points only record tags: rotate such tables by a rule that carries over nothing else."
        )


def describe_source_table(invocation: Invocation, dynamodb: "DynamoDBClient") -> dict[str, Any] | None:
    """What `DescribeTable` says of the source table as it is now. `None` where it is gone, or elsewhere."""
    return None if is_elsewhere(invocation) else describe_table(source_table_name(invocation["State"]), dynamodb)


def describe_backed_up_table(invocation: Invocation, dynamodb: "DynamoDBClient") -> tuple[dict[str, Any] | None, str]:
    """The source table as it is now. `None`, and why, where there is no table any more that was backed up."""
    if is_elsewhere(invocation):
        return None, ELSEWHERE
    backup_time = parse_iso8601(invocation["State"]["BackupSnsMessage"]["StartTime"])
    return describe_as_of(backup_time, source_table_name(invocation["State"]), dynamodb)


def describe_as_of(
    backup_time: datetime, table_name: str, dynamodb: "DynamoDBClient"
) -> tuple[dict[str, Any] | None, str]:
    """The table as it is now. `None`, and why, where the one that was backed up then is gone."""
    table = describe_table(table_name, dynamodb)
    if table is None:
        return None, GONE
    return (None, CREATED_SINCE) if table["CreationDateTime"] > backup_time else (table, "")


def describe_recovery_point(state: RotationState, dynamodb: "DynamoDBClient") -> dict[str, Any] | None:
    """What a native backup records of the source table. `None` where it is gone, or is not native.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BackupDescription.html
    """
    if state["RecoveryPointKind"] != NATIVE:
        return None
    return describe_backup_in_place(state["BackupSnsMessage"]["RecoveryPointArn"], dynamodb)


def describe_backup_in_place(backup_arn: str, dynamodb: "DynamoDBClient") -> dict[str, Any] | None:
    """What a native backup records. `None` where it is gone."""
    with translated_errors():
        try:
            return describe_backup(backup_arn, dynamodb)
        except dynamodb.exceptions.BackupNotFoundException:
            return None


def describe_backup(backup_arn: str, dynamodb: "DynamoDBClient") -> dict[str, Any]:
    return member(dynamodb.describe_backup(BackupArn=backup_arn), "BackupDescription")
