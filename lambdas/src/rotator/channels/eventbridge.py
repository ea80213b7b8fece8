"""Events of AWS Backup over EventBridge (https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html)."""

from collections.abc import Mapping
from typing import Any

from rotator.channels.found import Found
from rotator.channels.reading import backup_time
from rotator.clients import Clients
from rotator.errors import TemporaryFailure, UnreadableEvent
from rotator.logs import logger
from rotator.recovery_points import TABLE_ARN, RecoveryPoint
from rotator.settings import WorkflowSettings
from rotator.vaults import vault_of
from rotator.wording import quoted


def announced_by_eventbridge(event: Mapping[str, Any], settings: WorkflowSettings, clients: Clients) -> Found:
    """The recovery point of a completed job of a DynamoDB table, where it is in a vault that is configured.

    Raises `UnreadableEvent` for such a job in an unrecognised format.
    """
    detail = event.get("detail")
    if not isinstance(detail, Mapping):
        raise UnreadableEvent(f"This event of AWS Backup has no detail: {quoted(event)}")
    point = None
    if (detail.get("resourceType"), detail.get("state")) == ("DynamoDB", "COMPLETED"):
        if event.get("detail-type") == "Backup Job State Change":
            point = _backed_up(event.get("resources"), detail, settings)
        elif event.get("detail-type") == "Copy Job State Change":
            point = _copied(detail, settings, clients)
    if point is None:
        logger.debug("Not a completed backup of a DynamoDB table in a configured vault", event=event)
        return Found()
    return Found([point])


def _backed_up(resources: object, detail: Mapping[str, Any], settings: WorkflowSettings) -> RecoveryPoint | None:
    vault_arn, table_arn = _text("backupVaultArn", detail), _text("resourceArn", detail)
    if vault_arn not in settings.backup_vault_arns:
        return None
    if not (isinstance(resources, list) and resources and isinstance(resources[0], str)):
        raise UnreadableEvent(
            f"This completed backup job has {quoted(resources)} as its recovery point: {quoted(detail)}"
        )
    if not TABLE_ARN.fullmatch(table_arn):
        raise UnreadableEvent(f"The resource of this completed backup job is no table: {quoted(table_arn)}")
    size = str(detail.get("backupSizeInBytes"))
    return RecoveryPoint(
        arn=resources[0],
        source_table_arn=table_arn,
        backup_time=backup_time(_text("creationDate", detail), detail),
        vault_arn=vault_arn,
        job_id=_text("backupJobId", detail),
        size_bytes=int(size) if size.isdecimal() else None,
    )


def _copied(detail: Mapping[str, Any], settings: WorkflowSettings, clients: Clients) -> RecoveryPoint | None:
    """What was backed up, and when, is read from the vault: the event is about the job that copied it.

    A recovery point that comes from another configured vault is the same backup, and is rotated from there. The event
    names the vault that it was copied from, and AWS Backup describes, between accounts, where it was first backed up.
    """
    vault_arn, arn = _text("destinationBackupVaultArn", detail), _text("destinationRecoveryPointArn", detail)
    if vault_arn not in settings.backup_vault_arns or detail.get("sourceBackupVaultArn") in settings.backup_vault_arns:
        return None
    point = vault_of(vault_arn, settings).describe(arn, clients.backup)
    if point is None:
        raise TemporaryFailure(
            f"The recovery point {arn} is not visible, or not complete, in the vault {vault_arn} that it was copied to"
        )
    return None if point.original_vault_arn in settings.backup_vault_arns else point


def _text(key: str, detail: Mapping[str, Any]) -> str:
    text = detail.get(key)
    if not isinstance(text, str):
        raise UnreadableEvent(f"This completed job has {quoted(text)} as its {key}: {quoted(detail)}")
    return text
