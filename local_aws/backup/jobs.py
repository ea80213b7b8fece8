"""AWS Backup: backup jobs."""

import re
from copy import copy
from functools import partial

from moto.backup.exceptions import (
    InvalidParameterValueException,
    InvalidRequestException,
    ResourceNotFoundException,
)
from moto.backup.models import BackupBackend
from moto.core.utils import utcnow
from moto.dynamodb.models.table import Table

from local_aws.backup.backup_job import BackupJob
from local_aws.backup.events import announce_backup
from local_aws.backup.job import message, start
from local_aws.backup.notifications import notify
from local_aws.backup.operations import Request, dynamodb_of, found, operation, page
from local_aws.backup.recovery_points import AdvancedBackup, RecoveryPoint, keep
from local_aws.iam import enforcement as iam
from local_aws.settings import settings

TABLE_ARN = re.compile(r"arn:[^:]+:dynamodb:[^:]+:\d{12}:table/(?P<name>[A-Za-z0-9_.-]{3,255})")


@operation
def start_backup_job(backend: BackupBackend, request: Request) -> object:
    vault = backend.describe_backup_vault(request["BackupVaultName"])
    table = TABLE_ARN.fullmatch(request["ResourceArn"])
    if table is None:
        raise InvalidParameterValueException(f"{request['ResourceArn']} is not the ARN of a DynamoDB table")
    existing = dynamodb_of(backend).tables.get(table["name"])
    if existing is None or existing.table_arn != request["ResourceArn"]:
        raise ResourceNotFoundException(f"Resource {request['ResourceArn']} does not exist")
    make = partial(
        BackupJob,
        backup_vault_arn=vault.backup_vault_arn,
        backup_vault_name=vault.backup_vault_name,
        resource_arn=request["ResourceArn"],
        resource_name=table["name"],
        recovery_point_tags=request.get("RecoveryPointTags", {}),
        recovery_point_lifecycle=request.get("Lifecycle"),
        completion_window=request.get("CompleteWindowMinutes", 7 * 24 * 60) * 60.0,
    )
    return start(backend.backup_jobs, backend, request, make, partial(_run_backup_job, backend))


def _run_backup_job(backend: BackupBackend, job: BackupJob) -> None:
    state, job.status_message = _outcome(backend, job)
    job.completion_date = utcnow()
    job.state = state
    notify(backend, job)
    announce_backup(backend, job)


def _outcome(backend: BackupBackend, job: BackupJob) -> tuple[str, str | None]:
    """The state in which the job ends, and why. The backup is taken last, so that a table can disappear before."""
    needed = settings.backup_seconds
    window = min(job.completion_window, needed)
    for state in ("CREATED", "RUNNING"):
        job.state = state
        if job.stop_requested.wait(window / 2):
            return "ABORTED", "The backup job was stopped"
    if window < needed:
        return "EXPIRED", "The backup job did not complete within its completion window"
    try:
        _back_up(backend, job)
    except Exception as error:  # whatever is wrong, a job must end
        return "FAILED", message(error)
    return "COMPLETED", None


def _back_up(backend: BackupBackend, job: BackupJob) -> None:
    advanced = backend.management["DynamoDB"]
    action = "dynamodb:StartAwsBackupJob" if advanced else "dynamodb:CreateBackup"
    if not iam.role_may(job.iam_role_arn, action, job.resource_arn):
        lacking = "does not have sufficient permissions to execute the backup"
        raise InvalidRequestException(f"IAM Role {job.iam_role_arn} {lacking}: {action}")
    dynamodb = dynamodb_of(backend)
    name = f"awsbackup-job-{job.backup_job_id}"
    if advanced:
        table = dynamodb.get_table(job.resource_name)
        backup = AdvancedBackup(backend.account_id, backend.region_name, name, table)
    else:
        backup = dynamodb.create_backup(job.resource_name, name)
        backup.type = "AWS_BACKUP"
    vault = backend.vaults[job.backup_vault_name]
    point = RecoveryPoint(
        backup=backup,
        backup_vault_name=job.backup_vault_name,
        backup_vault_arn=job.backup_vault_arn,
        resource_arn=job.resource_arn,
        resource_name=job.resource_name,
        iam_role_arn=job.iam_role_arn,
        creation_date=job.creation_date,
        lifecycle=job.recovery_point_lifecycle,
        encryption_key_arn=vault.encryption_key_arn,
        vault_type=vault.vault_type,
    )
    keep(backend, point, {} if point.is_native else _tags(backup.table) | job.recovery_point_tags)
    job.recovery_point_arn = point.recovery_point_arn
    job.backup_size_in_bytes = point.backup_size_in_bytes
    job.percent_done = "100.0"


def _tags(table: Table) -> dict[str, str]:
    """The tags that an advanced recovery point has of its table; a native one cannot have any.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/tags-on-backups.html
    """
    return {tag["Key"]: tag["Value"] for tag in table.tags}


@operation
def describe_backup_job(backend: BackupBackend, request: Request) -> object:
    return copy(found(backend.backup_jobs, request["BackupJobId"], "Backup job"))


@operation
def list_backup_jobs(backend: BackupBackend, request: Request) -> object:
    return page("BackupJobs", backend.backup_jobs, request)


@operation
def stop_backup_job(backend: BackupBackend, request: Request) -> None:
    job = found(backend.backup_jobs, request["BackupJobId"], "Backup job")
    if job.state not in ("CREATED", "RUNNING"):
        raise InvalidRequestException(f"Backup job {job.backup_job_id} is {job.state} and can't be stopped")
    job.state = "ABORTING"
    job.stop_requested.set()
