"""A table that has the target's name: whose it is.

Two rotations may lead to one table, for instance of two modules. DynamoDB creates it for one of them, but the other
cannot tell that from its own call whose response was lost. So both tag it, and look again later: the last one has it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from rotator.errors import NotYet, TargetTableTaken
from rotator.ownership import is_claimed, is_claimed_by, is_copy_by_rule, is_of_recovery_point, tags_of, taken
from rotator.recovery_points import NATIVE, source_table_of
from rotator.state import Execution, RotationState
from rotator.target_table import describe_target_table
from rotator.timestamps import parse_iso8601

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Standing = Literal["UNCLAIMED", "OURS", "SUPERSEDED"]

UNCLAIMED: Final = "UNCLAIMED"
OURS: Final = "OURS"
SUPERSEDED: Final = "SUPERSEDED"
"""The table is the copy of another backup of the source table that started in the same second, by the same rule."""


def describe_table_in_place(state: RotationState, dynamodb: "DynamoDBClient") -> dict[str, Any]:
    """The table that has the target's name, ours or not. Raises `TableNotFound`, and `NotYet` while it is deleted."""
    table = describe_target_table(state, dynamodb)
    if table["TableStatus"] == "DELETING":
        raise NotYet(f"The table {table['TableName']} is being deleted")
    return table


def standing_of(
    table: Mapping[str, Any], state: RotationState, execution: Execution, module: str, dynamodb: "DynamoDBClient"
) -> Standing:
    """What the tags of an `ACTIVE` table say. Raises `TargetTableTaken` where another rotation has claimed it."""
    tags = tags_of(table["TableArn"], dynamodb)
    if not is_claimed(tags):
        return UNCLAIMED
    if is_claimed_by(execution, tags, table["TableId"]):
        return OURS
    of_the_same_rule = is_copy_by_rule(tags, table["TableId"], state, module)
    # A refresh is for the recovery point that was asked for.
    if of_the_same_rule and not is_of_recovery_point(tags, state) and "RequestTime" not in state:
        return SUPERSEDED
    raise taken(table, tags)


def may_be_ours(
    table: Mapping[str, Any], state: RotationState, execution: Execution, module: str, dynamodb: "DynamoDBClient"
) -> bool:
    """Whether a table in place may be the one that this rotation creates; if not, another backup supersedes this one.

    Raises `TargetTableTaken` where it is neither.
    """
    if "RestoreSummary" in table:
        check_origin(table, state)
        return not is_restored_from_another_backup(table, state)
    standing = standing_of(table, state, execution, module, dynamodb)
    if standing == UNCLAIMED and table["CreationDateTime"] < parse_iso8601(execution["StartTime"]):
        raise taken(table, {})
    return standing != SUPERSEDED


def check_origin(table: Mapping[str, Any], state: RotationState) -> None:
    """Raises `TargetTableTaken` where the table is being restored, but not from a backup of the source table."""
    summary = table.get("RestoreSummary", {})
    source_table_arn = state["BackupSnsMessage"]["BackedUpResourceArn"]
    # A point-in-time recovery names no backup.
    origin = summary.get("SourceBackupArn") or f"a backup or a point in time of {summary.get('SourceTableArn')}"
    is_point_in_time = "SourceBackupArn" not in summary and state["RecoveryPointKind"] == NATIVE
    if is_point_in_time or source_of_restore(table) not in (source_table_arn, None):
        raise TargetTableTaken(
            f"The table {table['TableName']} is being restored from {origin}, not from a backup of {source_table_arn}. "
            "Give the rule a replacement_pattern that yields another name."
        )


def source_of_restore(table: Mapping[str, Any]) -> str | None:
    """The ARN of the table that is being restored. `None` where DynamoDB does not say, as of an `ACTIVE` table."""
    summary = table.get("RestoreSummary", {})
    return summary.get("SourceTableArn") or source_table_of(summary.get("SourceBackupArn", ""))


def is_restored_from_another_backup(table: Mapping[str, Any], state: RotationState) -> bool:
    """Whether DynamoDB restores the table from a backup other than the announced one.

    It does not say so of a table that is `ACTIVE`. What it says of one that AWS Backup restores is not documented.
    """
    recovery_point_arn = state["BackupSnsMessage"]["RecoveryPointArn"]
    return (
        state["RecoveryPointKind"] == NATIVE
        and table.get("RestoreSummary", {}).get("SourceBackupArn", recovery_point_arn) != recovery_point_arn
    )
