"""EventBridge Scheduler: schedules that fire, with the permissions of their roles, retries and dead-letter queues."""

import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from moto.awslambda.exceptions import UnknownFunctionException
from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule, scheduler_backends

from local_aws.errors import ServiceError
from local_aws.eventbridge.deliveries import DeliveryError, deliver, with_faults
from local_aws.fault_injection import Call
from local_aws.iam.enforcement import role_may, role_trusts
from local_aws.lambda_functions.functions import function_by_arn, may_send
from local_aws.lambda_functions.invocations import invoke, send
from local_aws.patching import replaces
from local_aws.scheduler import expressions
from local_aws.sqs.queues import queue_by_arn

SERVICE = "scheduler.amazonaws.com"

POLL_SECONDS = 0.2


def run() -> None:
    """Fires schedules when they are due, forever."""
    since = datetime.now(UTC)
    while True:
        time.sleep(POLL_SECONDS)
        until = datetime.now(UTC)
        for schedule in _schedules():
            _fire(schedule, max(since, _moment(schedule.last_modified_date)), until)
        since = until


def fire(arn: str, since: datetime, until: datetime) -> list[str]:
    """Fires a schedule as if the time passed from `since` until just before `until`; returns the scheduled times."""
    schedules = {schedule.arn: schedule for schedule in _schedules()}
    if arn not in schedules:
        raise ValueError(f"there is no schedule {arn}, only: {', '.join(sorted(schedules)) or 'none'}")
    return [_text(moment) for moment in _fire(schedules[arn], since, until)]


def _schedules() -> Iterator[Schedule]:
    for account in list(scheduler_backends.values()):
        for backend in list(account.values()):
            for group in list(backend.schedule_groups.values()):
                yield from list(group.schedules.values())


def _fire(schedule: Schedule, since: datetime, until: datetime) -> list[datetime]:
    if schedule.state == "DISABLED":
        return []
    created = _moment(schedule.start_date or schedule.creation_date)
    if schedule.start_date:
        since = max(since, created)
    if schedule.end_date:
        until = min(until, _moment(schedule.end_date))
    expression = expressions.parse(schedule.schedule_expression)
    due = list(expressions.times(expression, ZoneInfo(schedule.schedule_expression_timezone), created, since, until))
    for moment in due:
        # In a thread of its own, so that one that fails leaves the others alone.
        threading.Thread(target=_deliver, args=(schedule, moment), daemon=True).start()
    return due


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _deliver(schedule: Schedule, moment: datetime) -> None:
    target = schedule.target
    execution_id = uuid.uuid4().hex[:16]

    def payload(attempt: int) -> str:
        return _filled(target["Input"], schedule, moment, execution_id, attempt)

    def give_up(failure: dict[str, str]) -> None:
        queue_arn = target.get("DeadLetterConfig", {}).get("Arn")
        # The role sends to the queue, whose policy need not mention the Scheduler.
        if queue_arn and queue_by_arn(queue_arn) and may_send(target["RoleArn"], queue_arn):
            attributes = {
                **failure,
                "EXECUTION_ID": execution_id,
                "IS_PAYLOAD_TRUNCATED": "false",
                "SCHEDULED_TIME": _text(moment),
                "SCHEDULE_ARN": schedule.arn,
                "TARGET_ARN": target["Arn"],
            }
            send(queue_arn, payload(int(failure["RETRY_ATTEMPTS"]) + 1), attributes)

    deliver(lambda attempt: _invoke(target, payload(attempt)), target["RetryPolicy"], give_up)


def _filled(text: str, schedule: Schedule, moment: datetime, execution_id: str, attempt: int) -> str:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"""
    context = {
        "schedule-arn": schedule.arn,
        "scheduled-time": _text(moment),
        "execution-id": execution_id,
        "attempt-number": attempt,
    }
    for name, value in context.items():
        text = text.replace(f"<aws.scheduler.{name}>", str(value))
    return text


def _invoke(target: dict[str, Any], payload: str) -> None:
    function, role = target["Arn"], target["RoleArn"]
    if not role_may(role, "lambda:InvokeFunction", function):
        text = f"{role} is not authorized to perform: lambda:InvokeFunction on resource: {function}"
        raise DeliveryError("AccessDeniedException", text)
    try:
        function_by_arn(function)
    except UnknownFunctionException:
        raise DeliveryError("ResourceNotFoundException", f"Function not found: {function}") from None
    with_faults(Call("lambda", "Invoke", role.rsplit("/", 1)[-1], payload), lambda: invoke(function, payload.encode()))


@replaces(
    EventBridgeSchedulerBackend,
    "create_schedule",
    because="moto accepts expressions, time zones and roles that AWS rejects",
    source="https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html",
    written_against="51309938",
)
def create_schedule(original: Any, backend: EventBridgeSchedulerBackend, **request: Any) -> Schedule:  # noqa: ANN401
    """Checks the schedule as AWS does."""
    _check(backend, request)
    return original(backend, **request)


@replaces(
    EventBridgeSchedulerBackend,
    "update_schedule",
    because="moto accepts expressions, time zones and roles that AWS rejects",
    source="https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html",
    written_against="15f9bd86",
)
def update_schedule(original: Any, backend: EventBridgeSchedulerBackend, **request: Any) -> Schedule:  # noqa: ANN401
    """Checks the schedule as AWS does."""
    _check(backend, request)
    return original(backend, **request)


def _check(backend: EventBridgeSchedulerBackend, request: dict[str, Any]) -> None:
    expression, timezone = request["schedule_expression"], request["schedule_expression_timezone"]
    try:
        expressions.parse(expression)
    except ValueError:
        raise ServiceError("ValidationException", f"Invalid Schedule Expression {expression}.") from None
    if timezone and timezone not in available_timezones():
        raise ServiceError("ValidationException", f"Invalid Schedule Expression Timezone {timezone}.")
    target = request["target"]
    _refuse_what_is_not_supported(request, target)
    # A trust policy that names a source has to name the group.
    # https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    group = backend.get_schedule_group(request["group_name"])
    if not role_trusts(target["RoleArn"], SERVICE, group.arn):
        raise ServiceError(
            "ValidationException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        )


def _refuse_what_is_not_supported(request: dict[str, Any], target: dict[str, Any]) -> None:
    for supported, what in (
        (target["Arn"].split(":")[2] == "lambda", f"targets other than functions, such as {target['Arn']}"),
        ("Input" in target, "targets without an Input"),
        (request["flexible_time_window"]["Mode"] == "OFF", "flexible time windows"),
        (request.get("action_after_completion") in (None, "NONE"), "actions after completion"),
    ):
        if not supported:
            raise ServiceError("UnsupportedScheduleException", f"the local AWS has no {what}")
