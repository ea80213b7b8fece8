"""Checking the progress of a restore, of either kind of recovery point."""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rotator.clients import Clients
from rotator.errors import RestoreJobFailed, TableNotFound, UnexpectedTableStatus
from rotator.logs import logger
from rotator.ownership import claim
from rotator.restore.job import describe_restore_job
from rotator.restore.polling import seconds_to_next_attempt, seconds_to_next_check
from rotator.settings import RotationSettings
from rotator.state import DescribeTableOutput, Execution, Invocation, RotationState, to_state
from rotator.target_table import describe_target_table
from rotator.timestamps import parse_iso8601

if TYPE_CHECKING:
    from mypy_boto3_backup.type_defs import DescribeRestoreJobOutputTypeDef

IN_PROGRESS: Final = "IN_PROGRESS"
COMPLETE: Final = "COMPLETE"
START_OVER: Final = "START_OVER"

_TABLE_IN_PROGRESS = ("CREATING", "UPDATING")
_JOB_IN_PROGRESS = ("PENDING", "RUNNING")
_JOB_COMPLETED = "COMPLETED"

# What AWS Backup says of a job beyond its limits is not documented. It restores 50 tables at once.
_HIT_A_LIMIT = re.compile("limit|rate exceeded|throttl|too many|concurrent", re.IGNORECASE)


def check_restore_status(invocation: Invocation, settings: RotationSettings, clients: Clients) -> DescribeTableOutput:
    """Describes the target table, and says how far the restore is. A complete copy carries the tags of ownership.

    Says that the restore has to start over where the job failed because of a limit of AWS, and in an execution that was
    redriven, where the job failed or the table was deleted before the redrive.

    Raises `RestoreJobFailed`, `TableNotFound`, `TargetTableTaken` or `UnexpectedTableStatus`.
    """
    state, execution = invocation["State"], invocation["Execution"]
    output = state.get("StartRestoreJobOutput")
    job = describe_restore_job(output["RestoreJobId"], clients.backup) if output else None
    if job and job["Status"] in _JOB_IN_PROGRESS:
        return _in_progress({}, job["CreationDate"])
    if job and job["Status"] != _JOB_COMPLETED:
        return _start_over_or_fail(job, execution)
    try:
        table = describe_target_table(state, clients.dynamodb)
    except TableNotFound:
        if _started_before_redrive(_start_of_restore(state, job), execution):
            return _start_over(1)
        raise
    status = table["TableStatus"]
    logger.info("Restore checked", target_table=table["TableName"], table_status=status)
    if status in _TABLE_IN_PROGRESS:
        return _in_progress(table, table["CreationDateTime"])
    if status != "ACTIVE":
        raise UnexpectedTableStatus(f"The table {table['TableName']} is {status} while it is being restored")
    claim(table, state, settings.module, clients.dynamodb)
    duration = job["CompletionDate"] - job["CreationDate"] if job else datetime.now(UTC) - table["CreationDateTime"]
    return {
        "Table": to_state(table),
        "RestoreStatus": COMPLETE,
        "RestoreSeconds": int(duration.total_seconds()),
        "SecondsToNextCheck": 0,
    }


def _start_over_or_fail(job: "DescribeRestoreJobOutputTypeDef", execution: Execution) -> DescribeTableOutput:
    message = job.get("StatusMessage", "")
    if _started_before_redrive(job["CreationDate"], execution):
        return _start_over(1)
    if _HIT_A_LIMIT.search(message):
        elapsed = datetime.now(UTC) - parse_iso8601(execution["StartTime"])
        return _start_over(seconds_to_next_attempt(elapsed))
    raise RestoreJobFailed(f"Restore job {job['RestoreJobId']} is {job['Status']}: {message}")


def _start_of_restore(state: RotationState, job: "DescribeRestoreJobOutputTypeDef | None") -> datetime | None:
    if job:
        return job["CreationDate"]
    description = state.get("RestoreTableFromBackupOutput", {}).get("TableDescription", {})
    return parse_iso8601(description["CreationDateTime"]) if "CreationDateTime" in description else None


def _started_before_redrive(start: datetime | None, execution: Execution) -> bool:
    """Whether the redrive is meant to start this restore over. A restore that fails after it is not tried for ever."""
    redriven_at = execution.get("RedriveTime")
    return start is not None and redriven_at is not None and start < parse_iso8601(redriven_at)


def _in_progress(table: dict[str, Any], start: datetime) -> DescribeTableOutput:
    elapsed = datetime.now(UTC) - start
    return {
        "Table": to_state(table),
        "RestoreStatus": IN_PROGRESS,
        "RestoreSeconds": int(elapsed.total_seconds()),
        "SecondsToNextCheck": seconds_to_next_check(elapsed),
    }


def _start_over(after_seconds: int) -> DescribeTableOutput:
    logger.info("Restore starts over", after_seconds=after_seconds)
    return {"Table": {}, "RestoreStatus": START_OVER, "RestoreSeconds": 0, "SecondsToNextCheck": after_seconds}
