"""AWS Backup: the events about jobs, on the default bus of the account and Region that ran the job.

Which members are strings, and which are left out, is as in AWS's samples.
https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html
"""

from datetime import timedelta
from typing import Any

from moto.backup.models import BackupBackend
from moto.core.utils import iso_8601_datetime_with_milliseconds

from local_aws.backup.backup_job import BackupJob
from local_aws.backup.copy_job import CopyJob
from local_aws.backup.restore_job import RestoreJob
from local_aws.eventbridge.rules import emit

SOURCE = "aws.backup"

START_WINDOW = timedelta(hours=8)


def announce_backup(backend: BackupBackend, job: BackupJob) -> None:
    """Emits the event about the end of a backup job."""
    size = str(job.backup_size_in_bytes)
    detail = _detail(job) | {
        "backupJobId": job.backup_job_id,
        "backupVaultArn": job.backup_vault_arn,
        "backupVaultName": job.backup_vault_name,
        "bytesTransferred": size,
        "startBy": iso_8601_datetime_with_milliseconds(job.creation_date + START_WINDOW),
        "percentDone": round(float(job.percent_done)),
        "retryCount": 0,
    }
    if job.recovery_point_arn:
        detail |= {"backupSizeInBytes": size, "completionDate": _completion_date(job)}
    resources = [job.recovery_point_arn] if job.recovery_point_arn else []
    emit(backend.account_id, backend.region_name, SOURCE, "Backup Job State Change", resources, detail)


def announce_copy(backend: BackupBackend, job: CopyJob) -> None:
    """Emits the event about the end of a copy job. No page says that the account of the copy is told."""
    detail = _detail(job) | {
        "copyJobId": job.copy_job_id,
        "backupSizeInBytes": job.backup_size_in_bytes,
        "sourceBackupVaultArn": job.source_backup_vault_arn,
        "completionDate": _completion_date(job),
        "destinationBackupVaultArn": job.destination_backup_vault_arn,
        "destinationRecoveryPointArn": job.destination_recovery_point_arn or {},
    }
    resources = [job.source_recovery_point_arn]
    emit(backend.account_id, backend.region_name, SOURCE, "Copy Job State Change", resources, detail)


def announce_restore(backend: BackupBackend, job: RestoreJob) -> None:
    """Emits the event about the end of a restore job. A failed one has less to say."""
    detail = {
        "restoreJobId": job.id,
        "backupSizeInBytes": str(job.backup_size_in_bytes),
        "creationDate": iso_8601_datetime_with_milliseconds(job.creation_date),
        "iamRoleArn": job.iam_role_arn,
        "percentDone": 0,
        "resourceType": job.resource_type,
        "status": job.status,
    }
    if job.status_message:
        detail["statusMessage"] = job.status_message
    if job.created_resource_arn:
        detail |= {
            "backupVaultArn": job.backup_vault_arn,
            "recoveryPointArn": job.recovery_point_arn,
            "sourceResourceArn": job.source_resource_arn,
            "createdResourceArn": job.created_resource_arn,
            "completionDate": _completion_date(job),
        }
    if job.created_by:
        detail["restoreTestingPlanArn"] = job.created_by["RestoreTestingPlanArn"]
    resources = [job.recovery_point_arn]
    emit(backend.account_id, backend.region_name, SOURCE, "Restore Job State Change", resources, detail)


def _detail(job: BackupJob | CopyJob) -> dict[str, Any]:
    detail = {
        "creationDate": iso_8601_datetime_with_milliseconds(job.creation_date),
        "iamRoleArn": job.iam_role_arn,
        "resourceArn": job.resource_arn,
        "resourceType": job.resource_type,
        "state": job.state,
    }
    return detail | {"statusMessage": job.status_message} if job.status_message else detail


def _completion_date(job: BackupJob | CopyJob | RestoreJob) -> str:
    return str(iso_8601_datetime_with_milliseconds(job.completion_date))
