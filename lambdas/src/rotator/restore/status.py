"""Checking the progress of a restore, of either kind of recovery point."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rotator.aws_errors import will_not_pass, without_names
from rotator.clients import Clients
from rotator.errors import RestoreJobFailed, TableNotFound, UnexpectedTableStatus
from rotator.logs import logger
from rotator.restore.job import describe_restore_job
from rotator.restore.polling import SECONDS_FROM_CLAIM_TO_CHECK, seconds_to_next_attempt, seconds_to_next_check
from rotator.restore.recovery_point import check_announced_source
from rotator.restore.target import (
    OURS,
    SUPERSEDED,
    UNCLAIMED,
    check_origin,
    is_restored_from_another_backup,
    source_of_restore,
    standing_of,
)
from rotator.settings import RotationSettings
from rotator.source_table import names_of_tables
from rotator.state import DescribeTableOutput, Execution, Invocation, RestoreStatus, RotationState, to_state
from rotator.tags import claim
from rotator.target_table import describe_target_table
from rotator.timestamps import parse_iso8601

if TYPE_CHECKING:
    from mypy_boto3_backup.type_defs import DescribeRestoreJobOutputTypeDef

IN_PROGRESS: Final = "IN_PROGRESS"
CLAIMED: Final = "CLAIMED"
COMPLETE: Final = "COMPLETE"
START_OVER: Final = "START_OVER"

# A rotation claims its copy within a tenth of the time that the restore took.
_PATIENCE_WITH_OTHERS = timedelta(hours=1)

_TABLE_IN_PROGRESS = ("CREATING", "UPDATING")
_JOB_IN_PROGRESS = ("PENDING", "RUNNING")
_JOB_COMPLETED = "COMPLETED"

# What AWS Backup says of a job beyond its limits is not documented. It restores 50 tables at once.
_HIT_A_LIMIT = re.compile("limit|rate exceeded|throttl|too many|concurrent", re.IGNORECASE)


def check_restore_status(invocation: Invocation, settings: RotationSettings, clients: Clients) -> DescribeTableOutput:
    """Describes the target table, and says how far the restore is. A complete copy carries the tags of ownership.

    Says that the restore has to start over where the job failed because of a limit of AWS, and in an execution that was
    redriven, where the job failed or the table was deleted before the redrive.

    Raises `RestoreJobFailed`, `RecoveryPointMismatch`, `TableNotFound`, `TargetTableTaken` or `UnexpectedTableStatus`.
    """
    state, execution = invocation["State"], invocation["Execution"]
    job = _job_of(state, clients)
    if job and job["Status"] in _JOB_IN_PROGRESS:
        return _in_progress({}, job["CreationDate"])
    try:
        table = describe_target_table(state, clients.dynamodb)
    except TableNotFound:
        if job and _has_failed(job):
            return _start_over_or_fail(job, state, execution)
        if _started_before_redrive(_start_of_restore(state, job), execution):
            return _start_over(1)
        raise
    logger.info("Restore checked", target_table=table["TableName"], table_status=table["TableStatus"])
    if table["TableStatus"] in _TABLE_IN_PROGRESS:
        if job and _has_failed(job):
            # This table made it fail.
            check_origin(table, state)
        else:
            check_announced_source(source_of_restore(table), state)
        return _in_progress(table, table["CreationDateTime"])
    if table["TableStatus"] != "ACTIVE":
        raise UnexpectedTableStatus(
            f"The table {table['TableName']} is {table['TableStatus']} while it is being restored"
        )
    standing = standing_of(table, state, execution, settings.module, clients.dynamodb)
    if standing == SUPERSEDED:
        return _superseded(table)
    if job and _has_failed(job):
        # Another rotation may be about to claim the table that made the job fail.
        if standing == UNCLAIMED and _is_recent(job):
            return _in_progress(table, job["CreationDate"])
        return _start_over_or_fail(job, state, execution)
    if _is_of_another_backup(state):
        return _in_progress(table, table["CreationDateTime"])
    if standing == UNCLAIMED:
        claim(table, invocation, settings.module, clients)
    return _complete(table, state) if standing == OURS and _is_claimed_for_long(state) else _claimed(table, job)


def _has_failed(job: "DescribeRestoreJobOutputTypeDef") -> bool:
    return job["Status"] not in (*_JOB_IN_PROGRESS, _JOB_COMPLETED)


def _is_claimed_for_long(state: RotationState) -> bool:
    """Whether the state machine has waited since the claim. The function may have been tried again instead."""
    return state.get("DescribeTableOutput", {}).get("RestoreStatus") == CLAIMED


def _job_of(state: RotationState, clients: Clients) -> "DescribeRestoreJobOutputTypeDef | None":
    """The restore job, if one was started. Raises `RecoveryPointMismatch`."""
    restore_job_id = state.get("StartRestoreJobOutput", {}).get("RestoreJobId")
    if not restore_job_id:
        return None
    job = describe_restore_job(restore_job_id, clients.backup)
    check_announced_source(job.get("SourceResourceArn"), state)
    return job


def _start_over_or_fail(
    job: "DescribeRestoreJobOutputTypeDef", state: RotationState, execution: Execution
) -> DescribeTableOutput:
    message = job.get("StatusMessage", "")
    reason = without_names(message, names_of_tables(state))
    if _started_before_redrive(job["CreationDate"], execution):
        return _start_over(1)
    if _HIT_A_LIMIT.search(reason) and not will_not_pass(reason):
        elapsed = datetime.now(UTC) - parse_iso8601(execution["StartTime"])
        return _start_over(seconds_to_next_attempt(elapsed), message)
    raise RestoreJobFailed(f"Restore job {job['RestoreJobId']} is {job['Status']}: {message}")


def _is_recent(job: "DescribeRestoreJobOutputTypeDef") -> bool:
    ended = job.get("CompletionDate", job["CreationDate"])
    return datetime.now(UTC) - ended < _PATIENCE_WITH_OTHERS


def _is_of_another_backup(state: RotationState) -> bool:
    """Whether the table was already being restored from another backup of the same second when this one came."""
    found = state.get("RestoreTableFromBackupOutput", {}).get("TableDescription", {})
    return is_restored_from_another_backup(found, state)


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
    return _output(IN_PROGRESS, table, seconds=elapsed, next_check=seconds_to_next_check(elapsed))


def _claimed(table: dict[str, Any], job: "DescribeRestoreJobOutputTypeDef | None") -> DescribeTableOutput:
    """The copy carries the tags of this rotation. They have to be read again before anything touches it."""
    now = datetime.now(UTC)
    duration = job.get("CompletionDate", now) - job["CreationDate"] if job else now - table["CreationDateTime"]
    return _output(CLAIMED, table, seconds=duration, next_check=SECONDS_FROM_CLAIM_TO_CHECK)


def _complete(table: dict[str, Any], state: RotationState) -> DescribeTableOutput:
    return _output(COMPLETE, table, seconds=timedelta(seconds=state["DescribeTableOutput"]["RestoreSeconds"]))


def _superseded(table: dict[str, Any]) -> DescribeTableOutput:
    logger.info("Another backup of the same second has been restored", target_table=table["TableName"])
    return _output(SUPERSEDED, table)


def _start_over(after_seconds: int, status_message: str = "") -> DescribeTableOutput:
    logger.info("Restore starts over", after_seconds=after_seconds, status_message=status_message)
    return _output(START_OVER, {}, next_check=after_seconds, status_message=status_message)


def _output(
    status: RestoreStatus,
    table: dict[str, Any],
    *,
    seconds: timedelta = timedelta(0),
    next_check: int = 0,
    status_message: str = "",
) -> DescribeTableOutput:
    return {
        "Table": to_state(table),
        "RestoreStatus": status,
        "RestoreSeconds": int(seconds.total_seconds()),
        "SecondsToNextCheck": next_check,
        "StatusMessage": status_message,
    }
