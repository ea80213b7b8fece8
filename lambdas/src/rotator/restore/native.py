"""Native recovery points, which DynamoDB restores.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rotator.aws_errors import code_of, translated_errors
from rotator.errors import NotYet, TableNotFound
from rotator.logs import logger
from rotator.ownership import check_not_taken, taken
from rotator.restore.options import overrides
from rotator.restore.target import check_created_since, describe_table_in_place
from rotator.state import Execution, RestoreTableFromBackupOutput, RotationState, to_state
from rotator.timestamps import parse_iso8601

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The target exists, or is just being restored or deleted.
_NAME_IN_USE = {"TableInUseException", "TableAlreadyExistsException"}


def restore_native_backup(
    state: RotationState, execution: Execution, module: str, dynamodb: "DynamoDBClient"
) -> RestoreTableFromBackupOutput:
    """Restores a backup of DynamoDB. The target table exists when this returns, usually still in `CREATING`.

    A table that an earlier attempt created, and whose response was lost, is adopted.
    """
    recovery_point_arn, target = state["BackupSnsMessage"]["RecoveryPointArn"], state["TargetTableName"]
    wanted = overrides(state, dynamodb)
    with translated_errors():
        try:
            response = dynamodb.restore_table_from_backup(
                BackupArn=recovery_point_arn, TargetTableName=target, **wanted
            )
        except ClientError as error:
            if code_of(error) not in _NAME_IN_USE:
                raise
            table = _adopt(state, parse_iso8601(execution["StartTime"]), module, dynamodb)
        else:
            logger.info("Restore started", recovery_point=recovery_point_arn, target_table=target)
            table = response["TableDescription"]
    return {"TableDescription": to_state(table)}


def _adopt(state: RotationState, rotation_start: datetime, module: str, dynamodb: "DynamoDBClient") -> Any:  # noqa: ANN401
    """The description of the target table, if this rotation created it. Otherwise raises `TargetTableTaken`."""
    recovery_point_arn, target = state["BackupSnsMessage"]["RecoveryPointArn"], state["TargetTableName"]
    try:
        table = describe_table_in_place(state, dynamodb)
    except TableNotFound as error:
        raise NotYet(f"The table {target} existed a moment ago, and is gone now") from error
    if summary := table.get("RestoreSummary"):
        # A point-in-time recovery names no backup.
        origin = summary.get("SourceBackupArn") or f"a point in time of {summary.get('SourceTableArn')}"
        if origin != recovery_point_arn:
            raise taken(target, origin, recovery_point_arn)
    else:
        check_created_since(rotation_start, table, recovery_point_arn)
        check_not_taken(table, state, module, dynamodb)
    logger.info("Restore adopted", recovery_point=recovery_point_arn, target_table=target)
    return table
