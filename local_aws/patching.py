"""How moto is changed: each patch names the place, the reason, its source and the code that it was written against.

moto is pinned, and its internals are not an interface. `tests/local_aws/test_patches.py` compares every fingerprint
with the moto that is installed, so that a new version fails there, by name, and not somewhere inside a rotation.
"""

import functools
import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MISSING = "missing"
"""The fingerprint of what moto does not have."""


@dataclass(frozen=True)
class Patch:
    """One change to moto: `owner.name`, why it is needed, and the code of moto that it was written against.

    `source` says how we know: the URL of a page of AWS's documentation; "measured" where others measured on AWS what
    no page says; or "tool" where the reason is not AWS's behaviour but moto's own, such as its need for Docker.
    """

    owner: Any
    name: str
    because: str
    source: str
    written_against: str
    original: Any

    @property
    def found(self) -> str:
        """The fingerprint of the code of moto that is installed, or whether there is any."""
        if self.written_against != MISSING:
            return fingerprint(self.original)
        return MISSING if self.original is MISSING else "present"

    def described(self) -> dict[str, str]:
        """As text."""
        return {
            "patches": f"{getattr(self.owner, '__module__', '')}.{self.owner.__name__}.{self.name}",
            "because": self.because,
            "source": self.source,
            "written_against": self.written_against,
            "found": self.found,
        }


PATCHES: list[Patch] = []


def replaces(
    owner: Any,  # noqa: ANN401
    name: str,
    *,
    because: str,
    source: str,
    written_against: str,
) -> Callable[..., Any]:
    """Replaces `owner.name`; the decorated function gets the original as its first argument.

    `written_against` is the `fingerprint` of the original when the patch was written.
    """

    def decorate(replacement: Callable[..., Any]) -> Callable[..., Any]:
        original = getattr(owner, name)
        PATCHES.append(Patch(owner, name, because, source, written_against, original))

        @functools.wraps(original)
        def patched(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            return replacement(original, *args, **kwargs)

        setattr(owner, name, patched)
        return patched

    return decorate


def remembers(owner: Any, name: str, *, because: str, written_against: str) -> None:  # noqa: ANN401
    """Has `owner.name` keep what it returns, and return it again for the same arguments.

    Nothing may change what it returns, which must depend on the arguments alone.
    """
    kept: dict[Any, Any] = {}

    def remembered(original: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
        # Making it twice at the same time does no harm.
        if arguments not in kept:
            kept[arguments] = original(*arguments)
        return kept[arguments]

    replaces(owner, name, because=because, source="tool", written_against=written_against)(remembered)


def adds(owner: Any, name: str, *, because: str, source: str) -> Callable[..., Any]:  # noqa: ANN401
    """Adds `owner.name`, which moto lacks."""

    def decorate(addition: Callable[..., Any]) -> Callable[..., Any]:
        PATCHES.append(Patch(owner, name, because, source, MISSING, getattr(owner, name, MISSING)))
        setattr(owner, name, addition)
        return addition

    return decorate


def fingerprint(function: Callable[..., Any]) -> str:
    """Eight hexadecimal digits that change with the function's source code."""
    return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:8]
