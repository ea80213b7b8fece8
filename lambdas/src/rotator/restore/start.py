"""Starting a restore, of either kind of recovery point."""

from rotator.clients import Clients
from rotator.names import check_parameter_name, check_table_name
from rotator.parameter import check_parameter
from rotator.recovery_points import NATIVE
from rotator.restore.job import start_restore_job
from rotator.restore.native import restore_native_backup
from rotator.restore.options import check_restore_job_options
from rotator.restore.recovery_point import check_recovery_point
from rotator.settings import RotationSettings
from rotator.source_table import check_carry_over
from rotator.state import Invocation, RestoreTableFromBackupOutput, StartRestoreJobOutput
from rotator.tags import check_tags


def start_restore(
    invocation: Invocation,
    settings: RotationSettings,
    clients: Clients,
) -> RestoreTableFromBackupOutput | StartRestoreJobOutput:
    """Starts the restore, once everything has been checked that can be known before it.

    Raises `InvalidTableName`, `InvalidParameterName`, `ParameterFull`, `ParameterTaken`, `RecoveryPointMismatch`,
    `RestoreOptionImpossible`, `SettingsNotApplied`, `TargetTableTaken` or `TooManyTags` where the rotation could not
    succeed.
    """
    state, execution = invocation["State"], invocation["Execution"]
    check_recovery_point(invocation, clients.backup)
    check_table_name(state["TargetTableName"])
    if state["TargetParameterName"]:
        check_parameter_name(state["TargetParameterName"], execution["Id"])
        check_parameter(state, settings.module, clients.ssm)
    check_carry_over(invocation)
    check_tags(invocation, settings.module, clients)
    if state["RecoveryPointKind"] == NATIVE:
        return restore_native_backup(state, execution, settings.module, clients.dynamodb)
    check_restore_job_options(invocation, clients.dynamodb)
    return start_restore_job(state, execution, settings, clients)
