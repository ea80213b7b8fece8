"""Notifications of AWS Backup over SNS (https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html)."""

import re
from collections.abc import Mapping
from typing import Any

from rotator.channels.found import Found
from rotator.channels.reading import backup_time
from rotator.errors import UnreadableEvent
from rotator.logs import logger
from rotator.recovery_points import TABLE_ARN, RecoveryPoint
from rotator.wording import quoted

_COMPLETED = "An AWS Backup job was completed successfully."

# AWS documents one text and sends another. A table's name may contain and end with ".", so an ARN ends at the last ". "
# before the next label, never at a bare ".".
_RECOVERY_POINT = re.compile(r"Recovery point ARN: (\S+)\. ", re.IGNORECASE)
_RESOURCE = re.compile(r"Resource ARN : (\S+)\. ", re.IGNORECASE)
_JOB_ID = re.compile(r"(?:Backup Job Id|BackupJob ID) : ([0-9A-Za-z-]{1,36})\s*$", re.IGNORECASE)

_DYNAMODB = ":dynamodb:"


def announced_by_sns(event: Mapping[str, Any]) -> Found:
    """The recovery points of the completed backup jobs of DynamoDB tables in an SNS event.

    Raises `UnreadableEvent` for anything else.
    """
    points: list[RecoveryPoint] = []
    errors: list[UnreadableEvent] = []
    for notification in _notifications(event):
        try:
            point = read_notification(notification)
        except UnreadableEvent as error:
            errors.append(error)
            continue
        if point:
            points.append(point)
        else:
            logger.debug("Not a completed backup of a DynamoDB table", notification=notification.get("Message"))
    return Found(points, errors)


def read_notification(notification: Mapping[str, Any]) -> RecoveryPoint | None:
    """Reads the `Sns` part of one record of an SNS event.

    Returns `None` for anything other than a completed backup job of a DynamoDB table. Raises `UnreadableEvent` for one,
    or what may be one, in an unrecognised message format.
    """
    message = str(notification.get("Message"))
    attributes = _attributes(notification)
    if not _is_completed_backup_job(message, attributes):
        return None
    resource = _RESOURCE.search(message)
    if resource and _DYNAMODB not in resource[1]:
        return None
    recovery_point, job_id = _RECOVERY_POINT.search(message), _JOB_ID.search(message)
    if not (resource and recovery_point and job_id and TABLE_ARN.fullmatch(resource[1])):
        raise UnreadableEvent(f"This completed backup job has an unrecognised message format: {quoted(message)}")
    return RecoveryPoint(
        arn=recovery_point[1],
        source_table_arn=resource[1],
        backup_time=backup_time(attributes.get("StartTime"), message),
        job_id=job_id[1],
        status_message=_COMPLETED,
    )


def _notifications(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    try:
        notifications = [record["Sns"] for record in event["Records"]]
    except (KeyError, TypeError) as error:
        raise UnreadableEvent(f"This is not an SNS event: {quoted(event)}") from error
    if not all(isinstance(notification, Mapping) for notification in notifications):
        raise UnreadableEvent(f"This is not an SNS event: {quoted(event)}")
    return notifications


def _attributes(notification: Mapping[str, Any]) -> dict[str, str]:
    attributes = notification.get("MessageAttributes")
    if not isinstance(attributes, Mapping):
        return {}
    return {
        str(name): str(attribute["Value"])
        for name, attribute in attributes.items()
        if isinstance(attribute, Mapping) and "Value" in attribute
    }


def _is_completed_backup_job(message: str, attributes: Mapping[str, str]) -> bool:
    """The attributes decide if both are present, otherwise the text does: some kinds of message lack some of them."""
    event_type, state = attributes.get("EventType"), attributes.get("State")
    if event_type is None or state is None:
        by_text = message.startswith(_COMPLETED)
        return by_text and event_type in (None, "BACKUP_JOB") and state in (None, "COMPLETED")
    return (event_type, state) == ("BACKUP_JOB", "COMPLETED")
