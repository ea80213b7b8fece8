"""AWS Backup: the events about jobs, on the default bus of the account and Region that ran the job.

Which members are strings, and which are left out, is as in AWS's samples.
https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html
"""

from datetime import timedelta

from moto.backup.models import BackupBackend
from moto.core.utils import iso_8601_datetime_with_milliseconds

from local_aws.backup.backup_job import BackupJob
from local_aws.eventbridge.rules import emit

SOURCE = "aws.backup"

START_WINDOW = timedelta(hours=8)


def announce_backup(backend: BackupBackend, job: BackupJob) -> None:
    """Emits the event about the end of a backup job."""
    size = str(job.backup_size_in_bytes)
    detail = {
        "backupJobId": job.backup_job_id,
        "backupVaultArn": job.backup_vault_arn,
        "backupVaultName": job.backup_vault_name,
        "bytesTransferred": size,
        "creationDate": iso_8601_datetime_with_milliseconds(job.creation_date),
        "iamRoleArn": job.iam_role_arn,
        "resourceArn": job.resource_arn,
        "resourceType": job.resource_type,
        "state": job.state,
        "startBy": iso_8601_datetime_with_milliseconds(job.creation_date + START_WINDOW),
        "percentDone": round(float(job.percent_done)),
        "retryCount": 0,
    }
    if job.recovery_point_arn:
        completion = iso_8601_datetime_with_milliseconds(job.completion_date)
        detail |= {"backupSizeInBytes": size, "completionDate": completion}
    else:
        detail["statusMessage"] = job.status_message
    resources = [job.recovery_point_arn] if job.recovery_point_arn else []
    emit(backend.account_id, backend.region_name, SOURCE, "Backup Job State Change", resources, detail)
