"""AWS Backup: the notifications about backup jobs that a vault publishes to its SNS topic."""

import sys

from moto.backup.models import BackupBackend
from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.sns.models import sns_backends

from local_aws.backup.backup_job import BackupJob
from local_aws.backup.operations import SERVICE
from local_aws.policies import service_may

MESSAGES = {
    "COMPLETED": "An AWS Backup job was completed successfully. Recovery point ARN: {job.recovery_point_arn}. "
    "Backed up Resource ARN : {job.resource_arn}. Backup Job Id : {job.backup_job_id}",
    "FAILED": "An AWS Backup job failed. Resource ARN : {job.resource_arn}. BackupJob ID : {job.backup_job_id}",
    "EXPIRED": "An AWS Backup job failed to complete in time. "
    "Resource ARN : {job.resource_arn}. BackupJob ID : {job.backup_job_id}",
    "ABORTED": "An AWS Backup job was stopped. Resource ARN : {job.resource_arn}. BackupJob ID : {job.backup_job_id}",
}
"""The text of a notification, by the state in which the job ended."""

EVENTS = {
    "COMPLETED": {"BACKUP_JOB_COMPLETED", "BACKUP_JOB_SUCCESSFUL"},
    "FAILED": {"BACKUP_JOB_COMPLETED", "BACKUP_JOB_FAILED"},
    "EXPIRED": {"BACKUP_JOB_COMPLETED", "BACKUP_JOB_EXPIRED"},
    "ABORTED": {"BACKUP_JOB_COMPLETED"},
}
"""The events that report a state, by state; `BACKUP_JOB_COMPLETED` reports every end of a job."""


def notify(backend: BackupBackend, job: BackupJob) -> None:
    """Publishes how the job ended, if the vault subscribes to it and the topic lets AWS Backup publish."""
    wanted = backend.notifications.get(job.backup_vault_name)
    if wanted is None or not EVENTS[job.state] & set(wanted["BackupVaultEvents"]):
        return
    topic = sns_backends[backend.account_id][backend.region_name].topics.get(wanted["SNSTopicArn"])
    # AWS documents no condition key that AWS Backup sets here, so a statement with a condition does not count.
    if topic is None or not service_may(topic.policy, SERVICE, "SNS:Publish", topic.arn, {}):
        print(f"local AWS: AWS Backup may not publish to {wanted['SNSTopicArn']}", file=sys.stderr)
        return
    attributes = {
        "EventType": "BACKUP_JOB",
        "State": job.state,
        "AccountId": job.account_id,
        "Id": job.backup_job_id,
        "StartTime": iso_8601_datetime_with_milliseconds(job.creation_date),
    }
    topic.publish(
        MESSAGES[job.state].format(job=job),
        subject="Notification from AWS Backup",
        message_attributes={name: {"Type": "String", "Value": value} for name, value in attributes.items()},
    )
