"""What the channels that AWS Backup announces backups through have in common."""

from datetime import UTC, datetime, timedelta

from rotator.errors import UnreadableEvent
from rotator.timestamps import parse_iso8601

# More would not leave the event itself any room in the record of the failure.
_LONGEST_QUOTATION = 300

_CLOCK_SKEW = timedelta(minutes=5)


def quoted(received: object) -> str:
    """The beginning of what was received, for an error message."""
    text = repr(received)
    return text if len(text) <= _LONGEST_QUOTATION else f"{text[:_LONGEST_QUOTATION]}... ({len(text)} characters)"


def backup_time(text: str | None, received: object) -> datetime:
    """When a backup started. Raises `UnreadableEvent`."""
    try:
        time = parse_iso8601(text or "")
    except ValueError as error:
        raise UnreadableEvent(
            f"The start time of this completed backup job is {quoted(text)}, which is no timestamp: {quoted(received)}"
        ) from error
    if time > datetime.now(UTC) + _CLOCK_SKEW:
        # Its copy would count as the newest one until then.
        raise UnreadableEvent(
            f"The start time of this completed backup job is {text}, which lies in the future: {quoted(received)}"
        )
    return time
