"""EventBridge: deliveries to Lambda and SQS, with the permissions that AWS asks for and dead-letter queues."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.events.models import Rule, events_backends
from moto.events.utils import EventTemplateParser
from moto.stepfunctions.parser.asl.utils.json_path import extract_json

from local_aws.lambda_functions.functions import function_by_arn, service_may_invoke
from local_aws.lambda_functions.invocations import invoke, send
from local_aws.patching import replaces
from local_aws.sqs.queues import queue_accepts, queue_by_arn

SERVICE = "events.amazonaws.com"

Target = dict[str, Any]
Event = dict[str, Any]


class UndeliverableError(Exception):
    """An event that AWS does not try to deliver again: its error code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def emit(account: str, region: str, source: str, detail_type: str, resources: list[str], detail: Event) -> None:
    """Puts an event of an AWS service on the default bus."""
    entry = {"Source": source, "DetailType": detail_type, "Resources": resources, "Detail": json.dumps(detail)}
    events_backends[account][region].put_events([entry])


@replaces(
    Rule,
    "send_to_targets",
    because="moto knows no functions as targets, no permissions and no dead-letter queues, heeds rules that are "
    "disabled, and takes a rule with a schedule for one that matches every event",
    source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html",
    written_against="472e002e",
)
def send_to_targets(original: Any, rule: Rule, original_event: Event, transform_input: bool = True) -> None:  # noqa: ANN401
    """Delivers to functions and queues as AWS does; leaves other targets to moto."""
    if rule.state == "DISABLED" or not rule.event_pattern.get_pattern():
        return
    event = _event(original_event)
    if not rule.event_pattern.matches_event(event):
        return
    for target in list(rule.targets):
        service = target["Arn"].split(":")[2]
        if service not in ("lambda", "sqs"):
            other = copy.copy(rule)
            other.targets = [target]
            original(other, original_event, transform_input)
            continue
        try:
            (_deliver_to_function if service == "lambda" else _deliver_to_queue)(rule, target, event)
        except UndeliverableError as error:
            _deliver_to_dead_letters(rule, target, event, error)


def _event(original: Event) -> Event:
    """https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""
    time = original["time"]
    moment = time if isinstance(time, datetime) else datetime.fromtimestamp(float(time), UTC)
    text = moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {**{name: value for name, value in original.items() if name != "ingestion-time"}, "time": text}


def _input(target: Target, event: Event) -> str:
    """What the target gets: the event, unless the target says otherwise."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(extract_json(target["InputPath"], event))
    if transformer := target.get("InputTransformer"):
        ingested = {**event, "ingestion-time": event["time"]}
        event = EventTemplateParser.parse(transformer["InputTemplate"], transformer.get("InputPathsMap", {}), ingested)
    return json.dumps(event)


def _deliver_to_function(rule: Rule, target: Target, event: Event) -> None:
    try:
        function = function_by_arn(target["Arn"])
    except UnknownFunctionException:
        raise UndeliverableError("NO_RESOURCE", f"Function not found: {target['Arn']}") from None
    if not service_may_invoke(function, SERVICE, rule.arn):
        raise UndeliverableError("NO_PERMISSIONS", f"{SERVICE} is not authorized to invoke {target['Arn']}")
    invoke(target["Arn"], _input(target, event).encode())


def _deliver_to_queue(rule: Rule, target: Target, event: Event) -> None:
    if queue_by_arn(target["Arn"]) is None:
        raise UndeliverableError("NO_RESOURCE", f"Queue not found: {target['Arn']}")
    if not _may_send(rule, target["Arn"]):
        raise UndeliverableError("NO_PERMISSIONS", f"{SERVICE} is not authorized to send to {target['Arn']}")
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    send(target["Arn"], _input(target, event), group_id=group)


def _may_send(rule: Rule, queue_arn: str) -> bool:
    return queue_accepts(queue_arn, SERVICE, {"aws:SourceArn": rule.arn, "aws:SourceAccount": rule.account_id})


def _deliver_to_dead_letters(rule: Rule, target: Target, event: Event, error: UndeliverableError) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"""
    queue_arn = target.get("DeadLetterConfig", {}).get("Arn")
    if queue_arn and _may_send(rule, queue_arn):
        attributes = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": str(error),
            "RETRY_ATTEMPTS": "0",
        }
        send(queue_arn, json.dumps(event), attributes)
