"""AWS Backup: recovery points, native ones and those of its advanced features."""

import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from moto.backup.exceptions import ResourceNotFoundException
from moto.backup.models import BackupBackend, Vault, backup_backends
from moto.core.utils import utcnow
from moto.dynamodb.models.table import Backup

from local_aws.backup.operations import Request, dynamodb_of, found, operation, owner_of_vault, page
from local_aws.dynamodb.backups import size_bytes
from local_aws.errors import ServiceError
from local_aws.patching import adds


@dataclass
class RecoveryPoint:
    """A backup in a vault."""

    backup: Backup
    backup_vault_name: str
    backup_vault_arn: str
    resource_arn: str
    resource_name: str
    iam_role_arn: str
    creation_date: datetime
    lifecycle: dict[str, int] | None
    encryption_key_arn: str | None
    source_backup_vault_arn: str | None = None
    resource_type: str = "DynamoDB"
    status: str = "COMPLETED"
    storage_class: str = "WARM"
    vault_type: str = "BACKUP_VAULT"
    is_encrypted: bool = True
    is_parent: bool = False
    completion_date: datetime = field(default_factory=utcnow)

    @property
    def recovery_point_arn(self) -> str:
        return str(self.backup.arn)

    @property
    def is_native(self) -> bool:
        return not isinstance(self.backup, AdvancedBackup)

    @property
    def backup_size_in_bytes(self) -> int:
        return size_bytes(self.backup)

    @property
    def backup_size_bytes(self) -> int:
        """The name that ListRecoveryPointsByResource has for it."""
        return self.backup_size_in_bytes


class AdvancedBackup(Backup):  # type: ignore[misc]  # moto is not type-checked
    """A backup that belongs to AWS Backup: DynamoDB neither lists nor restores it."""

    @property
    def arn(self) -> str:
        _, partition, *_ = self.table.table_arn.split(":")
        return f"arn:{partition}:backup:{self.region_name}:{self.account_id}:recovery-point:{self.identifier}"

    def _make_identifier(self) -> str:
        return str(uuid.uuid4())


adds(
    Vault,
    "number_of_recovery_points",
    because="DescribeBackupVault counts the recovery points of the vault",
    source="https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupVault.html",
)(0)


def _count_recovery_points(backend: BackupBackend, vault_name: str) -> None:
    points = [point for point in list(backend.recovery_points.values()) if point.backup_vault_name == vault_name]
    vault = backend.vaults[vault_name]
    vault.number_of_recovery_points = vault.num_of_recovery_points = len(points)


def keep(backend: BackupBackend, point: RecoveryPoint, tags: dict[str, str]) -> None:
    """Puts a recovery point into its vault."""
    backend.recovery_points[point.recovery_point_arn] = point
    backend.tag_resource(point.recovery_point_arn, tags)
    _count_recovery_points(backend, point.backup_vault_name)


ADVANCED_ARN = re.compile(r"arn:[^:]+:backup:[^:]+:(?P<account>\d{12}):recovery-point:.+")


def recovery_point(backend: BackupBackend, request: Request) -> RecoveryPoint:
    """The recovery point that a request names, which may be in a vault that another account shares.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
    """
    arn = request["RecoveryPointArn"]
    advanced = ADVANCED_ARN.fullmatch(arn)
    account = advanced["account"] if advanced else backend.account_id
    if "BackupVaultName" in request and account != owner_of_vault(backend, request).account_id:
        raise ServiceError("AccessDeniedException", "Insufficient privileges to perform this action.")
    points = backup_backends[account][backend.region_name].recovery_points
    point: RecoveryPoint = found(points, arn, "Recovery point")
    if point.backup_vault_name != request.get("BackupVaultName", point.backup_vault_name):
        raise ResourceNotFoundException(f"Recovery point {point.recovery_point_arn} is in another vault")
    return point


@operation
def describe_recovery_point(backend: BackupBackend, request: Request) -> object:
    return recovery_point(backend, request)


@operation
def delete_recovery_point(backend: BackupBackend, request: Request) -> None:
    point = recovery_point(backend, request)
    del backend.recovery_points[point.recovery_point_arn]
    _count_recovery_points(backend, point.backup_vault_name)
    if point.is_native:
        dynamodb_of(backend).backups.pop(point.recovery_point_arn, None)


@operation
def get_recovery_point_restore_metadata(backend: BackupBackend, request: Request) -> object:
    point = recovery_point(backend, request)
    return {
        "BackupVaultArn": point.backup_vault_arn,
        "RecoveryPointArn": point.recovery_point_arn,
        "ResourceType": point.resource_type,
        "RestoreMetadata": {"originalTableName": point.resource_name, "encryptionType": "Default"},
    }


@operation
def list_recovery_points_by_backup_vault(backend: BackupBackend, request: Request) -> object:
    backend = owner_of_vault(backend, request)
    vault = backend.describe_backup_vault(request["BackupVaultName"])
    filters = {**request, "ByBackupVaultName": vault.backup_vault_name}
    return page("RecoveryPoints", backend.recovery_points, filters)


@operation
def list_recovery_points_by_resource(backend: BackupBackend, request: Request) -> object:
    filters = {**request, "ByResourceArn": request["ResourceArn"]}
    return page("RecoveryPoints", backend.recovery_points, filters)
