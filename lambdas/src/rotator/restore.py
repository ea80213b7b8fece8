"""Restoring a native recovery point of DynamoDB, and looking how far the restore is."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rotator.errors import TableNotFound, UnexpectedTableStatus, UnsupportedRecoveryPoint
from rotator.logs import logger
from rotator.names import check_parameter_name, check_table_name
from rotator.state import DescribeTableOutput, RestoreTableFromBackupOutput, RotationState, to_state

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NATIVE_RECOVERY_POINT = ":dynamodb:"
_STATUSES_ON_THE_WAY = ("CREATING", "UPDATING", "ACTIVE")

# A tenth of the time waited so far keeps both the delay after a restore's end and the number of checks small, however
# long the restore takes. DynamoDB needs a minute at least; more than an hour between two checks saves next to nothing.
_WAIT_PER_WAITED = 0.1
_SHORTEST_WAIT_SECONDS = 10
_LONGEST_WAIT_SECONDS = 3600


def start_restore(state: RotationState, dynamodb: "DynamoDBClient") -> RestoreTableFromBackupOutput:
    """Begins the restore; the target table is there when this returns, in status `CREATING`.

    Raises `InvalidTableName`, `InvalidParameterName` or `UnsupportedRecoveryPoint` before it begins.
    """
    source_table_arn = state["BackupSnsMessage"]["BackedUpResourceArn"]
    recovery_point_arn = state["BackupSnsMessage"]["RecoveryPointArn"]
    target_table_name = state["TargetTableName"]
    check_table_name(target_table_name)
    if state["TargetParameterName"]:
        check_parameter_name(state["TargetParameterName"], source_table_arn)
    if _NATIVE_RECOVERY_POINT not in recovery_point_arn:
        raise UnsupportedRecoveryPoint(
            f"{recovery_point_arn} is not a native backup of DynamoDB. Opt out of AWS Backup's advanced features for "
            "DynamoDB, and back the table up again."
        )
    response = dynamodb.restore_table_from_backup(BackupArn=recovery_point_arn, TargetTableName=target_table_name)
    logger.info("Restore started", recovery_point=recovery_point_arn, target_table=target_table_name)
    return {"TableDescription": to_state(response["TableDescription"])}


def check_restore_status(state: RotationState, dynamodb: "DynamoDBClient") -> DescribeTableOutput:
    """Describes the target table, and says after how many seconds to look again.

    Raises `TableNotFound`, and `UnexpectedTableStatus` for one that no restore leads through.
    """
    target_table_name = state["TargetTableName"]
    try:
        table = dynamodb.describe_table(TableName=target_table_name)["Table"]
    except dynamodb.exceptions.ResourceNotFoundException as error:
        raise TableNotFound(f"The table {target_table_name} is gone, or not there yet") from error
    status = table["TableStatus"]
    if status not in _STATUSES_ON_THE_WAY:
        raise UnexpectedTableStatus(f"The table {target_table_name} is {status} while it is being restored")
    logger.info("Restore checked", target_table=target_table_name, table_status=status)
    return {
        "Table": to_state(table),
        "SecondsToNextCheck": seconds_to_next_check(datetime.now(UTC) - table["CreationDateTime"]),
    }


def seconds_to_next_check(waited: timedelta) -> int:
    """How long to wait before looking at a restore again that has been running for `waited`."""
    wait = int(waited.total_seconds() * _WAIT_PER_WAITED)
    return max(_SHORTEST_WAIT_SECONDS, min(wait, _LONGEST_WAIT_SECONDS))
