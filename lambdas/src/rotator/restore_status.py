"""Looking how far a restore is, of either kind of recovery point."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rotator.aws_errors import answered
from rotator.clients import Clients
from rotator.deadline import remaining, seconds_to_next_check
from rotator.errors import RestoreJobFailed, UnexpectedTableStatus
from rotator.logs import logger
from rotator.ownership import claim
from rotator.settings import RotationSettings
from rotator.state import DescribeTableOutput, Execution, Invocation, to_state
from rotator.target_table import describe_target_table
from rotator.timestamps import to_iso8601

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient
    from mypy_boto3_backup.type_defs import DescribeRestoreJobOutputTypeDef

_ON_THE_WAY = ("CREATING", "UPDATING")
_JOB_ON_THE_WAY = ("PENDING", "RUNNING")


def check_restore_status(invocation: Invocation, settings: RotationSettings, clients: Clients) -> DescribeTableOutput:
    """Describes the target table, and says whether it is usable; once it is, it carries the tags of ownership.

    Raises `RestoreJobFailed`, `RotationTimedOut`, `TableNotFound`, `TargetTableTaken`, or `UnexpectedTableStatus` for
    one that no restore leads through.
    """
    state = invocation["State"]
    output = state.get("StartRestoreJobOutput")
    job = _describe_job(output["RestoreJobId"], clients.backup) if output else None
    if job and job["Status"] in _JOB_ON_THE_WAY:
        return _not_yet({}, job["CreationDate"], invocation["Execution"], settings.timeout)
    table = describe_target_table(state, clients.dynamodb)
    status = table["TableStatus"]
    logger.info("Restore checked", target_table=table["TableName"], table_status=status)
    if status in _ON_THE_WAY:
        return _not_yet(table, table["CreationDateTime"], invocation["Execution"], settings.timeout)
    if status != "ACTIVE":
        raise UnexpectedTableStatus(f"The table {table['TableName']} is {status} while it is being restored")
    claim(table, state, settings.module, clients.dynamodb)
    took = job["CompletionDate"] - job["CreationDate"] if job else datetime.now(UTC) - table["CreationDateTime"]
    return {
        "Table": to_state(table),
        "RestoreComplete": True,
        "RestoreSeconds": int(took.total_seconds()),
        "SecondsToNextCheck": 0,
    }


def _describe_job(restore_job_id: str, backup: "BackupClient") -> "DescribeRestoreJobOutputTypeDef":
    with answered():
        job = backup.describe_restore_job(RestoreJobId=restore_job_id)
    status = job["Status"]
    logger.info("Restore job checked", restore_job=restore_job_id, restore_job_status=status)
    if status not in (*_JOB_ON_THE_WAY, "COMPLETED"):
        raise RestoreJobFailed(f"Restore job {restore_job_id} is {status}: {job.get('StatusMessage')}")
    return job


def _not_yet(
    table: dict[str, Any], running_since: datetime, execution: Execution, timeout: timedelta
) -> DescribeTableOutput:
    left = remaining(execution, timeout, f"the restore that began at {to_iso8601(running_since)} goes on")
    waited = datetime.now(UTC) - running_since
    return {
        "Table": to_state(table),
        "RestoreComplete": False,
        "RestoreSeconds": int(waited.total_seconds()),
        "SecondsToNextCheck": seconds_to_next_check(waited, left),
    }
