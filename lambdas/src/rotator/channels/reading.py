"""What the channels that AWS Backup announces backups through have in common."""

from datetime import UTC, datetime, timedelta

from rotator.errors import UnreadableEvent
from rotator.timestamps import parse_iso8601
from rotator.wording import quoted

_CLOCK_SKEW = timedelta(minutes=5)


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
