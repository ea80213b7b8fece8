"""The local AWS's own HTTP API, beside those of AWS; `faults.py` is its client.

PUT    /_local_aws/faults          adds a fault: the fields of `Fault` in JSON; returns its ID
GET    /_local_aws/faults          all faults, and how often each has struck
DELETE /_local_aws/faults[/id]     ends all faults, or one
GET    /_local_aws/calls           how often each operation was called, and how often it returned each error code
GET    /_local_aws/permissions     how often each role was allowed each action
GET    /_local_aws/settings
PUT    /_local_aws/settings        changes the given settings
PUT    /_local_aws/schedules       fires the schedule `arn` as if the time passed from `since` until `until`
PUT    /_local_aws/restore-tests   runs the restore testing plan `arn`; returns the ids of the restore jobs
GET    /_local_aws/patches         the patches to moto
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from werkzeug import Request, Response

from local_aws import fault_injection, gateway, services  # noqa: F401 (applies every patch)
from local_aws.backup import restore_testing
from local_aws.faults import PREFIX, Fault
from local_aws.iam import enforcement as iam
from local_aws.patching import PATCHES
from local_aws.scheduler import schedules
from local_aws.settings import settings

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def controlled(aws: WsgiApplication) -> WsgiApplication:
    """AWS with this API beside it."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(PREFIX):
            return _respond(Request(environ))(environ, start_response)
        return aws(environ, start_response)

    return application


def _respond(request: Request) -> Response:
    try:
        answer = _answer(request.method, request.path.removeprefix(PREFIX).split("/"), request)
    except (KeyError, TypeError, ValueError) as error:
        return Response(f"{type(error).__name__}: {error}\n", status=400)
    return Response(json.dumps(answer), mimetype="application/json")


def _answer(method: str, path: list[str], request: Request) -> object:
    match method, path:
        case "PUT", ["faults"]:
            return fault_injection.add(Fault(**request.get_json(force=True)))
        case "GET", ["faults"]:
            return fault_injection.listed()
        case "DELETE", ["faults"]:
            return fault_injection.clear()
        case "DELETE", ["faults", number]:
            return fault_injection.remove(int(number))
        case "GET", ["calls"]:
            return gateway.counts()
        case "GET", ["permissions"]:
            return iam.used_permissions()
        case "GET", ["settings"]:
            return asdict(settings)
        case "PUT", ["settings"]:
            settings.change(request.get_json(force=True))
            return asdict(settings)
        case "PUT", ["schedules"]:
            given = request.get_json(force=True)
            return schedules.fire(given["arn"], *(datetime.fromisoformat(given[end]) for end in ("since", "until")))
        case "PUT", ["restore-tests"]:
            return restore_testing.run(request.get_json(force=True)["arn"])
        case "GET", ["patches"]:
            return [patch.described() for patch in PATCHES]
        case _:
            raise ValueError(f"unknown request {method} {'/'.join(path)}; see {__name__}")
