"""SNS delivers to functions and queues as on AWS."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import Fault, injected
from tests.support.canaries import ACCOUNT, REGION, allow, policy
from tests.support.polling import wait_until

Aws = Callable[..., Any]
Make = Callable[..., str]


class Topic:
    """A topic with a function that writes its events to its log, and a dead-letter queue."""

    def __init__(self, aws: Aws, function: Make, name: str) -> None:
        self.aws = aws
        self.arn = aws("sns").create_topic(Name=name)["TopicArn"]
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

    def permit(self, source: str) -> None:
        self.aws("lambda").add_permission(
            FunctionName=self.function,
            StatementId="sns",
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=source,
        )

    def subscribe(self, **attributes: object) -> str:
        arn: str = self.aws("sns").subscribe(
            TopicArn=self.arn,
            Protocol="lambda",
            Endpoint=self.function,
            Attributes={key: json.dumps(value) for key, value in attributes.items()},
        )["SubscriptionArn"]
        return arn

    def redrive(self) -> dict[str, str]:
        return {"deadLetterTargetArn": self.dead_arn}

    def let_dead_letters_in(self, source: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self.dead_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": source}},
        }
        self.aws("sqs").set_queue_attributes(QueueUrl=self.dead, Attributes={"Policy": policy(statement)})

    def publish(self, message: str, **attributes: str) -> str:
        message_id: str = self.aws("sns").publish(
            TopicArn=self.arn,
            Subject="Canary",
            Message=message,
            MessageAttributes={key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()},
        )["MessageId"]
        return message_id

    def seen(self) -> list[dict[str, Any]]:
        """The events that the function received."""
        lines = [event["message"] for event in self.aws("logs").filter_log_events(logGroupName=self.log)["events"]]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def received(self, queue: str, wait: float = 10) -> dict[str, Any]:
        (message,) = wait_until("change", lambda: self.aws("sqs").receive_message(QueueUrl=queue).get("Messages"), wait)
        return dict(json.loads(message["Body"]))


@pytest.fixture
def topic(aws: Aws, function: Make, name: str) -> Topic:
    return Topic(aws, function, name)


def test_a_function_receives_the_event_that_aws_sends(topic: Topic) -> None:
    topic.permit(topic.arn)
    subscription = topic.subscribe()
    message_id = topic.publish("green", State="COMPLETED", EventType="BACKUP_JOB")
    ((record,),) = [event["Records"] for event in wait_until("change", topic.seen)]
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
    topic.permit(topic.arn)
    topic.subscribe(FilterPolicy={"State": ["COMPLETED"]})
    topic.publish("failed", State="FAILED")
    topic.publish("completed", State="COMPLETED")
    wait_until("change", topic.seen)
    time.sleep(0.2)
    assert [event["Records"][0]["Sns"]["Message"] for event in topic.seen()] == ["completed"]


def test_publishing_does_not_wait_for_the_function(local_aws: str, topic: Topic, name: str) -> None:
    topic.permit(topic.arn)
    topic.subscribe()
    with injected(local_aws, Fault(function=name, seconds=0.3)):
        topic.publish("green")
        assert topic.seen() == []
        assert wait_until("change", topic.seen)


@pytest.mark.parametrize("permitted", [None, "another"])
def test_without_the_functions_permission_the_message_goes_to_the_dead_letter_queue(
    topic: Topic, permitted: str | None
) -> None:
    if permitted:
        topic.permit(topic.arn + permitted)
    topic.let_dead_letters_in(topic.arn)
    topic.subscribe(RedrivePolicy=topic.redrive())
    topic.publish("green")
    assert topic.received(topic.dead)["Message"] == "green"


def test_a_deleted_function_leaves_its_messages_in_the_dead_letter_queue(aws: Aws, topic: Topic) -> None:
    topic.permit(topic.arn)
    topic.let_dead_letters_in(topic.arn)
    topic.subscribe(RedrivePolicy=topic.redrive())
    aws("lambda").delete_function(FunctionName=topic.function)
    topic.publish("green")
    assert topic.received(topic.dead)["Message"] == "green"


def test_a_dead_letter_queue_receives_nothing_if_its_policy_does_not_allow_sns(topic: Topic) -> None:
    topic.let_dead_letters_in(topic.arn + "another")
    topic.subscribe(RedrivePolicy=topic.redrive())
    topic.publish("green")
    with pytest.raises(AssertionError):
        topic.received(topic.dead, wait=0.3)


def test_a_queue_receives_messages_only_if_its_policy_allows_sns(aws: Aws, topic: Topic) -> None:
    aws("sns").subscribe(TopicArn=topic.arn, Protocol="sqs", Endpoint=topic.dead_arn)
    topic.publish("lost")
    topic.let_dead_letters_in(topic.arn)
    topic.publish("green")
    assert topic.received(topic.dead)["Message"] == "green"
    with pytest.raises(AssertionError):
        topic.received(topic.dead, wait=0.3)


def test_an_encrypted_queue_receives_messages_only_if_sns_may_use_its_key(aws: Aws, topic: Topic, key: Make) -> None:
    topic.let_dead_letters_in(topic.arn)
    aws("sns").subscribe(TopicArn=topic.arn, Protocol="sqs", Endpoint=topic.dead_arn)
    sns = {"Service": "sns.amazonaws.com"}
    for colour, encrypted_with in (
        ("lost", "alias/aws/sqs"),
        ("lost", key()),
        ("lost", key(allow("kms:Decrypt", Principal=sns))),
        ("green", key(allow("kms:GenerateDataKey*", "kms:Decrypt", Principal=sns))),
    ):
        aws("sqs").set_queue_attributes(QueueUrl=topic.dead, Attributes={"KmsMasterKeyId": encrypted_with})
        topic.publish(colour)
    assert topic.received(topic.dead)["Message"] == "green"


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
    topic.permit(topic.arn)
    topic.let_dead_letters_in(topic.arn)
    topic.subscribe()
    aws("sns").subscribe(TopicArn=topic.arn, Protocol="sqs", Endpoint=topic.dead_arn)
    aws("sns").publish(TopicArn=topic.arn, MessageStructure="json", Message=json.dumps(texts))
    assert topic.received(topic.dead)["Message"] == to_queue
    assert wait_until("notification", topic.seen)[0]["Records"][0]["Sns"]["Message"] == to_function


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
    topic.let_dead_letters_in(topic.arn)
    aws("sns").subscribe(TopicArn=topic.arn, Protocol="sqs", Endpoint=topic.dead_arn)
    with pytest.raises(ClientError) as error:
        aws("sns").publish(TopicArn=topic.arn, MessageStructure="json", Message=message)
    assert error.value.response["Error"]["Code"] == "InvalidParameter"
    assert error.value.response["Error"]["Message"] == f"Invalid parameter: Message Structure - {problem}"
    with pytest.raises(AssertionError):
        topic.received(topic.dead, wait=0.2)
