"""EventBridge delivers to functions, queues and buses as on AWS."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from local_aws import Fault, injected
from tests.support.canaries import ACCOUNT, OTHER_ACCOUNT, REGION, Listener, Queue, allow, code, policy
from tests.support.polling import wait_until

Aws = Callable[..., Any]
Make = Callable[..., str]


class Bus:
    """The default bus with a rule whose target is a function, with a queue for its dead letters."""

    def __init__(self, aws: Aws, function: Make, name: str) -> None:
        self.aws, self.name = aws, name
        self.rule = aws("events").put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
        self.queue = Queue(aws, f"{name}-dead", "events")
        self.function = Listener(aws, function, name, "events")
        self.target(self.function.arn, DeadLetterConfig={"Arn": self.queue.arn})

    def target(self, arn: str, **options: object) -> None:
        self.aws("events").put_targets(Rule=self.name, Targets=[{"Id": "only", "Arn": arn, **options}])

    def put(self, colour: str, **entry: object) -> str:
        entry = {"Source": self.name, "DetailType": "Canary", "Detail": json.dumps({"colour": colour}), **entry}
        answer = self.aws("events").put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0
        return str(answer["Entries"][0]["EventId"])


@pytest.fixture
def bus(aws: Aws, function: Make, name: str) -> Bus:
    return Bus(aws, function, name)


def test_a_function_gets_the_events_that_match(bus: Bus) -> None:
    bus.function.let_in(bus.rule)
    bus.put("red", Source=f"{bus.name}-another")
    event_id = bus.put("green", Resources=["arn:aws:states:x"])
    (event,) = wait_until("change", bus.function.seen)
    assert abs(datetime.now(UTC) - datetime.strptime(event.pop("time"), "%Y-%m-%dT%H:%M:%S%z")) < timedelta(minutes=1)
    assert event == {
        "version": "0",
        "id": event_id,
        "detail-type": "Canary",
        "source": bus.name,
        "account": ACCOUNT,
        "region": REGION,
        "resources": ["arn:aws:states:x"],
        "detail": {"colour": "green"},
    }


def test_patterns_look_into_the_detail(bus: Bus) -> None:
    bus.function.let_in(bus.rule)
    pattern = {"source": [bus.name], "detail": {"colour": ["green", {"prefix": "blu"}]}}
    bus.aws("events").put_rule(Name=bus.name, EventPattern=json.dumps(pattern))
    for colour in ("red", "green", "blue"):
        bus.put(colour)
    wait_until("change", lambda: len(bus.function.seen()) == 2)
    assert {event["detail"]["colour"] for event in bus.function.seen()} == {"green", "blue"}


def test_neither_a_disabled_rule_nor_one_with_only_a_schedule_delivers(bus: Bus) -> None:
    bus.function.let_in(bus.rule)
    bus.aws("events").disable_rule(Name=bus.name)
    bus.put("red")
    bus.aws("events").put_rule(Name=bus.name, ScheduleExpression="rate(1 hour)")
    bus.put("yellow")
    bus.aws("events").put_rule(Name=bus.name, EventPattern=json.dumps({"source": [bus.name]}))
    bus.put("green")
    (event,) = wait_until("change", bus.function.seen)
    assert event["detail"] == {"colour": "green"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"colour": [{"prefix": "gr"}]}, {"green", "grey"}),
        ({"colour": [{"suffix": "n"}]}, {"green", "brown"}),
        ({"colour": [{"anything-but": ["green", "grey"]}]}, {"brown"}),
        ({"colour": [{"anything-but": {"prefix": "gr"}}]}, {"brown"}),
        ({"shade": [{"exists": False}]}, {"green", "brown", "grey"}),
        ({"shade": [{"exists": True}]}, set()),
        ({"shade": [{"anything-but": "dark"}]}, set()),
        ({"$or": [{"colour": ["green"]}, {"colour": [{"suffix": "wn"}]}]}, {"green", "brown"}),
    ],
)
def test_patterns_have_operators(bus: Bus, pattern: dict[str, Any], expected: set[str]) -> None:
    bus.function.let_in(bus.rule)
    bus.aws("events").put_rule(
        Name=bus.name, EventPattern=json.dumps({"detail": {"$or": [{"last": [True]}, {"for": [bus.name], **pattern}]}})
    )
    for colour in ("green", "brown", "grey"):
        bus.put(colour, Detail=json.dumps({"colour": colour, "for": bus.name}))
    bus.put("last", Detail=json.dumps({"colour": "last", "last": True}))
    wait_until("change", lambda: len(bus.function.seen()) == len(expected) + 1)
    assert {event["detail"]["colour"] for event in bus.function.seen()} == {"last", *expected}


@pytest.mark.parametrize("pattern", [{"source": [{"prefixx": "a"}]}, {"$or": [{"detail": {"a": [{"is": 1}]}}]}])
def test_an_unknown_operator_is_refused(bus: Bus, pattern: dict[str, Any]) -> None:
    put_rule = bus.aws("events").put_rule
    assert code(put_rule, Name=bus.name, EventPattern=json.dumps(pattern)) == "InvalidEventPatternException"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"Input": '{"a": 1}'}, {"a": 1}),
        ({"InputPath": "$.detail"}, {"colour": "green"}),
        (
            {"InputTransformer": {"InputPathsMap": {"c": "$.detail.colour"}, "InputTemplate": '{"is": "<c>"}'}},
            {"is": "green"},
        ),
    ],
)
def test_a_target_can_ask_for_another_input(bus: Bus, options: dict[str, Any], expected: dict[str, Any]) -> None:
    bus.function.let_in(bus.rule)
    bus.target(bus.function.arn, **options)
    bus.put("green")
    assert wait_until("change", bus.function.seen) == [expected]


@pytest.mark.parametrize("permitted", [None, "another"])
def test_without_the_functions_permission_the_event_goes_to_the_dead_letter_queue(
    bus: Bus, permitted: str | None
) -> None:
    if permitted:
        bus.function.let_in(bus.rule + permitted)
    bus.queue.let_in(bus.rule)
    bus.put("green")
    message = bus.queue.received()
    assert json.loads(message["Body"])["detail"] == {"colour": "green"}
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert "not authorized" in attributes.pop("ERROR_MESSAGE")
    assert attributes == {
        "RULE_ARN": bus.rule,
        "TARGET_ARN": bus.function.arn,
        "ERROR_CODE": "NO_PERMISSIONS",
        "RETRY_ATTEMPTS": "0",
    }
    assert bus.function.seen() == []


def test_a_deleted_function_leaves_its_events_in_the_dead_letter_queue(aws: Aws, bus: Bus) -> None:
    bus.function.let_in(bus.rule)
    bus.queue.let_in(bus.rule)
    aws("lambda").delete_function(FunctionName=bus.function.arn)
    bus.put("green")
    assert bus.queue.received()["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"


def test_a_dead_letter_queue_that_does_not_let_the_rule_in_gets_nothing(bus: Bus) -> None:
    bus.queue.let_in(f"{bus.rule}-another")
    bus.put("green")
    with pytest.raises(AssertionError):
        bus.queue.received(wait=0.3)


def test_an_encrypted_queue_gets_events_only_if_its_key_lets_eventbridge_use_it(bus: Bus, key: Make) -> None:
    bus.queue.let_in(bus.rule)
    events = {"Service": "events.amazonaws.com"}
    for colour, encrypted_with in (
        ("lost", "alias/aws/sqs"),
        ("lost", key()),
        ("green", key(allow("kms:GenerateDataKey*", "kms:Decrypt", Principal=events))),
    ):
        bus.queue.encrypt(encrypted_with)
        bus.put(colour)
    assert json.loads(bus.queue.received()["Body"])["detail"] == {"colour": "green"}


def test_a_queue_is_a_target_too(bus: Bus) -> None:
    bus.target(bus.queue.arn)
    bus.put("lost")
    bus.queue.let_in(bus.rule)
    bus.put("green")
    assert json.loads(bus.queue.received()["Body"])["detail"] == {"colour": "green"}


def test_a_function_that_fails_is_tried_again_by_lambda_and_not_a_dead_letter(aws: Aws, bus: Bus) -> None:
    bus.function.let_in(bus.rule)
    bus.queue.let_in(bus.rule)
    aws("lambda").update_function_configuration(FunctionName=bus.function.arn, Handler="app.none")
    bus.put("red")
    with pytest.raises(AssertionError):
        bus.queue.received(wait=1)


def test_a_delivery_that_fails_is_tried_again(local_aws: str, bus: Bus) -> None:
    bus.function.let_in(bus.rule)
    fault = Fault(service="lambda", operation="Invoke", containing=bus.name, error="THROTTLING", times=2)
    with injected(local_aws, fault) as struck:
        bus.put("green")
        (event,) = wait_until("event", bus.function.seen)
    assert (event["detail"], struck.struck) == ({"colour": "green"}, 2)


@pytest.mark.parametrize("retries", [0, 1])
def test_a_delivery_that_keeps_failing_is_a_dead_letter(local_aws: str, bus: Bus, retries: int) -> None:
    bus.function.let_in(bus.rule)
    bus.queue.let_in(bus.rule)
    bus.target(bus.function.arn, DeadLetterConfig={"Arn": bus.queue.arn}, RetryPolicy={"MaximumRetryAttempts": retries})
    with injected(local_aws, Fault(service="lambda", operation="Invoke", containing=bus.name, error="THROTTLING")):
        bus.put("green")
        message = bus.queue.received()
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "THROTTLING"
    assert attributes["RETRY_ATTEMPTS"] == str(retries)
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"


def test_a_delivery_whose_answer_is_lost_arrives_twice(local_aws: str, bus: Bus) -> None:
    bus.function.let_in(bus.rule)
    fault = Fault(service="lambda", operation="Invoke", containing=bus.name, drop=True, takes_effect=True, times=1)
    with injected(local_aws, fault):
        event_id = bus.put("green")
        wait_until("change", lambda: len(bus.function.seen()) == 2)
    assert {event["id"] for event in bus.function.seen()} == {event_id}


def test_nobody_can_send_events_as_if_they_were_an_aws_service(bus: Bus) -> None:
    entry = {"DetailType": "Canary", "Detail": "{}"}
    answer = bus.aws("events").put_events(Entries=[{"Source": "aws.backup", **entry}, {"Source": bus.name, **entry}])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
    assert answer["Entries"][1]["EventId"]


# Events of AWS services, here of Step Functions


@pytest.fixture
def execute(aws: Aws, bus: Bus, role: Make) -> Callable[[], None]:
    """Runs an execution, whose end is an event for the bus."""
    states = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    machine: str = aws("stepfunctions").create_state_machine(
        name=bus.name, definition=json.dumps(states), roleArn=role("states.amazonaws.com")
    )["stateMachineArn"]
    bus.function.let_in(bus.rule)
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [machine], "status": ["SUCCEEDED"]}}
    aws("events").put_rule(Name=bus.name, EventPattern=json.dumps(pattern))
    return lambda: aws("stepfunctions").start_execution(stateMachineArn=machine)


def test_an_event_can_be_lost(local_aws: str, bus: Bus, execute: Callable[[], None]) -> None:
    lost = Fault(service="aws.states", operation="*Status Change", containing=bus.name, drop=True)
    with injected(local_aws, lost) as fault:
        execute()
        wait_until("event", lambda: fault.struck == 2)
    execute()
    assert len(wait_until("event", bus.function.seen)) == 1


def test_an_event_can_be_late(local_aws: str, bus: Bus, execute: Callable[[], None]) -> None:
    late = Fault(service="aws.states", operation="*Status Change", containing="SUCCEEDED", seconds=5, times=1)
    with injected(local_aws, late) as fault:
        execute()
        wait_until("event", lambda: fault.struck)
    execute()
    wait_until("event", lambda: len(bus.function.seen()) == 2)
    first, second = bus.function.seen()
    assert first["detail"]["startDate"] > second["detail"]["startDate"]


# Buses


class Receiver:
    """A bus of its own, in this account or another, with a rule that sends all events to a queue."""

    def __init__(self, aws: Aws, role: Make, name: str, account: str) -> None:
        self.name = f"{name}-bus"
        self.events = aws("events", aws_access_key_id=account)
        self.arn = self.events.create_event_bus(Name=self.name)["EventBusArn"]
        self.queue = Queue(partial(aws, aws_access_key_id=account), f"{name}-received", "events", account)
        self.queue.let_in(self.rule())
        self.target(self.queue.arn)
        self.role = role("events.amazonaws.com", allow("events:PutEvents", on=self.arn))

    def rule(self) -> str:
        pattern = json.dumps({"account": [{"exists": True}]})
        return str(self.events.put_rule(Name=self.name, EventBusName=self.name, EventPattern=pattern)["RuleArn"])

    def target(self, arn: str, **options: object) -> None:
        target = {"Id": arn.split(":")[2], "Arn": arn, **options}
        self.events.put_targets(Rule=self.name, EventBusName=self.name, Targets=[target])

    def let_in(self, **statement: Any) -> None:  # noqa: ANN401
        principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        allowed = allow("events:PutEvents", on=self.arn, **{"Principal": principal, "Sid": "all", **statement})
        self.events.put_permission(EventBusName=self.name, Policy=policy(allowed))


@pytest.fixture
def receiver(aws: Aws, role: Make, name: str) -> Receiver:
    return Receiver(aws, role, name, OTHER_ACCOUNT)


def test_an_event_reaches_a_bus_of_another_account_as_it_is(bus: Bus, receiver: Receiver) -> None:
    receiver.let_in()
    bus.target(receiver.arn, RoleArn=receiver.role)
    event_id = bus.put("green", Resources=["arn:aws:states:x"])
    event = json.loads(receiver.queue.received()["Body"])
    assert event.pop("time")
    assert event == {
        "version": "0",
        "id": event_id,
        "detail-type": "Canary",
        "source": bus.name,
        "account": ACCOUNT,
        "region": REGION,
        "resources": ["arn:aws:states:x"],
        "detail": {"colour": "green"},
    }


def test_a_bus_of_the_same_account_needs_no_policy(aws: Aws, role: Make, bus: Bus) -> None:
    receiver = Receiver(aws, role, bus.name, ACCOUNT)
    bus.target(receiver.arn, RoleArn=receiver.role)
    bus.put("green")
    assert json.loads(receiver.queue.received()["Body"])["detail"] == {"colour": "green"}


@pytest.mark.parametrize(
    ("statement", "lets_in"),
    [
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": ACCOUNT}}, True),
        ({"Principal": {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}}, False),
        ({"Principal": {"Service": "events.amazonaws.com"}}, False),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"StringEquals": {"events:source": "aws.backup"}}}, False),
        ({"Condition": {"ForAllValues:StringEquals": {"events:source": "aws.backup"}}}, False),
        ({"Condition": {"StringEquals": {"events:detail-type": "Canary"}}}, True),
        ({"Condition": {"StringEquals": {"events:detail-type": "Another"}}}, False),
        ({"Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:events:*:{ACCOUNT}:rule/canary-*"}}}, True),
    ],
)
def test_a_bus_lets_in_what_its_policy_names(
    bus: Bus, receiver: Receiver, statement: dict[str, Any], lets_in: bool
) -> None:
    receiver.let_in(**statement)
    bus.queue.let_in(bus.rule)
    bus.target(receiver.arn, RoleArn=receiver.role, DeadLetterConfig={"Arn": bus.queue.arn})
    bus.put("green")
    if lets_in:
        assert receiver.queue.received()
    else:
        assert bus.queue.received()["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_a_permission_for_everybody_lets_other_accounts_in(bus: Bus, receiver: Receiver) -> None:
    receiver.events.put_permission(
        EventBusName=receiver.name, Action="events:PutEvents", Principal="*", StatementId="everybody"
    )
    bus.target(receiver.arn, RoleArn=receiver.role)
    bus.put("green")
    assert receiver.queue.received()


def test_a_policy_can_shut_out_the_account_of_its_bus(aws: Aws, role: Make, bus: Bus) -> None:
    receiver = Receiver(aws, role, bus.name, ACCOUNT)
    receiver.let_in(Effect="Deny")
    bus.target(receiver.arn, RoleArn=receiver.role)
    bus.put("green")
    with pytest.raises(AssertionError):
        receiver.queue.received(wait=0.3)


@pytest.mark.parametrize(
    ("service", "actions", "error"),
    [
        ("events.amazonaws.com", ["events:PutRule"], "NO_PERMISSIONS"),
        ("lambda.amazonaws.com", ["events:PutEvents"], "FAILED_TO_ASSUME_ROLE"),
        (None, [], "FAILED_TO_ASSUME_ROLE"),
    ],
)
def test_a_bus_is_reached_with_a_role(
    bus: Bus, receiver: Receiver, role: Make, service: str | None, actions: list[str], error: str
) -> None:
    receiver.let_in()
    bus.queue.let_in(bus.rule)
    given = {"RoleArn": role(service, allow(*actions), suffix="-weak")} if service else {}
    bus.target(receiver.arn, DeadLetterConfig={"Arn": bus.queue.arn}, **given)
    bus.put("green")
    assert bus.queue.received()["MessageAttributes"]["ERROR_CODE"]["StringValue"] == error


def test_a_deleted_bus_leaves_its_events_in_the_dead_letter_queue(bus: Bus, receiver: Receiver) -> None:
    bus.queue.let_in(bus.rule)
    bus.target(f"{receiver.arn}-none", RoleArn=receiver.role, DeadLetterConfig={"Arn": bus.queue.arn})
    bus.put("green")
    assert bus.queue.received()["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"


def test_a_forwarded_event_is_not_forwarded_again(bus: Bus, receiver: Receiver) -> None:
    receiver.let_in()
    bus.queue.let_in(receiver.rule())
    bus.target(receiver.arn, RoleArn=receiver.role)
    default = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    receiver.target(default, RoleArn=receiver.role, DeadLetterConfig={"Arn": bus.queue.arn})
    bus.put("green")
    assert bus.queue.received()["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "THIRD_ACCOUNT_HOP_DETECTED"


def test_a_policy_replaces_the_former_one(receiver: Receiver) -> None:
    receiver.let_in(Sid="first")
    receiver.let_in(Sid="second", Principal="*")
    kept = json.loads(receiver.events.describe_event_bus(Name=receiver.name)["Policy"])
    assert [statement["Sid"] for statement in kept["Statement"]] == ["second"]


def test_a_policy_may_have_a_statement_that_is_not_in_a_list(receiver: Receiver) -> None:
    statement = allow("events:PutEvents", on=receiver.arn, Principal="*", Sid="only")
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    receiver.events.put_permission(EventBusName=receiver.name, Policy=document)
    kept = json.loads(receiver.events.describe_event_bus(Name=receiver.name)["Policy"])
    assert kept["Statement"] == [statement]
