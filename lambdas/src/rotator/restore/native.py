"""Native recovery points, which DynamoDB restores.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html
"""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rotator.aws_errors import code_of, translated_errors
from rotator.errors import NotYet, TableNotFound
from rotator.logs import logger
from rotator.restore.options import overrides
from rotator.restore.target import describe_table_in_place, may_be_ours
from rotator.source_table import names_of_tables
from rotator.state import Execution, RestoreTableFromBackupOutput, RotationState, to_state

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
    with translated_errors(names_of_tables(state)):
        try:
            response = dynamodb.restore_table_from_backup(
                BackupArn=recovery_point_arn, TargetTableName=target, **wanted
            )
        except ClientError as error:
            if code_of(error) not in _NAME_IN_USE:
                raise
            table = _adopt(state, execution, module, dynamodb)
        else:
            logger.info("Restore started", recovery_point=recovery_point_arn, target_table=target)
            table = dict(response["TableDescription"])
    return {"TableDescription": to_state(table)}


def _adopt(state: RotationState, execution: Execution, module: str, dynamodb: "DynamoDBClient") -> dict[str, Any]:
    """The description of the table in place. Who has it is found out once it is `ACTIVE`.

    Raises `TargetTableTaken` where it cannot be this rotation's, nor supersede it.
    """
    try:
        table = describe_table_in_place(state, dynamodb)
    except TableNotFound as error:
        raise NotYet(f"The table {state['TargetTableName']} existed a moment ago, and is gone now") from error
    adopted = may_be_ours(table, state, execution, module, dynamodb)
    logger.info("Table in place", target_table=table["TableName"], adopted=adopted)
    return table
