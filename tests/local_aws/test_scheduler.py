"""EventBridge Scheduler fires schedules as on AWS."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import Fault, fire_schedule, injected
from tests.support.canaries import ACCOUNT, REGION, Listener, Queue, allow, code, policy
from tests.support.polling import wait_until

Aws = Callable[..., Any]
Make = Callable[..., str]

GROUP = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/default"
SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
ONCE = "cron(30 2 1 11 ? *)"


class Scheduler:
    """Makes schedules whose role may invoke functions and send to queues."""

    def __init__(self, aws: Aws, role: Make, name: str) -> None:
        self.client, self.name = aws("scheduler"), name
        self.role = role("scheduler.amazonaws.com", allow("lambda:InvokeFunction", "sqs:SendMessage"))
        self.arn = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{name}"
        self.function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:none"

    def put(self, expression: str = "rate(1 day)", *, update: bool = False, **options: Any) -> None:  # noqa: ANN401
        target = {"Arn": self.function, "RoleArn": self.role, "Input": "{}", **options.pop("Target", {})}
        call = self.client.update_schedule if update else self.client.create_schedule
        call(
            **{
                "Name": self.name,
                "ScheduleExpression": expression,
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": target,
                **options,
            }
        )


@pytest.fixture
def scheduler(aws: Aws, role: Make, name: str) -> Scheduler:
    return Scheduler(aws, role, name)


@pytest.fixture
def listener(aws: Aws, function: Make, name: str) -> Listener:
    return Listener(aws, function, name, "scheduler")


@pytest.fixture
def queue(aws: Aws, name: str) -> Queue:
    return Queue(aws, f"{name}-dead", "scheduler")


@pytest.mark.parametrize(
    ("expression", "timezone", "since", "until", "expected"),
    [
        ("cron(0 3 * * ? *)", "UTC", "2026-03-01", "2026-03-03", ["03-01T03:00", "03-02T03:00"]),
        ("cron(15,45 22-23 * * ? *)", "UTC", "2026-03-01", "2026-03-01T23:00", ["03-01T22:15", "03-01T22:45"]),
        ("cron(0/20 4 * * ? *)", "UTC", "2026-03-01", "2026-03-02", ["03-01T04:00", "03-01T04:20", "03-01T04:40"]),
        ("cron(0 8-18/6 1 JAN,mar ? 2026)", "UTC", "2026-01-02", "2027-02-01", ["03-01T08:00", "03-01T14:00"]),
        ("cron(0 0 ? * MON-TUE *)", "UTC", "2026-03-01", "2026-03-08", ["03-02T00:00", "03-03T00:00"]),
        ("cron(0 0 ? * 1 *)", "UTC", "2026-03-01", "2026-03-08", ["03-01T00:00"]),
        ("cron(0 0 ? * L *)", "UTC", "2026-03-01", "2026-03-08", ["03-07T00:00"]),
        ("cron(0 0 ? * 6L *)", "UTC", "2026-03-01", "2026-05-01", ["03-27T00:00", "04-24T00:00"]),
        ("cron(0 0 ? * TUE#5 *)", "UTC", "2026-03-01", "2026-05-01", ["03-31T00:00"]),
        ("cron(0 0 L * ? *)", "UTC", "2026-02-01", "2026-04-01", ["02-28T00:00", "03-31T00:00"]),
        ("cron(0 0 31 * ? *)", "UTC", "2026-02-01", "2026-06-01", ["03-31T00:00", "05-31T00:00"]),
        # The first is a Sunday in February and a Saturday in August; the 31st of May is a Sunday.
        ("cron(0 0 1W 2,8 ? *)", "UTC", "2026-01-01", "2027-01-01", ["02-02T00:00", "08-03T00:00"]),
        ("cron(0 0 31W 4,5 ? *)", "UTC", "2026-01-01", "2027-01-01", ["05-29T00:00"]),
        ("cron(0 0 15W 8,11 ? *)", "UTC", "2026-01-01", "2027-01-01", ["08-14T00:00", "11-16T00:00"]),
        ("at(2026-03-01T12:30:00)", "America/New_York", "2026-03-01", "2026-03-02", ["03-01T17:30"]),
        # Europe/Berlin changes to daylight saving time on 29 March 2026, and back on 25 October.
        ("cron(0 4 * * ? *)", "Europe/Berlin", "2026-03-28", "2026-03-30", ["03-28T03:00", "03-29T02:00"]),
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-28", "2026-03-31", ["03-28T01:30", "03-30T00:30"]),
        (
            "cron(30 2 * * ? *)",
            "Europe/Berlin",
            "2026-10-24",
            "2026-10-27",
            ["10-24T00:30", "10-25T00:30", "10-26T01:30"],
        ),
    ],
)
def test_a_schedule_fires_at_the_times_of_its_expression(
    local_aws: str, scheduler: Scheduler, expression: str, timezone: str, since: str, until: str, expected: list[str]
) -> None:
    scheduler.put(expression, ScheduleExpressionTimezone=timezone)
    moments = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (since, until))
    assert fire_schedule(local_aws, scheduler.arn, *moments) == [f"2026-{time}:00Z" for time in expected]


def test_a_rate_counts_from_the_creation_or_from_the_start_date(local_aws: str, scheduler: Scheduler) -> None:
    scheduler.put("rate(2 days)")
    created = scheduler.client.get_schedule(Name=scheduler.name)["CreationDate"].astimezone(UTC)
    expected = [f"{created + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (2, 4)]
    later = created + timedelta(hours=1), created + timedelta(days=6)
    assert fire_schedule(local_aws, scheduler.arn, *later) == expected
    start = datetime(2030, 1, 1, 12, tzinfo=UTC)
    scheduler.put("rate(12 hours)", update=True, StartDate=start, EndDate=start + timedelta(hours=13))
    times = fire_schedule(local_aws, scheduler.arn, start - timedelta(days=1), start + timedelta(days=9))
    assert times == ["2030-01-01T12:00:00Z", "2030-01-02T00:00:00Z"]


def test_a_disabled_schedule_does_not_fire(local_aws: str, scheduler: Scheduler) -> None:
    scheduler.put(ONCE, State="DISABLED")
    assert fire_schedule(local_aws, scheduler.arn, SINCE, UNTIL) == []


def test_only_a_schedule_that_exists_can_be_fired(local_aws: str, scheduler: Scheduler) -> None:
    scheduler.put(ONCE)
    with pytest.raises(ValueError, match=scheduler.arn):
        fire_schedule(local_aws, "misspelt", SINCE, UNTIL)


@pytest.mark.parametrize("kind", ["rate", "at"])
def test_a_schedule_fires_by_itself_when_it_is_due(scheduler: Scheduler, listener: Listener, kind: str) -> None:
    scheduler.function = listener.arn
    # Without its fraction of a second, which an expression cannot hold, it is still to come.
    due = datetime.now(UTC) + timedelta(seconds=2)
    scheduler.put(
        "rate(1 hour)" if kind == "rate" else f"at({due:%Y-%m-%dT%H:%M:%S})",
        Target={"Input": json.dumps({"arn": "<aws.scheduler.schedule-arn>"})},
    )
    assert wait_until("event", listener.seen) == [{"arn": scheduler.arn}]


def test_an_input_can_tell_the_scheduled_time_and_the_attempt(
    local_aws: str, scheduler: Scheduler, listener: Listener
) -> None:
    given = {
        "time": "<aws.scheduler.scheduled-time>",
        "attempt": "<aws.scheduler.attempt-number>",
        "execution": "<aws.scheduler.execution-id>",
    }
    scheduler.put(ONCE, Target={"Arn": listener.arn, "Input": json.dumps(given)})
    fire_schedule(local_aws, scheduler.arn, SINCE, UNTIL)
    (event,) = wait_until("event", listener.seen)
    assert event.pop("execution").isalnum()
    assert event == {"time": "2026-11-01T02:30:00Z", "attempt": "1"}


def test_a_delivery_that_fails_is_tried_again(local_aws: str, scheduler: Scheduler, listener: Listener) -> None:
    attempt = json.dumps({"attempt": "<aws.scheduler.attempt-number>"})
    scheduler.put(ONCE, Target={"Arn": listener.arn, "Input": attempt})
    role = scheduler.role.rsplit("/", 1)[-1]
    throttled = Fault(service="lambda", operation="Invoke", role=role, error="TooManyRequestsException", times=2)
    with injected(local_aws, throttled):
        fire_schedule(local_aws, scheduler.arn, SINCE, UNTIL)
        assert wait_until("event", listener.seen) == [{"attempt": "3"}]


@pytest.mark.parametrize("retries", [0, 1])
def test_a_delivery_that_keeps_failing_is_a_dead_letter(
    local_aws: str, scheduler: Scheduler, listener: Listener, queue: Queue, retries: int
) -> None:
    policy = {"MaximumRetryAttempts": retries}
    target = {"Arn": listener.arn, "RetryPolicy": policy, "DeadLetterConfig": {"Arn": queue.arn}, "Input": '{"a": 1}'}
    scheduler.put(ONCE, Target=target)
    with injected(local_aws, Fault(service="lambda", role=scheduler.role.rsplit("/", 1)[-1], error="ServiceException")):
        fire_schedule(local_aws, scheduler.arn, SINCE, UNTIL)
        message = queue.received()
    assert json.loads(message["Body"]) == {"a": 1}
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes.pop("EXECUTION_ID")
    assert attributes.pop("ERROR_MESSAGE")
    assert attributes == {
        "ERROR_CODE": "ServiceException",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(retries),
        "SCHEDULED_TIME": "2026-11-01T02:30:00Z",
        "SCHEDULE_ARN": scheduler.arn,
        "TARGET_ARN": listener.arn,
    }


@pytest.mark.parametrize(
    ("allowed", "error"), [("sqs:SendMessage", "AccessDeniedException"), ("*", "ResourceNotFoundException")]
)
def test_what_no_retry_can_change_is_a_dead_letter_at_once(
    local_aws: str, scheduler: Scheduler, role: Make, queue: Queue, allowed: str, error: str
) -> None:
    scheduler.role = role("scheduler.amazonaws.com", allow(allowed), suffix="-another")
    scheduler.put(ONCE, Target={"DeadLetterConfig": {"Arn": queue.arn}})
    fire_schedule(local_aws, scheduler.arn, SINCE, UNTIL)
    assert queue.received()["MessageAttributes"]["ERROR_CODE"]["StringValue"] == error


def test_without_the_permission_to_send_there_is_no_dead_letter(
    local_aws: str, scheduler: Scheduler, role: Make, queue: Queue
) -> None:
    scheduler.role = role("scheduler.amazonaws.com", suffix="-another")
    scheduler.put(ONCE, Target={"DeadLetterConfig": {"Arn": queue.arn}})
    fire_schedule(local_aws, scheduler.arn, SINCE, UNTIL)
    with pytest.raises(AssertionError):
        queue.received(wait=0.3)


@pytest.mark.parametrize(
    "expression",
    [
        "hourly",
        "rate(0 hours)",
        "rate(1 week)",
        "at(2026-02-29T00:00:00)",
        "at(2026-03-01 00:00)",
        "cron(0 3 * * *)",
        "cron(0 3 * * * *)",
        "cron(0 3 ? * ? *)",
        "cron(60 3 * * ? *)",
        "cron(*/60 * * * ? *)",
        "cron(0 18-8 * * ? *)",
        "cron(0 3 0 * ? *)",
        "cron(0 3 ? * 8 *)",
        "cron(0 3 ? * FRIDAY *)",
        "cron(0 3 ? * TUE#6 *)",
        "cron(0 3 32W * ? *)",
        "cron(0 3 * 13 ? *)",
        "cron(0 3 * * ? 2200)",
    ],
)
@pytest.mark.parametrize("update", [False, True])
def test_an_invalid_expression_is_refused(scheduler: Scheduler, expression: str, update: bool) -> None:
    if update:
        scheduler.put()
    with pytest.raises(ClientError, match=r"ValidationException.*Invalid Schedule Expression"):
        scheduler.put(expression, update=update)


def test_an_unknown_time_zone_is_refused(scheduler: Scheduler) -> None:
    assert code(scheduler.put, ScheduleExpressionTimezone="Europe/Atlantis") == "ValidationException"


@pytest.mark.parametrize(("source", "accepted"), [(GROUP, True), (GROUP.replace("-group", ""), False), (None, False)])
def test_the_role_must_trust_the_scheduler_for_its_group(
    aws: Aws, scheduler: Scheduler, source: str | None, accepted: bool
) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com" if source else "events.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT, **({"aws:SourceArn": source} if source else {})}},
    }
    aws("iam").update_assume_role_policy(RoleName=scheduler.role.rsplit("/", 1)[-1], PolicyDocument=policy(trust))
    if accepted:
        scheduler.put()
    else:
        with pytest.raises(ClientError, match=r"ValidationException.*must allow AWS EventBridge Scheduler to assume"):
            scheduler.put()


@pytest.mark.parametrize(
    "options",
    [
        {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}},
        {"Target": {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"}},
        {"ActionAfterCompletion": "DELETE"},
    ],
)
def test_what_would_not_behave_as_on_aws_is_refused(scheduler: Scheduler, options: dict[str, Any]) -> None:
    assert code(scheduler.put, **options) == "UnsupportedScheduleException"


def test_a_schedule_needs_its_group(scheduler: Scheduler) -> None:
    assert code(scheduler.put, GroupName="none") == "ResourceNotFoundException"
