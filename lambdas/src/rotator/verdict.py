"""The verdict on a restored table, as AWS Backup keeps it: in its console and in `DescribeRestoreJob`.

It can't be changed once it is recorded. AWS documents it for the jobs of restore testing plans only.
https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-validation.html
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from rotator.aws_errors import AwsError, translated_errors
from rotator.errors import VerdictRefused
from rotator.logs import logger

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient

Verdict = Literal["SUCCESSFUL", "FAILED"]

# AWS documents no limit, and must not refuse a verdict because a table has many indexes.
_LONGEST_REASON = 1_000


def record_verdict(restore_job_id: str, verdict: Verdict, reason: str, backup: "BackupClient") -> None:
    """Records the verdict on a restore job, once, however often it is called with the same one.

    Raises `VerdictRefused`, and what passes: `NotYet` and `TemporaryFailure`.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutRestoreValidationResult.html
    """
    try:
        with translated_errors():
            backup.put_restore_validation_result(
                RestoreJobId=restore_job_id,
                ValidationStatus=verdict,
                ValidationStatusMessage=reason[:_LONGEST_REASON],
            )
    except AwsError as error:
        if not _is_recorded(restore_job_id, verdict, backup):
            raise VerdictRefused(
                f"AWS Backup does not accept the verdict {verdict} on the restore job {restore_job_id}: {error}"
            ) from error
    logger.info("Verdict recorded in AWS Backup", restore_job=restore_job_id, verdict=verdict, reason=reason)


def _is_recorded(restore_job_id: str, verdict: Verdict, backup: "BackupClient") -> bool:
    """Whether an earlier attempt has recorded it, whose response was lost."""
    with suppress(AwsError), translated_errors():
        return backup.describe_restore_job(RestoreJobId=restore_job_id).get("ValidationStatus") == verdict
    return False


def success(comparisons: list[str], compared_with: str) -> str:
    """The reason for `SUCCESSFUL`."""
    return f"Verified: {', '.join(comparisons)}. Compared with: {compared_with}."


def failure(differences: list[str], compared_with: str) -> str:
    """The reason for `FAILED`."""
    return f"Not what was backed up: {'; '.join(differences)}. Compared with: {compared_with}."
