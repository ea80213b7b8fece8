"""AWS Backup: logically air-gapped vaults, and what an account may do in one that another account shares through RAM.

https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
"""

from moto.backup.models import BackupBackend, Vault, backup_backends
from moto.ram.models import ResourceShare, ram_backends

from local_aws.backup.operations import Request, operation
from local_aws.iam import enforcement as iam
from local_aws.patching import adds

AIR_GAPPED = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"

SHARED_ACTIONS = {
    f"backup:{action}"
    for action in (
        "DescribeBackupVault",
        "DescribeRecoveryPoint",
        "GetRecoveryPointRestoreMetadata",
        "ListProtectedResourcesByBackupVault",
        "ListRecoveryPointsByBackupVault",
        "ListTags",
        "StartRestoreJob",
    )
}

adds(
    Vault,
    "vault_type",
    because="vaults are of two types, and only one of them can be shared",
    source="https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupVault.html",
)("BACKUP_VAULT")
adds(
    Vault,
    "vault_state",
    because="Terraform waits until a logically air-gapped vault is available",
    source="https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupVault.html",
)("AVAILABLE")

# moto lists the types of resources that can be shared, and lacks this one.
ResourceShare.SHAREABLE_RESOURCES.append("backup-vault")


@operation
def create_logically_air_gapped_backup_vault(backend: BackupBackend, request: Request) -> object:
    vault = backend.create_backup_vault(
        request["BackupVaultName"],
        request.get("BackupVaultTags", {}),
        request.get("EncryptionKeyArn"),
        request.get("CreatorRequestId"),
    )
    vault.vault_type = AIR_GAPPED
    vault.locked = True
    vault.min_retention_days, vault.max_retention_days = request["MinRetentionDays"], request["MaxRetentionDays"]
    return vault


@iam.opens_to_other_accounts("backup")
def _is_shared(principal: str, action: str, resource: str) -> bool:
    """Whether a principal of another account may act on a vault or on a recovery point in it."""
    _, _, _, region, owner, *_ = resource.split(":")
    backend = backup_backends[owner][region]
    point = backend.recovery_points.get(resource)
    vault_arn = point.backup_vault_arn if point else resource
    vault = next((vault for vault in backend.vaults.values() if vault.backup_vault_arn == vault_arn), None)
    if action not in SHARED_ACTIONS or vault is None or vault.vault_type != AIR_GAPPED:
        return False
    account = principal.split(":")[4]
    return any(
        account in share.principals and vault_arn in share.resource_arns and share.status == "ACTIVE"
        for share in ram_backends[owner][region].resource_shares
    )
