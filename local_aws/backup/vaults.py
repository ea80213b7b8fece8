"""AWS Backup: the settings of the Region and of vaults."""

from collections.abc import Callable

from moto.backup.exceptions import InvalidRequestException
from moto.backup.models import BackupBackend, backup_backends
from moto.backup.responses import BackupResponse
from moto.core.responses import ActionResult

from local_aws.backup.operations import Request, found, operation, owner_of_vault
from local_aws.patching import replaces


@operation
def describe_region_settings(backend: BackupBackend, _request: Request) -> object:
    return {
        "ResourceTypeManagementPreference": backend.management,
        "ResourceTypeOptInPreference": backend.opt_in,
    }


@operation
def update_region_settings(backend: BackupBackend, request: Request) -> None:
    backend.management.update(request.get("ResourceTypeManagementPreference", {}))
    backend.opt_in.update(request.get("ResourceTypeOptInPreference", {}))


@operation
def put_backup_vault_notifications(backend: BackupBackend, request: Request) -> None:
    vault = backend.describe_backup_vault(request["BackupVaultName"])
    backend.notifications[vault.backup_vault_name] = {**request, "BackupVaultArn": vault.backup_vault_arn}


@operation
def get_backup_vault_notifications(backend: BackupBackend, request: Request) -> object:
    return found(backend.notifications, request["BackupVaultName"], "The notification configuration of vault")


@operation
def delete_backup_vault_notifications(backend: BackupBackend, request: Request) -> None:
    backend.notifications.pop(request["BackupVaultName"], None)


@operation
def put_backup_vault_access_policy(backend: BackupBackend, request: Request) -> None:
    vault = backend.describe_backup_vault(request["BackupVaultName"])
    backend.access_policies[vault.backup_vault_name] = {**request, "BackupVaultArn": vault.backup_vault_arn}


@operation
def get_backup_vault_access_policy(backend: BackupBackend, request: Request) -> object:
    return found(backend.access_policies, request["BackupVaultName"], "The access policy of vault")


@operation
def delete_backup_vault_access_policy(backend: BackupBackend, request: Request) -> None:
    backend.access_policies.pop(request["BackupVaultName"], None)


@replaces(
    BackupBackend,
    "delete_backup_vault",
    because="AWS does not delete a vault that contains recovery points",
    source="https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteBackupVault.html",
    written_against="3adfa1de",
)
def _delete_backup_vault(original: Callable[..., None], self: BackupBackend, backup_vault_name: str) -> None:
    if any(point.backup_vault_name == backup_vault_name for point in list(self.recovery_points.values())):
        raise InvalidRequestException("Backup vault cannot be deleted because it contains recovery points")
    original(self, backup_vault_name)
    self.notifications.pop(backup_vault_name, None)
    self.access_policies.pop(backup_vault_name, None)


@replaces(
    BackupResponse,
    "list_tags",
    because="moto misreads the path of the request, so that Terraform finds no tags",
    source="https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListTags.html",
    written_against="24525e57",
)
def _list_tags(_original: Callable[..., str], self: BackupResponse) -> ActionResult:
    self.parse_parameters(self.normalized_request)
    arn = self.params["ResourceArn"]
    owner = backup_backends[arn.split(":")[4]][self.backup_backend.region_name]
    return ActionResult({"Tags": owner.list_tags(arn)})


@replaces(
    BackupResponse,
    "describe_backup_vault",
    because="moto knows only the vaults of the caller's own account",
    source="https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupVault.html",
    written_against="53f5b597",
)
def _describe_backup_vault(_original: Callable[..., ActionResult], self: BackupResponse) -> ActionResult:
    self.parse_parameters(self.normalized_request)
    vaults = owner_of_vault(self.backup_backend, self.params)
    return ActionResult(vaults.describe_backup_vault(self.params["BackupVaultName"]))
