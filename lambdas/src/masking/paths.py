r"""Paths to values within items: `address.street`, `items[*].note`.

In a name, `.`, `[` and `\` are escaped by a `\`.
"""

import re
from collections.abc import Iterable
from enum import Enum

from masking.errors import InvalidInput


class Elements(Enum):
    """The part of a path that stands for each element of a list."""

    ALL = "[*]"


Part = str | Elements
Path = tuple[Part, ...]

_NAME = r"(?:[^.\[\\]|\\[.\[\\])+"
_ELEMENTS = r"\[\*\]"
_PATH = re.compile(rf"{_NAME}(?:{_ELEMENTS}|\.{_NAME})*")
_PART = re.compile(rf"{_ELEMENTS}|{_NAME}")


def parse(text: str) -> Path:
    """Raises `InvalidInput`."""
    if not _PATH.fullmatch(text):
        raise InvalidInput(
            f"{text!r} is not a path to an attribute. Write a.b for an entry of a map, a[*] for the elements of a "
            r"list, and a backslash before each '.', '[' and '\' that belongs to a name."
        )
    return tuple(
        Elements.ALL if part == Elements.ALL.value else re.sub(r"\\(.)", r"\1", part) for part in _PART.findall(text)
    )


def text_of(path: Iterable[Part]) -> str:
    """The opposite of `parse`."""
    return "".join(
        part.value if isinstance(part, Elements) else "." + re.sub(r"([.\[\\])", r"\\\1", part) for part in path
    ).removeprefix(".")
