"""SNS: deliveries to Lambda and SQS, with the permissions that AWS requires and dead-letter queues."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.sns.models import SNSBackend, Subscription

from local_aws.errors import ServiceError
from local_aws.lambda_functions.functions import function_by_arn, service_may_invoke
from local_aws.lambda_functions.invocations import invoke, send
from local_aws.patching import replaces
from local_aws.sqs.queues import queue_accepts

SERVICE = "sns.amazonaws.com"


@replaces(
    Subscription,
    "publish",
    because="moto waits for the function, invents message attributes, checks no permissions, "
    "and ignores dead-letter queues of subscriptions",
    source="https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html",
    written_against="fd07bd0b",
)
def publish(
    original: Any,  # noqa: ANN401
    subscription: Subscription,
    message: str,
    message_id: str,
    subject: str | None = None,
    message_attributes: dict[str, Any] | None = None,
    group_id: str | None = None,
    deduplication_id: str | None = None,
    message_structure: str | None = None,
) -> None:
    """Delivers to Lambda as AWS does; leaves the message itself for other protocols to moto."""
    matcher = subscription._filter_policy_matcher
    if matcher is not None and not matcher.matches(message_attributes, message):
        return
    text = message
    if message_structure == "json":
        text = subscription._parse_message_structure(message, subscription.protocol)
    notification = _notification(subscription, text, message_id, subject, message_attributes or {})
    if subscription.protocol == "lambda":
        delivered = _deliver_to_function(subscription, notification)
    elif subscription.protocol == "sqs":
        delivered = _may_send(subscription.endpoint, subscription.topic_arn)
    else:
        delivered = True
    if not delivered:
        _deliver_to_dead_letters(subscription, notification)
    elif subscription.protocol != "lambda":
        original(
            subscription,
            message,
            message_id,
            subject=subject,
            message_attributes=message_attributes,
            group_id=group_id,
            deduplication_id=deduplication_id,
            message_structure=message_structure,
        )


@replaces(
    SNSBackend,
    "publish",
    because="moto notices a message that has no text for a protocol only when it delivers it, perhaps to some already",
    source="https://docs.aws.amazon.com/sns/latest/api/API_Publish.html",
    written_against="6356a2b5",
)
def publish_to_topic(original: Any, backend: SNSBackend, message: str, *rest: Any, **named: Any) -> str:  # noqa: ANN401
    """Refuses a structure of messages that AWS refuses."""
    if named.get("message_structure") == "json":
        _texts(message)
    return str(original(backend, message, *rest, **named))


@replaces(
    Subscription,
    "_parse_message_structure",
    because="moto takes for a text what is none, where AWS takes the default",
    source="https://docs.aws.amazon.com/sns/latest/api/API_Publish.html",
    written_against="f10898db",
)
def parse_message_structure(_original: Any, _subscription: Subscription, message: str, protocol: str) -> str:  # noqa: ANN401
    """The text for a protocol."""
    texts = _texts(message)
    return texts.get(protocol, texts["default"])


def _texts(message: str) -> dict[str, str]:
    """The texts by protocol; https://docs.aws.amazon.com/sns/latest/api/API_Publish.html."""
    problem = "Invalid parameter: Message Structure - "
    try:
        structure = json.loads(message)
    except ValueError:
        structure = None
    if not isinstance(structure, dict):
        raise ServiceError("InvalidParameter", f"{problem}JSON message body failed to parse")
    texts = {protocol: text for protocol, text in structure.items() if isinstance(text, str)}
    if "default" not in texts:
        raise ServiceError("InvalidParameter", f"{problem}No default entry in JSON message body")
    return texts


def _may_send(queue_arn: str, topic_arn: str) -> bool:
    context = {"aws:SourceArn": topic_arn, "aws:SourceAccount": topic_arn.split(":")[4]}
    return queue_accepts(queue_arn, SERVICE, context)


def _deliver_to_function(subscription: Subscription, notification: dict[str, Any]) -> bool:
    try:
        function = function_by_arn(subscription.endpoint)
    except UnknownFunctionException:
        return False
    if not service_may_invoke(function, SERVICE, subscription.topic_arn):
        return False
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": notification,
    }
    invoke(subscription.endpoint, json.dumps({"Records": [record]}).encode())
    return True


def _deliver_to_dead_letters(subscription: Subscription, notification: dict[str, Any]) -> None:
    policy = subscription.attributes.get("RedrivePolicy")
    queue_arn = policy and json.loads(policy)["deadLetterTargetArn"]
    if queue_arn and _may_send(queue_arn, subscription.topic_arn):
        send(queue_arn, json.dumps(notification))


def _notification(
    subscription: Subscription,
    message: str,
    message_id: str,
    subject: str | None,
    attributes: dict[str, Any],
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html"""
    address = f"https://sns.{subscription.topic.sns_backend.region_name}.amazonaws.com/"
    return {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": subscription.topic_arn,
        "Subject": subject,
        "Message": message,
        "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "SignatureVersion": "1",
        "Signature": base64.b64encode(b"not signed").decode(),
        "SigningCertUrl": f"{address}SimpleNotificationService-0.pem",
        "UnsubscribeUrl": f"{address}?Action=Unsubscribe&SubscriptionArn={subscription.arn}",
        "MessageAttributes": {
            name: {"Type": attribute["Type"], "Value": _text(attribute["Value"])}
            for name, attribute in attributes.items()
        },
    }


def _text(value: Any) -> str:  # noqa: ANN401
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
