"""EventBridge delivers to functions and queues as on AWS."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.canaries import ACCOUNT, REGION, allow, policy
from tests.support.polling import wait_until

Aws = Callable[..., Any]
Make = Callable[..., str]


class Bus:
    """The default bus with a rule whose target is a function that writes its events to its log."""

    def __init__(self, aws: Aws, function: Make, name: str) -> None:
        self.aws, self.name = aws, name
        self.rule = aws("events").put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
        self.log = f"/aws/lambda/{name}"
        aws("logs").create_log_group(logGroupName=self.log)
        self.dead = aws("sqs").create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        self.dead_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}-dead"
        self.function = function(
            """
            import json
            def handler(event, context):
                print(json.dumps(event))
            """,
            allow("logs:*"),
            Timeout=20,
        )
        self.target(self.function, DeadLetterConfig={"Arn": self.dead_arn})

    def target(self, arn: str, **options: object) -> None:
        self.aws("events").put_targets(Rule=self.name, Targets=[{"Id": "only", "Arn": arn, **options}])

    def permit(self, source: str) -> None:
        self.aws("lambda").add_permission(
            FunctionName=self.function,
            StatementId="events",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=source,
        )

    def let_in(self, source: str) -> None:
        """Lets the rule with this ARN send to the queue."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self.dead_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": source}},
        }
        self.aws("sqs").set_queue_attributes(QueueUrl=self.dead, Attributes={"Policy": policy(statement)})

    def put(self, colour: str, **entry: object) -> str:
        entry = {"Source": self.name, "DetailType": "Canary", "Detail": json.dumps({"colour": colour}), **entry}
        answer = self.aws("events").put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0
        return str(answer["Entries"][0]["EventId"])

    def seen(self) -> list[dict[str, Any]]:
        """The events that the function got."""
        lines = [event["message"] for event in self.aws("logs").filter_log_events(logGroupName=self.log)["events"]]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def received(self, wait: float = 10) -> dict[str, Any]:
        """The message in the queue."""

        def messages() -> Any:  # noqa: ANN401
            return self.aws("sqs").receive_message(QueueUrl=self.dead, MessageAttributeNames=["All"]).get("Messages")

        (message,) = wait_until("change", messages, wait)
        return dict(message)


@pytest.fixture
def bus(aws: Aws, function: Make, name: str) -> Bus:
    return Bus(aws, function, name)


def test_a_function_gets_the_events_that_match(bus: Bus) -> None:
    bus.permit(bus.rule)
    bus.put("red", Source=f"{bus.name}-another")
    event_id = bus.put("green", Resources=["arn:aws:states:x"])
    (event,) = wait_until("change", bus.seen)
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
    bus.permit(bus.rule)
    pattern = {"source": [bus.name], "detail": {"colour": ["green", {"prefix": "blu"}]}}
    bus.aws("events").put_rule(Name=bus.name, EventPattern=json.dumps(pattern))
    for colour in ("red", "green", "blue"):
        bus.put(colour)
    wait_until("change", lambda: len(bus.seen()) == 2)
    assert {event["detail"]["colour"] for event in bus.seen()} == {"green", "blue"}


def test_neither_a_disabled_rule_nor_one_with_only_a_schedule_delivers(bus: Bus) -> None:
    bus.permit(bus.rule)
    bus.aws("events").disable_rule(Name=bus.name)
    bus.put("red")
    bus.aws("events").put_rule(Name=bus.name, ScheduleExpression="rate(1 hour)")
    bus.put("yellow")
    bus.aws("events").put_rule(Name=bus.name, EventPattern=json.dumps({"source": [bus.name]}))
    bus.put("green")
    (event,) = wait_until("change", bus.seen)
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
    bus.permit(bus.rule)
    bus.target(bus.function, **options)
    bus.put("green")
    assert wait_until("change", bus.seen) == [expected]


@pytest.mark.parametrize("permitted", [None, "another"])
def test_without_the_functions_permission_the_event_goes_to_the_dead_letter_queue(
    bus: Bus, permitted: str | None
) -> None:
    if permitted:
        bus.permit(bus.rule + permitted)
    bus.let_in(bus.rule)
    bus.put("green")
    message = bus.received()
    assert json.loads(message["Body"])["detail"] == {"colour": "green"}
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert "not authorized" in attributes.pop("ERROR_MESSAGE")
    assert attributes == {
        "RULE_ARN": bus.rule,
        "TARGET_ARN": bus.function,
        "ERROR_CODE": "NO_PERMISSIONS",
        "RETRY_ATTEMPTS": "0",
    }
    assert bus.seen() == []


def test_a_deleted_function_leaves_its_events_in_the_dead_letter_queue(aws: Aws, bus: Bus) -> None:
    bus.permit(bus.rule)
    bus.let_in(bus.rule)
    aws("lambda").delete_function(FunctionName=bus.function)
    bus.put("green")
    assert bus.received()["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"


def test_a_dead_letter_queue_that_does_not_let_the_rule_in_gets_nothing(bus: Bus) -> None:
    bus.let_in(f"{bus.rule}-another")
    bus.put("green")
    with pytest.raises(AssertionError):
        bus.received(wait=0.3)


def test_an_encrypted_queue_gets_events_only_if_its_key_lets_eventbridge_use_it(aws: Aws, bus: Bus, key: Make) -> None:
    bus.let_in(bus.rule)
    events = {"Service": "events.amazonaws.com"}
    for colour, encrypted_with in (
        ("lost", "alias/aws/sqs"),
        ("lost", key()),
        ("green", key(allow("kms:GenerateDataKey*", "kms:Decrypt", Principal=events))),
    ):
        aws("sqs").set_queue_attributes(QueueUrl=bus.dead, Attributes={"KmsMasterKeyId": encrypted_with})
        bus.put(colour)
    assert json.loads(bus.received()["Body"])["detail"] == {"colour": "green"}


def test_a_queue_is_a_target_too(bus: Bus) -> None:
    bus.target(bus.dead_arn)
    bus.put("lost")
    bus.let_in(bus.rule)
    bus.put("green")
    assert json.loads(bus.received()["Body"])["detail"] == {"colour": "green"}


def test_a_function_that_fails_is_tried_again_by_lambda_and_not_a_dead_letter(aws: Aws, bus: Bus) -> None:
    bus.permit(bus.rule)
    bus.let_in(bus.rule)
    aws("lambda").update_function_configuration(FunctionName=bus.function, Handler="app.none")
    bus.put("red")
    with pytest.raises(AssertionError):
        bus.received(wait=1)
