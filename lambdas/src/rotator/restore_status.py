"""Looking how far a restore is, of either kind of recovery point."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rotator.aws_errors import answered
from rotator.clients import Clients
from rotator.deadline import remaining, seconds_to_next_check
from rotator.errors import RestoreJobFailed, TableNotFound, UnexpectedTableStatus
from rotator.logs import logger
from rotator.ownership import claim
from rotator.settings import RotationSettings
from rotator.state import DescribeTableOutput, Invocation, to_state

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient
    from mypy_boto3_dynamodb import DynamoDBClient

_ON_THE_WAY = ("CREATING", "UPDATING")
_JOB_ON_THE_WAY = ("PENDING", "RUNNING")


def check_restore_status(invocation: Invocation, settings: RotationSettings, clients: Clients) -> DescribeTableOutput:
    """Describes the target table, and says whether it is usable; once it is, it carries the tags of ownership.

    Raises `RestoreJobFailed`, `RotationTimedOut`, `TableNotFound`, `TargetTableTaken`, or `UnexpectedTableStatus` for
    one that no restore leads through.
    """
    state = invocation["State"]
    left = remaining(invocation["Execution"], settings.timeout)
    job = state.get("StartRestoreJobOutput")
    running_since = _running_since(job["RestoreJobId"], clients.backup) if job else None
    if running_since:
        return _not_yet({}, running_since, left)
    table = _describe(state["TargetTableName"], clients.dynamodb)
    status = table["TableStatus"]
    logger.info("Restore checked", target_table=table["TableName"], table_status=status)
    if status in _ON_THE_WAY:
        return _not_yet(table, table["CreationDateTime"], left)
    if status != "ACTIVE":
        raise UnexpectedTableStatus(f"The table {table['TableName']} is {status} while it is being restored")
    claim(table, state, settings.module, clients.dynamodb)
    return {"Table": to_state(table), "RestoreComplete": True, "SecondsToNextCheck": 0}


def _running_since(restore_job_id: str, backup: "BackupClient") -> datetime | None:
    """When the job began, if it is still running."""
    with answered():
        job = backup.describe_restore_job(RestoreJobId=restore_job_id)
    status = job["Status"]
    logger.info("Restore job checked", restore_job=restore_job_id, restore_job_status=status)
    if status in _JOB_ON_THE_WAY:
        return job["CreationDate"]
    if status != "COMPLETED":
        raise RestoreJobFailed(f"Restore job {restore_job_id} is {status}: {job.get('StatusMessage')}")
    return None


def _describe(table_name: str, dynamodb: "DynamoDBClient") -> dict[str, Any]:
    with answered():
        try:
            return dict(dynamodb.describe_table(TableName=table_name)["Table"])
        except dynamodb.exceptions.ResourceNotFoundException as error:
            raise TableNotFound(f"The table {table_name} is gone, or not there yet") from error


def _not_yet(table: dict[str, Any], running_since: datetime, left: timedelta) -> DescribeTableOutput:
    waited = datetime.now(UTC) - running_since
    return {
        "Table": to_state(table),
        "RestoreComplete": False,
        "SecondsToNextCheck": seconds_to_next_check(waited, left),
    }
