"""What the channels that AWS Backup announces backups through have in common."""

from datetime import datetime

from rotator.errors import UnreadableEvent
from rotator.timestamps import lies_in_future, parse_iso8601
from rotator.wording import quoted


def backup_time(text: str | None, received: object) -> datetime:
    """When a backup started. Raises `UnreadableEvent`."""
    try:
        time = parse_iso8601(text or "")
    except ValueError as error:
        raise UnreadableEvent(
            f"The start time of this completed backup job is {quoted(text)}, which is no timestamp: {quoted(received)}"
        ) from error
    if lies_in_future(time):
        # Its copy would count as the newest one until then.
        raise UnreadableEvent(
            f"The start time of this completed backup job is {text}, which lies in the future: {quoted(received)}"
        )
    return time
