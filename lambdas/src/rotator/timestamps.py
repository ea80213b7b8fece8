"""The two forms of a timestamp, always UTC: ISO 8601 in states and logs, and the suffix of a table name."""

from datetime import UTC, datetime, timedelta

TABLE_NAME_SUFFIX = "-%Y%m%d-%H-%M-%S"
TABLE_NAME_SUFFIX_PATTERN = r"-[0-9]{8}-[0-9]{2}-[0-9]{2}-[0-9]{2}"

_CLOCK_SKEW = timedelta(minutes=5)


def parse_iso8601(text: str) -> datetime:
    """`2026-11-23T02:07:00Z`, with or without fractions of a second.

    Raises `ValueError` where the text is something else, or has no time zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} has no equivalent in UTC") from error


def lies_in_future(moment: datetime) -> bool:
    """Whether a moment has yet to come, by more than clocks differ."""
    return moment > datetime.now(UTC) + _CLOCK_SKEW


def to_iso8601(moment: datetime) -> str:
    """`2026-11-23T02:07:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_table_name_suffix(moment: datetime) -> str:
    """`-20261123-02-07-00`."""
    return moment.astimezone(UTC).strftime(TABLE_NAME_SUFFIX)
