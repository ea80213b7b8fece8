"""SNS delivers to functions and queues as on AWS."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import Fault, injected
from tests.support.canaries import Listener, Queue, allow
from tests.support.polling import wait_until

Aws = Callable[..., Any]
Make = Callable[..., str]


class Topic:
    """A topic, with a function and a queue that may be subscribed to it."""

    def __init__(self, aws: Aws, function: Make, name: str) -> None:
        self._sns = aws("sns")
        self.arn = self._sns.create_topic(Name=name)["TopicArn"]
        self.queue = Queue(aws, f"{name}-dead", "sns")
        self.function = Listener(aws, function, name, "sns")

    def subscribe(self, **attributes: object) -> str:
        """Subscribes the function."""
        arn: str = self._sns.subscribe(
            TopicArn=self.arn,
            Protocol="lambda",
            Endpoint=self.function.arn,
            Attributes={key: json.dumps(value) for key, value in attributes.items()},
        )["SubscriptionArn"]
        return arn

    def subscribe_with_dead_letters(self) -> None:
        """Subscribes the function, with the queue for its dead letters."""
        self.subscribe(RedrivePolicy={"deadLetterTargetArn": self.queue.arn})

    def subscribe_queue(self) -> None:
        self._sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=self.queue.arn)

    def publish(self, message: str, **attributes: str) -> str:
        message_id: str = self._sns.publish(
            TopicArn=self.arn,
            Subject="Canary",
            Message=message,
            MessageAttributes={key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()},
        )["MessageId"]
        return message_id

    def received(self, wait: float = 10) -> str:
        """The message in the queue."""
        return str(json.loads(self.queue.received(wait)["Body"])["Message"])


@pytest.fixture
def topic(aws: Aws, function: Make, name: str) -> Topic:
    return Topic(aws, function, name)


def test_a_function_receives_the_event_that_aws_sends(topic: Topic) -> None:
    topic.function.let_in(topic.arn)
    subscription = topic.subscribe()
    message_id = topic.publish("green", State="COMPLETED", EventType="BACKUP_JOB")
    ((record,),) = [event["Records"] for event in wait_until("change", topic.function.seen)]
    assert record["EventSource"] == "aws:sns"
    assert record["EventVersion"] == "1.0"
    assert record["EventSubscriptionArn"] == subscription
    sns = record["Sns"]
    assert (sns["Type"], sns["MessageId"], sns["TopicArn"]) == ("Notification", message_id, topic.arn)
    assert (sns["Subject"], sns["Message"]) == ("Canary", "green")
    assert sns["MessageAttributes"] == {
        "State": {"Type": "String", "Value": "COMPLETED"},
        "EventType": {"Type": "String", "Value": "BACKUP_JOB"},
    }
    assert sns["Timestamp"].endswith("Z")


def test_a_filter_policy_keeps_messages_from_the_function(topic: Topic) -> None:
    topic.function.let_in(topic.arn)
    topic.subscribe(FilterPolicy={"State": ["COMPLETED"]})
    topic.publish("failed", State="FAILED")
    topic.publish("completed", State="COMPLETED")
    wait_until("change", topic.function.seen)
    time.sleep(0.2)
    assert [event["Records"][0]["Sns"]["Message"] for event in topic.function.seen()] == ["completed"]


def test_publishing_does_not_wait_for_the_function(local_aws: str, topic: Topic, name: str) -> None:
    topic.function.let_in(topic.arn)
    topic.subscribe()
    with injected(local_aws, Fault(function=name, seconds=0.3)):
        topic.publish("green")
        assert topic.function.seen() == []
        assert wait_until("change", topic.function.seen)


@pytest.mark.parametrize("permitted", [None, "another"])
def test_without_the_functions_permission_the_message_goes_to_the_dead_letter_queue(
    topic: Topic, permitted: str | None
) -> None:
    if permitted:
        topic.function.let_in(topic.arn + permitted)
    topic.queue.let_in(topic.arn)
    topic.subscribe_with_dead_letters()
    topic.publish("green")
    assert topic.received() == "green"


def test_a_deleted_function_leaves_its_messages_in_the_dead_letter_queue(aws: Aws, topic: Topic) -> None:
    topic.function.let_in(topic.arn)
    topic.queue.let_in(topic.arn)
    topic.subscribe_with_dead_letters()
    aws("lambda").delete_function(FunctionName=topic.function.arn)
    topic.publish("green")
    assert topic.received() == "green"


def test_a_dead_letter_queue_receives_nothing_if_its_policy_does_not_allow_sns(topic: Topic) -> None:
    topic.queue.let_in(topic.arn + "another")
    topic.subscribe_with_dead_letters()
    topic.publish("green")
    with pytest.raises(AssertionError):
        topic.received(wait=0.3)


def test_a_queue_receives_messages_only_if_its_policy_allows_sns(topic: Topic) -> None:
    topic.subscribe_queue()
    topic.publish("lost")
    topic.queue.let_in(topic.arn)
    topic.publish("green")
    assert topic.received() == "green"
    with pytest.raises(AssertionError):
        topic.received(wait=0.3)


def test_an_encrypted_queue_receives_messages_only_if_sns_may_use_its_key(topic: Topic, key: Make) -> None:
    topic.queue.let_in(topic.arn)
    topic.subscribe_queue()
    sns = {"Service": "sns.amazonaws.com"}
    for colour, encrypted_with in (
        ("lost", "alias/aws/sqs"),
        ("lost", key()),
        ("lost", key(allow("kms:Decrypt", Principal=sns))),
        ("green", key(allow("kms:GenerateDataKey*", "kms:Decrypt", Principal=sns))),
    ):
        topic.queue.encrypt(encrypted_with)
        topic.publish(colour)
    assert topic.received() == "green"


@pytest.mark.parametrize(
    ("texts", "to_queue", "to_function"),
    [
        ({"default": "all", "email": "mail", "https": "chat"}, "all", "all"),
        ({"default": "all", "sqs": "queue", "unknown": "nobody"}, "queue", "all"),
        ({"default": "all", "lambda": "function", "sqs": {"no": "text"}}, "all", "function"),
    ],
)
def test_each_protocol_gets_its_text(
    aws: Aws, topic: Topic, texts: dict[str, Any], to_queue: str, to_function: str
) -> None:
    topic.function.let_in(topic.arn)
    topic.queue.let_in(topic.arn)
    topic.subscribe()
    topic.subscribe_queue()
    aws("sns").publish(TopicArn=topic.arn, MessageStructure="json", Message=json.dumps(texts))
    assert topic.received() == to_queue
    assert wait_until("notification", topic.function.seen)[0]["Records"][0]["Sns"]["Message"] == to_function


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("{", "JSON message body failed to parse"),
        ('["all"]', "JSON message body failed to parse"),
        ('{"email": "mail"}', "No default entry in JSON message body"),
        ('{"default": {"no": "text"}}', "No default entry in JSON message body"),
    ],
)
def test_a_structure_without_a_default_is_refused(aws: Aws, topic: Topic, message: str, problem: str) -> None:
    topic.queue.let_in(topic.arn)
    topic.subscribe_queue()
    with pytest.raises(ClientError) as error:
        aws("sns").publish(TopicArn=topic.arn, MessageStructure="json", Message=message)
    assert error.value.response["Error"]["Code"] == "InvalidParameter"
    assert error.value.response["Error"]["Message"] == f"Invalid parameter: Message Structure - {problem}"
    with pytest.raises(AssertionError):
        topic.received(wait=0.2)
