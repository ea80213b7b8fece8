"""What a test can ask of a running local AWS beside the services: faults, how often what was called, other settings.

with injected(endpoint, Fault(service="ssm", operation="PutParameter", error="TooManyUpdates", times=2)) as fault:
    ...
    assert fault.struck == 2
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

import urllib3

PREFIX = "/_local_aws/"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong, with which calls to AWS or invocations of a function, and how often.

    In names, `*` and `?` are wildcards. Of several faults that match, the oldest one strikes.
    """

    service: str = "*"
    """As in signatures: Step Functions is `states`."""
    operation: str = "*"
    role: str | None = None
    """The name of the caller's role: a fault with one spares the administrator."""
    containing: str = ""
    """A part of the request's text: its body and its path; or of the event that a function is invoked with."""
    function: str | None = None
    """The name of a function: the fault then strikes invocations of it, and no calls."""

    times: int | None = None
    """None is each time."""
    probability: float = 1.0
    seed: int = 0

    seconds: float = 0.0
    """By how much it is slow, whatever else happens."""
    error: str | None = None
    """The error code of the answer."""
    status: int = 400
    """The HTTP status of that answer."""
    drop: bool = False
    """The connection closes instead of an answer."""
    takes_effect: bool = False
    """Whether the call is carried out before it fails: only its answer is lost."""
    kill: Literal["before", "after"] | None = None
    """The process of the function is killed, before its handler runs or when it hands over its result."""

    @property
    def fails(self) -> bool:
        """Whether the caller does not get the call's own answer."""
        return self.drop or self.error is not None

    def __post_init__(self) -> None:
        if self.function is None and (self.kill or not (self.fails or self.seconds)):
            raise ValueError("a fault of calls needs error, drop or seconds, and has no kill")
        if self.function is not None and (self.fails or not (self.kill or self.seconds)):
            raise ValueError("a fault of a function needs kill or seconds, and has no error or drop")
        if self.takes_effect and not self.fails:
            raise ValueError("takes_effect is for faults with error or drop")
        if self.kill not in (None, "before", "after"):
            raise ValueError(f"kill is before or after, and not {self.kill}")


class InjectedFault:
    """A fault in a running local AWS."""

    def __init__(self, endpoint: str, fault: Fault) -> None:
        self._endpoint = endpoint
        self._id: int = _ask(endpoint, "PUT", "faults", asdict(fault))["id"]
        self._struck: int | None = None

    @property
    def struck(self) -> int:
        """How often it has struck."""
        if self._struck is not None:
            return self._struck
        listed = _ask(self._endpoint, "GET", "faults")
        return next(int(fault["struck"]) for fault in listed if fault["id"] == self._id)

    def remove(self) -> None:
        """Ends it; `struck` remains."""
        self._struck = int(_ask(self._endpoint, "DELETE", f"faults/{self._id}")["struck"])


@contextmanager
def injected(endpoint: str, fault: Fault) -> Iterator[InjectedFault]:
    """The fault is in effect for as long as the block runs."""
    active = InjectedFault(endpoint, fault)
    try:
        yield active
    finally:
        active.remove()


@contextmanager
def changed_settings(endpoint: str, **settings: object) -> Iterator[None]:
    """Other settings for as long as the block runs, by the names that they have in `Settings`."""
    before = _ask(endpoint, "GET", "settings")
    _ask(endpoint, "PUT", "settings", settings)
    try:
        yield
    finally:
        _ask(endpoint, "PUT", "settings", {name: before[name] for name in settings})


def calls(endpoint: str, service: str, operation: str) -> tuple[int, dict[str, int]]:
    """How often an operation was called since the start, and how often it answered which error code."""
    counts = _ask(endpoint, "GET", "calls").get(f"{service}:{operation}", {"calls": 0, "errors": {}})
    return counts["calls"], counts["errors"]


def used_permissions(endpoint: str) -> dict[str, int]:
    """How often each role was allowed each action that it asked for since the start, by `<role> <action>`."""
    return dict(_ask(endpoint, "GET", "permissions"))


def patches(endpoint: str) -> list[dict[str, str]]:
    """How moto was changed: what, why, how we know, and the fingerprints of the expected and the installed code."""
    return list(_ask(endpoint, "GET", "patches"))


def _ask(endpoint: str, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
    answer = urllib3.request(method, endpoint + PREFIX + path, json=body, retries=False)
    if answer.status != 200:
        raise ValueError(answer.data.decode())
    return answer.json()
