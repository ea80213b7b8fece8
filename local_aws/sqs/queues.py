"""SQS: queues, their policies and their encryption.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
"""

from typing import Any

from moto.kms.models import Key, kms_backends
from moto.sqs.exceptions import QueueDoesNotExist
from moto.sqs.models import Queue, SQSBackend, sqs_backends

from local_aws.errors import ServiceError
from local_aws.patching import replaces
from local_aws.policies import Context, service_may

KEY_USES = {
    "sqs:SendMessage": ("kms:GenerateDataKey", "kms:Decrypt"),
    "sqs:ReceiveMessage": ("kms:Decrypt",),
}
"""What an action on an encrypted queue needs on its key."""


def queue_by_arn(arn: str) -> Queue | None:
    """The queue, if it exists."""
    *_, region, account, name = arn.split(":")
    try:
        return sqs_backends[account][region].get_queue(name)
    except QueueDoesNotExist:
        return None


def key_of(queue_arn: str) -> Key | None:
    """The customer's key with which the queue is encrypted, if any."""
    queue = queue_by_arn(queue_arn)
    key = queue and queue.kms_master_key_id
    # Anybody in the account who may use a queue may use AWS's own key for queues.
    if not key or key.endswith("alias/aws/sqs"):
        return None
    *_, region, account, _ = queue_arn.split(":")
    try:
        return kms_backends[account][region].describe_key(key)
    except KeyError:
        raise ServiceError("KMS.NotFoundException", f"Key '{key}' does not exist") from None


def queue_accepts(queue_arn: str, service: str, context: Context) -> bool:
    """Whether the queue exists, and its policy and its key let an AWS service send to it."""
    queue = queue_by_arn(queue_arn)
    if queue is None or not service_may(queue._policy_json, service, "sqs:SendMessage", queue_arn, context):
        return False
    try:
        key = key_of(queue_arn)
    except ServiceError:
        return False
    if key is None:
        # No other service may use AWS's own key for queues.
        return not queue.kms_master_key_id
    return all(service_may(key.policy, service, use, key.arn, context) for use in KEY_USES["sqs:SendMessage"])


@replaces(
    SQSBackend,
    "set_queue_attributes",
    because="moto removes the policy when another attribute is changed",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
    written_against="ea0bf1a5",
)
def set_queue_attributes(
    original: Any,  # noqa: ANN401
    backend: SQSBackend,
    queue_name: str,
    attributes: dict[str, Any],
) -> Queue:
    """Keeps the policy unless the request changes it."""
    return original(backend, queue_name, {"Policy": backend.get_queue(queue_name).policy, **attributes})
