"""The client of the local AWS's own API: inject faults, change settings, fire schedules, count calls and permissions.

with injected(endpoint, Fault(service="ssm", operation="PutParameter", error="TooManyUpdates", times=2)) as fault:
    ...
    assert fault.struck == 2
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import urllib3

PREFIX = "/_local_aws/"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong, in which calls to AWS or invocations of a function, and how often.

    It also strikes the events of AWS services, whose `service` and `operation` are source and detail type, such as
    `aws.backup` and `Backup Job State Change`: an event that fails is lost, and a slow one is late. Deliveries of
    EventBridge and its Scheduler are calls too, such as `lambda` and `Invoke`, and are tried again if they fail.

    In names, `*` and `?` are wildcards. Of several faults that match, the oldest one strikes.
    """

    service: str = "*"
    """The name in signatures, such as `states` for Step Functions."""
    operation: str = "*"
    role: str | None = None
    """The name of the caller's role; None is any caller, the administrator included."""
    containing: str = ""
    """A part of the request's body or path, or of the event that a function is invoked with."""
    function: str | None = None
    """The name of a function: the fault then strikes its invocations instead of calls."""

    times: int | None = None
    """None is every time."""
    every: int = 1
    """Of so many that match, one is struck: with 5, the fifth, the tenth and so on."""
    probability: float = 1.0
    seed: int = 0

    seconds: float = 0.0
    """The delay, whatever else happens. Where `kill` is "during", nothing is delayed."""
    error: str | None = None
    """The error code of the response."""
    status: int = 400
    """The HTTP status of that response."""
    drop: bool = False
    """The connection closes without a response."""
    takes_effect: bool = False
    """Whether the call is carried out before it fails, so that only its response is lost."""
    kill: Literal["before", "during", "after"] | None = None
    """The process of the function is killed: before its handler runs, when it returns its result, or `seconds` after
    the handler began, if it still runs then."""

    @property
    def fails(self) -> bool:
        """Whether the caller gets no regular response."""
        return self.drop or self.error is not None

    def __post_init__(self) -> None:
        if self.function is None and (self.kill or not (self.fails or self.seconds)):
            raise ValueError("a fault in calls needs error, drop or seconds, and cannot have kill")
        if self.function is not None and (self.fails or not (self.kill or self.seconds)):
            raise ValueError("a fault in a function needs kill or seconds, and cannot have error or drop")
        if self.takes_effect and not self.fails:
            raise ValueError("takes_effect needs error or drop")
        if self.every < 1:
            raise ValueError(f"every must be at least 1, not {self.every}")
        if self.kill not in (None, "before", "during", "after"):
            raise ValueError(f"kill must be before, during or after, not {self.kill}")
        if self.kill == "during" and not self.seconds:
            raise ValueError("a fault in a function needs seconds to kill it during its invocation")


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
        """Removes it; `struck` keeps its value."""
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
    """Changes settings, by their names in `Settings`, for as long as the block runs."""
    before = _ask(endpoint, "GET", "settings")
    _ask(endpoint, "PUT", "settings", settings)
    try:
        yield
    finally:
        _ask(endpoint, "PUT", "settings", {name: before[name] for name in settings})


def fire_schedule(endpoint: str, arn: str, since: datetime, until: datetime) -> list[str]:
    """Fires a schedule as if the time passed from `since` until just before `until`; returns the scheduled times.

    Both moments need a time zone. Schedules also fire by themselves when they are due.
    """
    times = {"since": since.isoformat(), "until": until.isoformat()}
    return list(_ask(endpoint, "PUT", "schedules", {"arn": arn, **times}))


def run_restore_tests(endpoint: str, arn: str) -> list[str]:
    """Runs a restore testing plan of AWS Backup, which never runs by itself; returns the ids of its restore jobs."""
    return list(_ask(endpoint, "PUT", "restore-tests", {"arn": arn}))


def calls(endpoint: str, service: str, operation: str) -> tuple[int, dict[str, int]]:
    """How often an operation was called since the start, and how often it returned each error code."""
    counts = _ask(endpoint, "GET", "calls").get(f"{service}:{operation}", {"calls": 0, "errors": {}})
    return counts["calls"], counts["errors"]


def used_permissions(endpoint: str) -> dict[str, int]:
    """How often each role was allowed each action since the start, by `<role> <action>`."""
    return dict(_ask(endpoint, "GET", "permissions"))


def patches(endpoint: str) -> list[dict[str, str]]:
    """The patches to moto: what, why, how we know, and the fingerprints of the expected and the installed code."""
    return list(_ask(endpoint, "GET", "patches"))


def _ask(endpoint: str, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
    answer = urllib3.request(method, endpoint + PREFIX + path, json=body, retries=False)
    if answer.status != 200:
        raise ValueError(answer.data.decode())
    return answer.json()
