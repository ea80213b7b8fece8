"""AWS Backup: restore jobs."""

import random
import time
from collections.abc import Callable, Iterable
from copy import copy
from datetime import timedelta
from functools import partial
from typing import Any

from moto.backup.exceptions import (
    InvalidParameterValueException,
    InvalidRequestException,
    ResourceNotFoundException,
)
from moto.backup.models import BackupBackend
from moto.core.exceptions import JsonRESTError
from moto.core.utils import utcnow

from local_aws.backup.events import announce_restore
from local_aws.backup.job import message, start
from local_aws.backup.operations import Request, dynamodb_of, found, operation, page
from local_aws.backup.recovery_points import RecoveryPoint, recovery_point
from local_aws.backup.restore_job import RestoreJob
from local_aws.dynamodb.quotas import TooManyTables
from local_aws.dynamodb.restores import start_restore
from local_aws.iam import enforcement as iam
from local_aws.iam.needs import (
    DECRYPTION_NEEDS_OF_KEY,
    DIRECT_NEEDS_OF_KEY,
    ENCRYPTION_NEEDS_OF_KEY,
    RESTORE_NEEDS_ON_TARGET,
    customers_key_of,
)
from local_aws.settings import settings


@operation
def start_restore_job(backend: BackupBackend, request: Request) -> object:
    return start_job(backend, request)


def start_job(backend: BackupBackend, request: Request, created_by: dict[str, str] | None = None) -> RestoreJob:
    """The job that a request starts, or a restore testing plan with such a request."""
    point = recovery_point(backend, request)
    metadata = request["Metadata"]
    if request.get("ResourceType", "DynamoDB") != "DynamoDB":
        raise InvalidParameterValueException(f"Recovery point is not of type {request['ResourceType']}")
    if not metadata.get("targetTableName"):
        raise InvalidParameterValueException("Metadata needs targetTableName")
    if not request.get("IamRoleArn"):
        raise InvalidParameterValueException("IamRoleArn is needed to restore a DynamoDB table")
    overrides = _encryption(metadata)
    make = partial(
        RestoreJob,
        backup_vault_arn=point.backup_vault_arn,
        backup_size_in_bytes=point.backup_size_in_bytes,
        recovery_point_arn=point.recovery_point_arn,
        source_resource_arn=point.resource_arn,
        recovery_point_creation_date=point.creation_date,
        created_by=created_by,
    )
    run = partial(_run_restore_job, backend, point, metadata["targetTableName"], overrides)
    seconds = settings.restore_seconds / 10
    job: RestoreJob = start(backend.restore_jobs, backend, request, make, run, after_seconds=seconds)
    return job


def _encryption(metadata: dict[str, str]) -> dict[str, Any]:
    """DynamoDB's override for the encryption that the metadata requests."""
    kind, key = metadata.get("encryptionType"), metadata.get("kmsMasterKeyArn")
    if kind is None:
        return {}
    if kind not in ("Default", "KMS") or (kind == "Default" and key):
        raise InvalidParameterValueException("encryptionType is Default, or KMS with or without a kmsMasterKeyArn")
    if kind == "Default":
        return {"SSESpecificationOverride": {"Enabled": False}}
    # Without a key, the one that AWS manages.
    named = {"KMSMasterKeyId": key} if key else {}
    return {"SSESpecificationOverride": {"Enabled": True, "SSEType": "KMS"} | named}


def _run_restore_job(
    backend: BackupBackend, point: RecoveryPoint, target: str, overrides: dict[str, Any], job: RestoreJob
) -> None:
    def complete() -> None:
        job.created_resource_arn = target_arn
        job.percent_done = "100.00%"
        _end_restore_job(backend, job, "COMPLETED", None)

    job.status = "RUNNING"
    partition = job.iam_role_arn.split(":")[1]
    target_arn = f"arn:{partition}:dynamodb:{backend.region_name}:{backend.account_id}:table/{target}"
    try:
        _authorize(job.iam_role_arn, point, target_arn, overrides)
        _start_in_turn(lambda: start_restore(dynamodb_of(backend), target, point.backup, overrides, then=complete))
    except Exception as error:  # whatever is wrong, a job must end
        _end_restore_job(backend, job, "FAILED", message(error))


def _authorize(role_arn: str, point: RecoveryPoint, target_arn: str, overrides: dict[str, Any]) -> None:
    """Raises an error that names what the role lacks for the restore."""
    needed = {(f"dynamodb:{action}", target_arn) for action in RESTORE_NEEDS_ON_TARGET}
    if point.is_native:
        needed.add(("dynamodb:RestoreTableFromBackup", point.recovery_point_arn))
    else:
        needed |= {(f"dynamodb:{action}", target_arn) for action in ("DescribeTable", "RestoreTableFromAwsBackup")}
    lacking = {action for action, resource in needed if not iam.role_may(role_arn, action, resource)}

    def check_key(key: str, actions: Iterable[str], *services: str) -> None:
        for action in actions:
            through = () if action in DIRECT_NEEDS_OF_KEY else services
            if not iam.role_may_use_key(role_arn, f"kms:{action}", key, *through):
                lacking.add(f"kms:{action}")

    if point.is_native and (key := customers_key_of(point.backup.table)):
        check_key(key, DECRYPTION_NEEDS_OF_KEY, "dynamodb")
    if not point.is_native and point.encryption_key_arn:
        check_key(point.encryption_key_arn, DECRYPTION_NEEDS_OF_KEY, "backup", "dynamodb")
    if key := overrides.get("SSESpecificationOverride", {}).get("KMSMasterKeyId"):
        check_key(key, ENCRYPTION_NEEDS_OF_KEY, "dynamodb")
    if lacking:
        raise InvalidRequestException(f"Access denied: {role_arn} lacks {', '.join(sorted(lacking))}")


def _start_in_turn(start: Callable[[], object]) -> None:
    """Waits while too many restores run, or fails: AWS does not document which."""
    while True:
        try:
            start()
        except TooManyTables:
            raise
        except JsonRESTError as error:
            passes = any(name in error.error_type for name in ("LimitExceededException", "BackupInUseException"))
            if not passes or random.random() < settings.failing_restore_jobs:  # noqa: S311  (chance, not cryptography)
                raise
            time.sleep(settings.restore_seconds / 10)
        else:
            return


def _end_restore_job(backend: BackupBackend, job: RestoreJob, status: str, message: str | None) -> None:
    job.status_message = message
    job.completion_date = utcnow()
    job.status = status
    announce_restore(backend, job)


@operation
def describe_restore_job(backend: BackupBackend, request: Request) -> object:
    job: RestoreJob = copy(found(backend.restore_jobs, request["RestoreJobId"], "Restore job"))
    if utcnow() - job.creation_date < timedelta(seconds=settings.restore_jobs_visible_after_seconds):
        raise ResourceNotFoundException(f"Restore job {job.id} does not exist")
    return job


@operation
def put_restore_validation_result(backend: BackupBackend, request: Request) -> None:
    """AWS Backup deletes what a restore test created once there is a verdict on it."""
    job: RestoreJob = found(backend.restore_jobs, request["RestoreJobId"], "Restore job")
    if job.status != "COMPLETED":
        raise InvalidRequestException(f"Restore job {job.id} is {job.status} and can't be validated")
    if job.created_by is None and settings.verdicts_on_restore_tests_only:
        raise InvalidRequestException(f"Restore job {job.id} is not part of a restore testing plan")
    if job.validation_status not in (None, "VALIDATING"):
        raise InvalidRequestException(f"The validation status of restore job {job.id} has already been set")
    job.validation_status_message = request.get("ValidationStatusMessage")
    job.validation_status = request["ValidationStatus"]
    if job.created_by and job.created_resource_arn and job.validation_status != "VALIDATING":
        job.deletion_status = "DELETING"
        dynamodb_of(backend).delete_table(job.created_resource_arn.rpartition("/")[2])
        job.deletion_status = "SUCCESSFUL"


@operation
def list_restore_jobs(backend: BackupBackend, request: Request) -> object:
    return page("RestoreJobs", backend.restore_jobs, request)
