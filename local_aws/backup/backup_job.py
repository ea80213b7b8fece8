"""AWS Backup: a backup job."""

import threading
from dataclasses import dataclass, field
from datetime import datetime

from local_aws.backup.job import Job


@dataclass(kw_only=True)
class BackupJob(Job):
    """One run of a backup, from CREATED through RUNNING to its end."""

    backup_vault_name: str
    backup_vault_arn: str
    resource_arn: str
    resource_name: str
    recovery_point_tags: dict[str, str]
    recovery_point_lifecycle: dict[str, int] | None
    completion_window: float
    state: str = "CREATED"
    recovery_point_arn: str | None = None
    is_parent: bool = False
    stop_requested: threading.Event = field(default_factory=threading.Event)

    @property
    def backup_job_id(self) -> str:
        return self.id

    @property
    def start_by(self) -> datetime:
        return self.creation_date
