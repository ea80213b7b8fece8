"""AWS Backup: a restore job."""

from dataclasses import dataclass
from datetime import datetime

from local_aws.backup.job import Job


@dataclass(kw_only=True)
class RestoreJob(Job):
    """One run of a restore, from PENDING through RUNNING to its end."""

    backup_vault_arn: str
    recovery_point_arn: str
    source_resource_arn: str
    recovery_point_creation_date: datetime
    percent_done: str = "0.00%"
    status: str = "PENDING"
    created_resource_arn: str | None = None
    created_by: dict[str, str] | None = None
    validation_status: str | None = None
    validation_status_message: str | None = None
    deletion_status: str | None = None

    @property
    def restore_job_id(self) -> str:
        return self.id

    @property
    def restore_testing_plan_arn(self) -> str | None:
        """What ListRestoreJobs filters by."""
        return self.created_by["RestoreTestingPlanArn"] if self.created_by else None
