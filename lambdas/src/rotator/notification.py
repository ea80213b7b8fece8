"""Notifications of AWS Backup over SNS (https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from rotator.errors import UnreadableNotification
from rotator.timestamps import parse_iso8601

_COMPLETED = "An AWS Backup job was completed successfully."

# AWS documents one text and sends another. A table's name may contain and end with ".", so an ARN ends at the last ". "
# before the next label, never at a bare ".".
_RECOVERY_POINT = re.compile(r"Recovery point ARN: (\S+)\. ", re.IGNORECASE)
_RESOURCE = re.compile(r"Resource ARN : (\S+)\. ", re.IGNORECASE)
_JOB_ID = re.compile(r"(?:Backup Job Id|BackupJob ID) : ([0-9A-Za-z-]{1,36})\s*$", re.IGNORECASE)

_TABLE_ARN = re.compile(r"arn:[^:]+:dynamodb:[^:]+:[^:]+:table/([a-zA-Z0-9_.-]+)", re.ASCII)
_DYNAMODB = ":dynamodb:"

# More would not leave the notification itself any room in the record of the failure.
_LONGEST_QUOTATION = 300

_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class BackupJob:
    """A completed backup job of a DynamoDB table, and the only rule to rotate it by where somebody asks for one."""

    job_id: str
    status_message: str
    recovery_point_arn: str
    table_arn: str
    start_time: datetime
    only_rule: str | None = None

    @property
    def table_name(self) -> str:
        return self.table_arn.partition(":table/")[2]

    @classmethod
    def from_notification(cls, notification: Mapping[str, Any]) -> Self | None:
        """Reads the `Sns` part of one record of an SNS event.

        Returns `None` for anything other than a completed backup job of a DynamoDB table. Raises
        `UnreadableNotification` for one, or what may be one, in an unrecognised message format.
        """
        message = str(notification.get("Message"))
        attributes = _attributes(notification)
        if not _is_completed_backup_job(message, attributes):
            return None
        resource = _RESOURCE.search(message)
        if resource and _DYNAMODB not in resource[1]:
            return None
        recovery_point, job_id = _RECOVERY_POINT.search(message), _JOB_ID.search(message)
        if not (resource and recovery_point and job_id and _TABLE_ARN.fullmatch(resource[1])):
            raise UnreadableNotification(
                f"This completed backup job has an unrecognised message format: {quoted(message)}"
            )
        return cls(
            job_id=job_id[1],
            status_message=_COMPLETED,
            recovery_point_arn=recovery_point[1],
            table_arn=resource[1],
            start_time=_start_time(attributes, message),
            only_rule=attributes.get("Rule"),
        )


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


def quoted(received: object) -> str:
    """The beginning of what was received, for an error message."""
    text = repr(received)
    return text if len(text) <= _LONGEST_QUOTATION else f"{text[:_LONGEST_QUOTATION]}... ({len(text)} characters)"


def _start_time(attributes: Mapping[str, str], message: str) -> datetime:
    text = attributes.get("StartTime")
    try:
        start_time = parse_iso8601(text or "")
    except ValueError as error:
        raise UnreadableNotification(
            f"The start time of this completed backup job is {quoted(text)}, which is no timestamp: {quoted(message)}"
        ) from error
    if start_time > datetime.now(UTC) + _CLOCK_SKEW:
        # Its copy would count as the newest one until then.
        raise UnreadableNotification(
            f"The start time of this completed backup job is {text}, which lies in the future: {quoted(message)}"
        )
    return start_time
