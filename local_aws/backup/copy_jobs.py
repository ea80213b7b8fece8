"""AWS Backup: copy jobs, which copy a recovery point to a vault, maybe of another Region or account."""

import re
import time
from copy import copy
from dataclasses import replace
from functools import partial

from moto.backup.exceptions import InvalidParameterValueException, InvalidRequestException
from moto.backup.models import BackupBackend, Vault, backup_backends
from moto.core.utils import utcnow

from local_aws.backup.copy_job import CopyJob
from local_aws.backup.events import announce_copy
from local_aws.backup.job import message, start
from local_aws.backup.operations import Request, found, operation
from local_aws.backup.recovery_points import AdvancedBackup, RecoveryPoint, keep, recovery_point
from local_aws.iam import enforcement as iam
from local_aws.policies import Decision, decide_for_principal
from local_aws.settings import settings

VAULT_ARN = re.compile(r"arn:[^:]+:backup:(?P<region>[^:]+):(?P<account>\d{12}):backup-vault:(?P<name>[A-Za-z0-9_-]+)")

COPY_NEEDS_OF_KEY = ("kms:CreateGrant", "kms:DescribeKey")
"""What the role of a copy job needs on the keys of both vaults.

https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
"""


@operation
def start_copy_job(backend: BackupBackend, request: Request) -> object:
    named = {**request, "BackupVaultName": request["SourceBackupVaultName"]}
    point = recovery_point(backend, named)
    if point.is_native:
        raise InvalidRequestException(
            f"Recovery point {point.recovery_point_arn} cannot be copied: "
            "it was made without the advanced features for DynamoDB"
        )
    destination = VAULT_ARN.fullmatch(request["DestinationBackupVaultArn"])
    if destination is None:
        raise InvalidParameterValueException(f"{request['DestinationBackupVaultArn']} is not the ARN of a vault")
    make = partial(
        CopyJob,
        backup_size_in_bytes=point.backup_size_in_bytes,
        source_backup_vault_arn=point.backup_vault_arn,
        source_recovery_point_arn=point.recovery_point_arn,
        destination_backup_vault_arn=request["DestinationBackupVaultArn"],
        resource_arn=point.resource_arn,
        resource_name=point.resource_name,
        lifecycle=request.get("Lifecycle"),
    )
    vaults = backup_backends[destination["account"]][destination["region"]]
    run = partial(_run_copy_job, backend, point, vaults, destination["name"])
    return start(backend.copy_jobs, backend, request, make, run, after_seconds=settings.backup_seconds / 2)


def _run_copy_job(
    backend: BackupBackend, point: RecoveryPoint, destination: BackupBackend, vault_name: str, job: CopyJob
) -> None:
    job.state = "RUNNING"
    time.sleep(settings.backup_seconds / 2)
    try:
        vault = found(destination.vaults, vault_name, "Backup vault")
        _authorize(backend, job, point, destination, vault)
        job.destination_recovery_point_arn = _copy(backend, job, point, destination, vault)
        state = "COMPLETED"
    except Exception as error:  # whatever is wrong, a job must end
        job.status_message, state = message(error), "FAILED"
    job.completion_date = utcnow()
    job.state = state
    announce_copy(backend, job)


def _authorize(
    backend: BackupBackend, job: CopyJob, point: RecoveryPoint, destination: BackupBackend, vault: Vault
) -> None:
    """Raises an error unless the job's role and the destination vault allow the copy.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
    """
    role, into = job.iam_role_arn, "backup:CopyIntoBackupVault"
    needed = {"backup:CopyFromBackupVault": point.backup_vault_arn, into: vault.backup_vault_arn}
    lacking = {action for action, resource in needed.items() if not iam.role_may(role, action, resource)}
    for key in filter(None, (point.encryption_key_arn, vault.encryption_key_arn)):
        for action in COPY_NEEDS_OF_KEY:
            if not iam.role_may_use_key(role, action, key):
                lacking.add(f"{action} on {key}")
    if lacking:
        raise InvalidRequestException(f"Access denied: {role} lacks {', '.join(sorted(lacking))}")
    policy = destination.access_policies.get(vault.backup_vault_name, {}).get("Policy", {})
    verdict = decide_for_principal(policy, role, into, vault.backup_vault_arn, {})
    within_account = destination.account_id == backend.account_id
    if verdict is Decision.DENIED or (verdict is Decision.NOT_ALLOWED and not within_account):
        raise InvalidRequestException("Access Denied trying to call AWS Backup service")


def _copy(backend: BackupBackend, job: CopyJob, point: RecoveryPoint, destination: BackupBackend, vault: Vault) -> str:
    """Puts a copy into the destination vault; returns its ARN. It keeps the date of the source.

    Within an account it does not name the vault that it comes from:
    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RecoveryPointByBackupVault.html
    """
    backup = point.backup
    within_account = destination.account_id == backend.account_id
    copy = replace(
        point,
        backup=AdvancedBackup(destination.account_id, destination.region_name, backup.name, backup.table),
        backup_vault_name=vault.backup_vault_name,
        backup_vault_arn=vault.backup_vault_arn,
        source_backup_vault_arn=None if within_account else point.backup_vault_arn,
        iam_role_arn=job.iam_role_arn,
        lifecycle=job.lifecycle,
        encryption_key_arn=vault.encryption_key_arn,
        vault_type=vault.vault_type,
        completion_date=utcnow(),
    )
    keep(destination, copy, backend.list_tags(point.recovery_point_arn))
    return copy.recovery_point_arn


@operation
def describe_copy_job(backend: BackupBackend, request: Request) -> object:
    return {"CopyJob": copy(found(backend.copy_jobs, request["CopyJobId"], "Copy job"))}
