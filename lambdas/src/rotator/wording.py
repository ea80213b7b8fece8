"""Parts of error messages."""

import json
from collections.abc import Iterable
from difflib import get_close_matches

# More would not leave what was received any room in the record of the failure.
_LONGEST_QUOTATION = 300
_MOST_LISTED = 20


def quoted(received: object) -> str:
    """The beginning of what was received, as JSON."""
    text = json.dumps(received)
    return text if len(text) <= _LONGEST_QUOTATION else f"{text[:_LONGEST_QUOTATION]}... ({len(text)} characters)"


def listed(names: Iterable[str], *, like: str | None = None) -> str:
    """Some of the names, first those that resemble another one, and how many more there are."""
    available = sorted({*names})
    close = get_close_matches(like, available) if like else []
    ordered = [*close, *(name for name in available if name not in close)]
    more = len(ordered) - _MOST_LISTED
    return ", ".join(ordered[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
