"""Backup vaults, and the recovery points of DynamoDB tables in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rotator.arns import place_of
from rotator.aws_errors import translated_errors
from rotator.errors import RotationError
from rotator.logs import logger
from rotator.recovery_points import RecoveryPoint
from rotator.settings import WorkflowSettings

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient

# https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListRecoveryPointsByBackupVault.html
_LARGEST_PAGE = 1000

# AWS Backup answers the first, and documents the second, for a backup that is ready for use:
# https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeRecoveryPoint.html
_COMPLETED = ("COMPLETED", "AVAILABLE")


@dataclass(frozen=True)
class Vault:
    """A vault of the module's account, `home`, or a logically air-gapped one that another account shares with it."""

    arn: str
    home: str

    def recovery_points(
        self, backup: "BackupClient", *, created_after: datetime | None = None
    ) -> Iterator[RecoveryPoint]:
        """The completed recovery points of DynamoDB tables, in no order."""
        request = {**self.request, "ByResourceType": "DynamoDB"}
        if created_after:
            request["ByCreatedAfter"] = created_after
        paginator = backup.get_paginator("list_recovery_points_by_backup_vault")
        with translated_errors():
            for page in paginator.paginate(**request, PaginationConfig={"PageSize": _LARGEST_PAGE}):
                for described in page["RecoveryPoints"]:
                    if described["Status"] in _COMPLETED:
                        yield self._recovery_point(described)

    def describe(self, recovery_point_arn: str, backup: "BackupClient") -> RecoveryPoint | None:
        """`None` where the vault does not hold the recovery point, or not a completed one.

        https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeRecoveryPoint.html
        """
        # A recovery point belongs to the account of its vault. Asked about another account's, AWS Backup denies access.
        if f":{self._account}:" not in recovery_point_arn:
            return None
        with translated_errors():
            try:
                described = backup.describe_recovery_point(**self.request, RecoveryPointArn=recovery_point_arn)
            except (backup.exceptions.ResourceNotFoundException, backup.exceptions.InvalidParameterValueException):
                return None
        return self._recovery_point(described) if described["Status"] in _COMPLETED else None

    @contextmanager
    def setting_aside(self, kind: type[RotationError], unread: "dict[Vault, RotationError]") -> Iterator[None]:
        """Adds an error of this kind to those of the vaults that cannot be read, so that it holds up no other vault."""
        try:
            yield
        except kind as error:
            logger.warning("A vault cannot be read", vault=self.arn, error=str(error))
            unread[self] = type(error)(f"The vault {self.arn} cannot be read: {error}")

    @property
    def _account(self) -> str:
        return place_of(self.arn).account

    @property
    def request(self) -> dict[str, Any]:
        """What names the vault in a request to AWS Backup."""
        owner = {} if self._account == self.home else {"BackupVaultAccountId": self._account}
        return {"BackupVaultName": self.arn.rpartition(":")[2], **owner}

    def _recovery_point(self, described: Any) -> RecoveryPoint:  # noqa: ANN401 (as each of the two calls describes it)
        return RecoveryPoint(
            arn=described["RecoveryPointArn"],
            source_table_arn=described["ResourceArn"],
            backup_time=described["CreationDate"],
            completion_time=described.get("CompletionDate"),
            vault_arn=self.arn,
            original_vault_arn=described.get("SourceBackupVaultArn"),
            size_bytes=described.get("BackupSizeInBytes"),
        )


def vault_of(arn: str, settings: WorkflowSettings) -> Vault:
    return Vault(arn, settings.account)


def configured_vaults(settings: WorkflowSettings) -> list[Vault]:
    return [vault_of(arn, settings) for arn in settings.backup_vault_arns]


def vaults_to_search(settings: WorkflowSettings, backup: "BackupClient") -> list[Vault]:
    """The vaults that are configured, and where a topic announces recovery points, all of the account and Region."""
    vaults = configured_vaults(settings)
    if settings.search_all_vaults:
        vaults += [vault for vault in vaults_of(settings.account, backup) if vault not in vaults]
    return vaults


def vaults_of(account: str, backup: "BackupClient") -> list[Vault]:
    """All vaults of the account and Region that the client belongs to."""
    with translated_errors():
        pages = backup.get_paginator("list_backup_vaults").paginate()
        return [Vault(vault["BackupVaultArn"], account) for page in pages for vault in page["BackupVaultList"]]
