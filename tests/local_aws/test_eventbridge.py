"""EventBridge delivers to functions and queues as on AWS."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.canaries import ACCOUNT, REGION, Listener, Queue, allow
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
