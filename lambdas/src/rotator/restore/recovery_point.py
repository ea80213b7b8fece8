"""Whether a recovery point belongs to the table that was announced with it."""

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from rotator.arns import place_of
from rotator.aws_errors import AwsError, translated_errors
from rotator.errors import RecoveryPointMismatch, RotationError
from rotator.logs import logger
from rotator.recovery_points import NATIVE, source_table_of
from rotator.state import Invocation, RotationState
from rotator.vaults import Vault, vaults_of
from rotator.wording import combined

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient


def check_recovery_point(invocation: Invocation, backup: "BackupClient") -> None:
    """Raises `RecoveryPointMismatch` where the recovery point is one of another table, as far as can be known yet."""
    state = invocation["State"]
    recovery_point_arn = state["BackupSnsMessage"]["RecoveryPointArn"]
    if state["RecoveryPointKind"] == NATIVE:
        check_announced_source(source_table_of(recovery_point_arn), state)
        return
    account = place_of(invocation["Execution"]["Id"]).account
    if vault_arn := state.get("BackupVaultArn"):
        check_announced_source(_resource_in(Vault(vault_arn, account), recovery_point_arn, backup), state)
    else:
        check_announced_source(_resource_in_any(vaults_of(account, backup), recovery_point_arn, backup), state)


def check_announced_source(table_arn: str | None, state: RotationState) -> None:
    """Raises `RecoveryPointMismatch` where this is not the announced source table. `None` where AWS does not say."""
    message = state["BackupSnsMessage"]
    if table_arn is not None and table_arn != message["BackedUpResourceArn"]:
        raise RecoveryPointMismatch(
            f"The recovery point {message['RecoveryPointArn']} is one of the table {table_arn}, but was announced as "
            f"one of {message['BackedUpResourceArn']}. Start the rotation with the ARN of the table that it is of."
        )


def _resource_in(vault: Vault, recovery_point_arn: str, backup: "BackupClient") -> str:
    """The ARN of the resource that a recovery point in this vault belongs to. Raises AWS's error where it is not there.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeRecoveryPoint.html
    """
    with translated_errors():
        return backup.describe_recovery_point(**vault.request, RecoveryPointArn=recovery_point_arn)["ResourceArn"]


def _resource_in_any(vaults: Iterable[Vault], recovery_point_arn: str, backup: "BackupClient") -> str | None:
    """The same where the vault is not known, because a notification does not name it.

    Raises AWS's error where the recovery point can only be in a vault that AWS does not let it read.
    """
    not_there = (backup.exceptions.ResourceNotFoundException, backup.exceptions.InvalidParameterValueException)
    unread: dict[Vault, RotationError] = {}
    for vault in vaults:
        with vault.setting_aside(AwsError, unread), translated_errors(), suppress(*not_there):
            return backup.describe_recovery_point(**vault.request, RecoveryPointArn=recovery_point_arn)["ResourceArn"]
    if unread:
        raise combined([*unread.values()])
    logger.warning("No vault of this account has the recovery point", recovery_point=recovery_point_arn)
    return None
