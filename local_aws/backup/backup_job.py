"""AWS Backup: a backup job."""

import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from local_aws.backup.operations import Job


@dataclass(kw_only=True)
class BackupJob(Job):
    """One run of a backup, from CREATED through RUNNING to its end."""

    backup_vault_name: str
    resource_arn: str
    resource_name: str
    recovery_point_tags: dict[str, str]
    recovery_point_lifecycle: dict[str, int] | None
    completion_window: float
    backup_job_id: str = field(default_factory=lambda: str(uuid.uuid4()).upper())
    state: str = "CREATED"
    recovery_point_arn: str | None = None
    is_parent: bool = False
    stop_requested: threading.Event = field(default_factory=threading.Event)

    @property
    def start_by(self) -> datetime:
        return self.creation_date
