"""Verifying the copy that a rotation creates."""

from rotator.aws_errors import translated_errors
from rotator.clients import Clients
from rotator.comparison import Original, compare
from rotator.errors import VerificationFailed
from rotator.logs import logger
from rotator.metrics import put_metrics
from rotator.source_table import describe_backed_up_table, describe_recovery_point
from rotator.state import Invocation, RotationState, VerifyTableOutput
from rotator.target_table import describe_target_table


def verify_table(invocation: Invocation, clients: Clients) -> VerifyTableOutput:
    """Compares the target table with what was backed up. Unless it differs, it is verified, or nothing is proven.

    Raises `VerificationFailed` with the differences, `NotYet` while an index is being built, and `TableNotFound`.
    """
    state = invocation["State"]
    table = describe_target_table(state, clients.dynamodb)
    original = _original(invocation, clients)
    findings = compare(table, original, state["Restore"], clients.dynamodb)
    put_metrics(
        invocation,
        restore_seconds=state["DescribeTableOutput"]["RestoreSeconds"],
        backup_size_bytes=original.size_bytes,
        verified=findings.verified,
    )
    logger.info(
        "Table verified",
        target_table=table["TableName"],
        verified=findings.verified,
        comparisons=findings.comparisons,
        differences=findings.differences,
    )
    if findings.differences:
        raise VerificationFailed(f"The restored table is not what was backed up: {'; '.join(findings.differences)}")
    return {
        "Verified": findings.verified,
        "ComparedWith": findings.compared_with,
        "Comparisons": findings.comparisons,
        "BackupSizeBytes": original.size_bytes,
    }


def _original(invocation: Invocation, clients: Clients) -> Original:
    state = invocation["State"]
    backup = describe_recovery_point(state, clients.dynamodb)
    source, absence = describe_backed_up_table(invocation, clients.dynamodb)
    size = backup["BackupDetails"].get("BackupSizeBytes") if backup else _size_of_restored(state, clients)
    return Original(backup, source, absence, size)


def _size_of_restored(state: RotationState, clients: Clients) -> int | None:
    job = state.get("StartRestoreJobOutput")
    if job is None:
        return None
    with translated_errors():
        return clients.backup.describe_restore_job(RestoreJobId=job["RestoreJobId"]).get("BackupSizeInBytes")
