"""AWS Backup: a copy job."""

from dataclasses import dataclass

from local_aws.backup.job import Job


@dataclass(kw_only=True)
class CopyJob(Job):
    """One run of a copy, from CREATED through RUNNING to its end."""

    source_backup_vault_arn: str
    source_recovery_point_arn: str
    destination_backup_vault_arn: str
    resource_arn: str
    resource_name: str
    lifecycle: dict[str, int] | None
    state: str = "CREATED"
    destination_recovery_point_arn: str | None = None

    @property
    def copy_job_id(self) -> str:
        return self.id

    @property
    def destination_recovery_point_lifecycle(self) -> dict[str, int] | None:
        return self.lifecycle
