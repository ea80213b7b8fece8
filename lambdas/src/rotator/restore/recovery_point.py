"""Whether a recovery point belongs to the table that was announced with it."""

from typing import TYPE_CHECKING

from rotator.aws_errors import translated_errors
from rotator.errors import RecoveryPointMismatch
from rotator.logs import logger
from rotator.recovery_points import NATIVE, source_table_of
from rotator.state import RotationState

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient


def check_recovery_point(state: RotationState, backup: "BackupClient") -> None:
    """Raises `RecoveryPointMismatch` where the recovery point is one of another table, as far as can be known yet."""
    recovery_point_arn = state["BackupSnsMessage"]["RecoveryPointArn"]
    if state["RecoveryPointKind"] == NATIVE:
        check_is_source(source_table_of(recovery_point_arn), state)
    else:
        check_is_source(_resource_of(recovery_point_arn, backup), state)


def check_is_source(table_arn: str | None, state: RotationState) -> None:
    """Raises `RecoveryPointMismatch` where this is not the announced source table. `None` where AWS does not say."""
    message = state["BackupSnsMessage"]
    if table_arn is not None and table_arn != message["BackedUpResourceArn"]:
        raise RecoveryPointMismatch(
            f"The recovery point {message['RecoveryPointArn']} is one of the table {table_arn}, but was announced as "
            f"one of {message['BackedUpResourceArn']}. Start the rotation with the ARN of the table that it is of."
        )


def _resource_of(recovery_point_arn: str, backup: "BackupClient") -> str | None:
    """The ARN of the resource that a recovery point in a vault of this account belongs to.

    Notifications do not name the vault (https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeRecoveryPoint.html).
    """
    with translated_errors():
        for page in backup.get_paginator("list_backup_vaults").paginate():
            for vault in page["BackupVaultList"]:
                try:
                    point = backup.describe_recovery_point(
                        BackupVaultName=vault["BackupVaultName"], RecoveryPointArn=recovery_point_arn
                    )
                except (backup.exceptions.ResourceNotFoundException, backup.exceptions.InvalidParameterValueException):
                    continue
                return point["ResourceArn"]
    logger.warning("No vault of this account has the recovery point", recovery_point=recovery_point_arn)
    return None
