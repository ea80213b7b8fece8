"""The faults that are in effect, and which of them strikes next."""

import itertools
import random
import threading
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from local_aws.faults import Fault


@dataclass(frozen=True)
class Call:
    """One call to AWS; `role` is the name of the caller's role, if the caller is one."""

    service: str
    operation: str
    role: str | None
    text: str


@dataclass
class _Active:
    id: int
    fault: Fault
    struck: int = 0
    matched: int = 0
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.fault.seed)  # noqa: S311  (chance, not cryptography)

    def strikes(self) -> bool:
        """Whether it strikes the matching call this time."""
        if self.fault.times is not None and self.struck >= self.fault.times:
            return False
        self.matched += 1
        if self.matched % self.fault.every:
            return False
        if self.chance.random() >= self.fault.probability:
            return False
        self.struck += 1
        return True

    def described(self) -> dict[str, Any]:
        return {"id": self.id, "struck": self.struck, **asdict(self.fault)}


_lock = threading.Lock()
_active: dict[int, _Active] = {}
_ids = itertools.count(1)


def add(fault: Fault) -> dict[str, Any]:
    """Puts the fault into effect."""
    with _lock:
        active = _Active(next(_ids), fault)
        _active[active.id] = active
        return active.described()


def remove(number: int) -> dict[str, Any]:
    """Removes the fault with this ID."""
    with _lock:
        return _active.pop(number).described()


def clear() -> list[dict[str, Any]]:
    """Removes all faults."""
    with _lock:
        ended = [active.described() for active in _active.values()]
        _active.clear()
        return ended


def listed() -> list[dict[str, Any]]:
    """All faults, each with how often it has struck."""
    with _lock:
        return [active.described() for active in _active.values()]


def strike_call(call: Call) -> Fault | None:
    """The fault that strikes the call, if any."""
    with _lock:
        return next((a.fault for a in _active.values() if _matches_call(a.fault, call) and a.strikes()), None)


def strike_function(name: str, event: str) -> Fault | None:
    """The fault that strikes an invocation of the function with the event, if any."""
    with _lock:
        return next(
            (a.fault for a in _active.values() if _matches_invocation(a.fault, name, event) and a.strikes()), None
        )


def _matches_invocation(fault: Fault, name: str, event: str) -> bool:
    return fault.function is not None and fnmatchcase(name, fault.function) and fault.containing in event


def _matches_call(fault: Fault, call: Call) -> bool:
    return (
        fault.function is None
        and fnmatchcase(call.service, fault.service)
        and fnmatchcase(call.operation, fault.operation)
        and (fault.role is None or (call.role is not None and fnmatchcase(call.role, fault.role)))
        and fault.containing in call.text
    )
