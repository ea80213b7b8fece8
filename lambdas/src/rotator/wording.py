"""What error messages are made of."""

import json
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from rotator.errors import RotationError

# More would not leave what was received any room in the record of the failure.
_LONGEST_QUOTATION = 300
_MOST_LISTED = 20
_MOST_ERRORS = 20


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


def combined(errors: Sequence[RotationError], *remarks: str) -> RotationError:
    """One error for all, of the class of the first."""
    texts = list(dict.fromkeys(map(str, errors)))
    more = [f"... and {len(texts) - _MOST_ERRORS} more"] if len(texts) > _MOST_ERRORS else []
    return type(errors[0])("\n".join([*texts[:_MOST_ERRORS], *more, *remarks]))
