"""Backups of one account, and their copies in the vaults of another: on the local AWS only."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.aws import client
from tests.support.deployment import BackupJob
from tests.support.fixtures import PATIENCE_SECONDS
from tests.support.polling import wait_until

PRODUCTION = "111122223333"
STAGING = "123456789012"
"""The account of the environment."""


def make_role(account: str, name: str, trusted: dict[str, str], policy: str) -> str:
    """A role with one of AWS's own policies; gives its ARN."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted}
    iam = client("iam", account)
    arn: str = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    return arn


@dataclass(frozen=True)
class Vault:
    """A vault, and the role that AWS Backup backs up to it with, and copies from it."""

    account: str
    name: str
    role_arn: str
    region: str = "us-east-1"

    def back_up(self, table_arn: str) -> BackupJob:
        """The job, once it has completed."""
        started = self._backup.start_backup_job(
            BackupVaultName=self.name, ResourceArn=table_arn, IamRoleArn=self.role_arn
        )
        return self.end_of_backup(started["BackupJobId"])

    def end_of_backup(self, job_id: str) -> BackupJob:
        job = _completed(lambda: self._backup.describe_backup_job(BackupJobId=job_id))
        return BackupJob(job_id, job["RecoveryPointArn"], job["ResourceArn"], job["CreationDate"])

    def copy(self, job: BackupJob, to: str) -> BackupJob:
        """The same backup with the recovery point that it has in the vault with the ARN `to`."""
        started = self._backup.start_copy_job(
            SourceBackupVaultName=self.name,
            RecoveryPointArn=job.recovery_point_arn,
            DestinationBackupVaultArn=to,
            IamRoleArn=self.role_arn,
        )
        return self.end_of_copy(started["CopyJobId"], job)

    def end_of_copy(self, job_id: str, job: BackupJob) -> BackupJob:
        """The job with the recovery point that its copy made."""
        copied = _completed(lambda: self._backup.describe_copy_job(CopyJobId=job_id)["CopyJob"])
        return BackupJob(job.id, copied["DestinationRecoveryPointArn"], job.table_arn, job.start_time)

    @property
    def _backup(self) -> Any:  # noqa: ANN401
        return client("backup", self.account, self.region)


def _completed(describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        job = describe()
        return job if job["State"] in ("COMPLETED", "FAILED") else None

    job = wait_until("end of a job of AWS Backup", ended, PATIENCE_SECONDS)
    assert job["State"] == "COMPLETED", job["StatusMessage"]
    return job
