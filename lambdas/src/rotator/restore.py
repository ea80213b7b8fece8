"""Beginning a restore, of either kind of recovery point."""

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rotator.aws_errors import answered, code_of
from rotator.clients import Clients
from rotator.deadline import remaining
from rotator.errors import NotYet, TableNotFound
from rotator.logs import logger
from rotator.names import check_parameter_name, check_table_name
from rotator.ownership import check_not_taken, taken
from rotator.parameter import check_parameter
from rotator.recovery_points import is_native
from rotator.restore_options import check_restore_job_options, overrides, restore_job_metadata
from rotator.settings import RotationSettings
from rotator.state import (
    Execution,
    Invocation,
    RestoreTableFromBackupOutput,
    RotationState,
    StartRestoreJobOutput,
    to_state,
)
from rotator.target_table import describe_target_table
from rotator.timestamps import parse_iso8601, to_iso8601

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The target is there, or is just being restored or deleted.
_NAME_IN_USE = {"TableInUseException", "TableAlreadyExistsException"}


def start_restore(
    invocation: Invocation,
    settings: RotationSettings,
    clients: Clients,
) -> RestoreTableFromBackupOutput | StartRestoreJobOutput:
    """Begins the restore, once nothing that is known now can keep the rotation from its end.

    Raises `InvalidTableName`, `InvalidParameterName`, `ParameterTaken`, `RestoreOptionImpossible` or `TargetTableTaken`
    where something can.
    """
    state, execution = invocation["State"], invocation["Execution"]
    remaining(execution, settings.timeout, "the restore could not begin, for reasons in the execution's history")
    check_table_name(state["TargetTableName"])
    if state["TargetParameterName"]:
        check_parameter_name(state["TargetParameterName"], state["BackupSnsMessage"]["BackedUpResourceArn"])
        check_parameter(state, clients.ssm)
    if is_native(state["BackupSnsMessage"]["RecoveryPointArn"]):
        return _restore_native_backup(state, execution, settings.module, clients.dynamodb)
    check_restore_job_options(state, clients.dynamodb)
    return _start_restore_job(state, execution, settings.restore_role_arn, clients)


def _restore_native_backup(
    state: RotationState, execution: Execution, module: str, dynamodb: "DynamoDBClient"
) -> RestoreTableFromBackupOutput:
    """Restores a backup of DynamoDB; the target table is there when this returns, usually still in `CREATING`.

    Where the answer to an earlier attempt was lost, the table that it made is taken over.
    """
    recovery_point_arn, target = state["BackupSnsMessage"]["RecoveryPointArn"], state["TargetTableName"]
    wanted = overrides(state, dynamodb)
    with answered():
        try:
            response = dynamodb.restore_table_from_backup(
                BackupArn=recovery_point_arn, TargetTableName=target, **wanted
            )
        except ClientError as error:
            if code_of(error) not in _NAME_IN_USE:
                raise
            table = _take_over(state, parse_iso8601(execution["StartTime"]), module, dynamodb)
        else:
            logger.info("Restore started", recovery_point=recovery_point_arn, target_table=target)
            table = response["TableDescription"]
    return {"TableDescription": to_state(table)}


def _take_over(state: RotationState, began: datetime, module: str, dynamodb: "DynamoDBClient") -> Any:  # noqa: ANN401
    """The description of the target table, if this rotation made it; otherwise raises `TargetTableTaken`."""
    recovery_point_arn, target = state["BackupSnsMessage"]["RecoveryPointArn"], state["TargetTableName"]
    try:
        table = _table_of_the_name(state, dynamodb)
    except TableNotFound as error:
        raise NotYet(f"The table {target} was there a moment ago, and is gone now") from error
    if summary := table.get("RestoreSummary"):
        # A point-in-time recovery names no backup.
        origin = summary.get("SourceBackupArn") or f"a point in time of {summary.get('SourceTableArn')}"
        if origin != recovery_point_arn:
            raise taken(target, origin, recovery_point_arn)
    else:
        _check_made_since(began, table, recovery_point_arn)
        check_not_taken(table, state, module, dynamodb)
    logger.info("Restore taken over", recovery_point=recovery_point_arn, target_table=target)
    return table


def _table_of_the_name(state: RotationState, dynamodb: "DynamoDBClient") -> dict[str, Any]:
    """The table that has the target's name, ours or not. Raises `TableNotFound`."""
    table = describe_target_table(state, dynamodb)
    if table["TableStatus"] == "DELETING":
        raise NotYet(f"The table {table['TableName']} is being deleted")
    return table


def _check_made_since(began: datetime, table: dict[str, Any], recovery_point_arn: str) -> None:
    if table["CreationDateTime"] < began:
        made = f"before this rotation began ({to_iso8601(table['CreationDateTime'])})"
        raise taken(table["TableName"], made, recovery_point_arn)


def _start_restore_job(
    state: RotationState, execution: Execution, restore_role_arn: str, clients: Clients
) -> StartRestoreJobOutput:
    """Has AWS Backup restore a recovery point of its own. A second call finds the first one's job.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/restoring-dynamodb.html
    """
    recovery_point_arn, target = state["BackupSnsMessage"]["RecoveryPointArn"], state["TargetTableName"]
    with suppress(TableNotFound):
        table = _table_of_the_name(state, clients.dynamodb)
        _check_made_since(parse_iso8601(execution["StartTime"]), table, recovery_point_arn)
    with answered():
        response = clients.backup.start_restore_job(
            RecoveryPointArn=recovery_point_arn,
            ResourceType="DynamoDB",
            IamRoleArn=restore_role_arn,
            IdempotencyToken=f"{execution['Id']}:{state.get('StartedOver', 0)}",
            Metadata={"targetTableName": target, **restore_job_metadata(state["Restore"])},
        )
    logger.info(
        "Restore job started",
        recovery_point=recovery_point_arn,
        target_table=target,
        restore_job=response["RestoreJobId"],
    )
    return {"RestoreJobId": response["RestoreJobId"]}
