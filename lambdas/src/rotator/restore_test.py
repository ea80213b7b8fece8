"""Validating what a restore testing plan of AWS Backup has restored.

https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-validation.html
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rotator.arns import place_of
from rotator.clients import Clients
from rotator.comparison import BACKUP, ITEMS, KEY, TYPES, Findings, Original, compare
from rotator.errors import TableNotFound
from rotator.logs import logger
from rotator.recovery_points import NATIVE, TABLE_ARN, kind_of
from rotator.restore.job import describe_restore_job
from rotator.source_table import ELSEWHERE, describe_as_of, describe_backup_in_place
from rotator.table_description import describe_table
from rotator.verdict import failure, record_verdict, success

if TYPE_CHECKING:
    from mypy_boto3_backup.type_defs import DescribeRestoreJobOutputTypeDef
    from mypy_boto3_dynamodb import DynamoDBClient

_VERDICTS = ("SUCCESSFUL", "FAILED", "TIMED_OUT")

# A difference from the source table as it is now may be a change since the backup, except of these.
_CERTAIN = {KEY, ITEMS}


def validate_restore_test(event: Mapping[str, Any], clients: Clients) -> None:
    """Compares the table that a restore test created with what was backed up, and records the verdict in AWS Backup.

    Records none where nothing is proven, or where what differs may have changed since the backup.

    `event` is the `Restore Job State Change` of a completed job. Raises `TableNotFound`, `VerdictRefused`, and what
    passes: `NotYet` and `TemporaryFailure`.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html
    """
    job = describe_restore_job(event["detail"]["restoreJobId"], clients.backup)
    if job.get("ValidationStatus") in _VERDICTS:
        logger.info("Restore test has its verdict", restore_job=job["RestoreJobId"], verdict=job["ValidationStatus"])
        return
    name = job["CreatedResourceArn"].rpartition("/")[2]
    table = describe_table(name, clients.dynamodb)
    if table is None:
        raise TableNotFound(f"The table {name} of the restore job {job['RestoreJobId']} does not exist")
    # The SDK of Lambda's runtime may be too old to tell it of the job.
    source_arn = job.get("SourceResourceArn") or event["detail"].get("sourceResourceArn", "")
    findings = compare(table, _original(job, source_arn, clients.dynamodb), {}, clients.dynamodb)
    logger.info(
        "Restore test validated",
        restore_job=job["RestoreJobId"],
        table=name,
        recovery_point=job["RecoveryPointArn"],
        verified=findings.verified,
        compared_with=findings.compared_with,
        comparisons=findings.comparisons,
        differences=findings.differences,
    )
    if findings.verified:
        reason = success(findings.comparisons, findings.compared_with)
        record_verdict(job["RestoreJobId"], "SUCCESSFUL", reason, clients.backup)
    elif _has_certainly_failed(findings):
        reason = failure(findings.differences, findings.compared_with)
        record_verdict(job["RestoreJobId"], "FAILED", reason, clients.backup)


def _original(job: "DescribeRestoreJobOutputTypeDef", source_arn: str, dynamodb: "DynamoDBClient") -> Original:
    recovery_point_arn = job["RecoveryPointArn"]
    native = kind_of(recovery_point_arn) == NATIVE
    backup = describe_backup_in_place(recovery_point_arn, dynamodb) if native else None
    source, absence = _source(job, source_arn, dynamodb)
    return Original(backup, source, absence, job.get("BackupSizeInBytes"))


def _source(
    job: "DescribeRestoreJobOutputTypeDef", source_arn: str, dynamodb: "DynamoDBClient"
) -> tuple[dict[str, Any] | None, str]:
    """The source table as it is now, or why there is none to compare with."""
    match = TABLE_ARN.fullmatch(source_arn)
    if match is None:
        return None, "is not known"
    if place_of(source_arn) != place_of(job["CreatedResourceArn"]):
        return None, ELSEWHERE
    return describe_as_of(job["RecoveryPointCreationDate"], match[1], dynamodb)


def _has_certainly_failed(findings: Findings) -> bool:
    differing = {comparison for comparison, differences in findings.by_comparison.items() if differences}
    # A backup does not record types, so they are always those of the source table as it is now.
    return bool(differing - {TYPES} if findings.compared_with == BACKUP else differing & _CERTAIN)
