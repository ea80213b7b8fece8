"""EventBridge: deliveries to functions, queues and buses, with AWS's permissions, retries and dead-letter queues."""

import copy
import json
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.core.utils import unix_time
from moto.events.models import EventBus, Rule, events_backends
from moto.events.utils import EventTemplateParser
from moto.stepfunctions.parser.asl.utils.json_path import extract_json

from local_aws.eventbridge.deliveries import DeliveryError, deliver, with_faults
from local_aws.fault_injection import Call, strike_call
from local_aws.iam.enforcement import role_may, role_trusts
from local_aws.lambda_functions.functions import function_by_arn, service_may_invoke
from local_aws.lambda_functions.invocations import invoke, send
from local_aws.patching import replaces
from local_aws.policies import Decision, decide_for_principal
from local_aws.settings import settings
from local_aws.sqs.queues import queue_accepts, queue_by_arn

SERVICE = "events.amazonaws.com"

INTERNAL = ("ingestion-time", "forwarded")
"""What an event has on its way only."""

Target = dict[str, Any]
Event = dict[str, Any]


def emit(account: str, region: str, source: str, detail_type: str, resources: list[str], detail: Event) -> None:
    """Puts an event of an AWS service on the default bus, unless a fault loses it or makes it late."""
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": unix_time(),
        "region": region,
        "resources": resources,
        "detail": detail,
        "ingestion-time": unix_time(),
    }
    fault = strike_call(Call(source, detail_type, None, json.dumps(event)))
    if fault and fault.fails:
        return
    seconds = fault.seconds if fault else 0.0
    if source == "aws.backup":
        seconds += settings.backup_event_seconds
    bus = events_backends[account][region].event_buses["default"]
    if seconds:
        late = threading.Timer(seconds, _receive, (bus, event))
        late.daemon = True
        late.start()
    else:
        _receive(bus, event)


def _receive(bus: EventBus, event: Event) -> None:
    for rule in list(bus.rules.values()):
        rule.send_to_targets(event)


@replaces(
    Rule,
    "send_to_targets",
    because="moto knows no functions as targets, no permissions, no retries and no dead-letter queues, heeds rules "
    "that are disabled, takes a rule with a schedule for one that matches every event, and forwards events as if they "
    "were the receiver's own",
    source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html",
    written_against="472e002e",
)
def send_to_targets(original: Any, rule: Rule, original_event: Event, transform_input: bool = True) -> None:  # noqa: ANN401
    """Delivers to functions, queues and buses as AWS does; leaves other targets to moto."""
    if rule.state == "DISABLED" or not rule.event_pattern.get_pattern():
        return
    if not rule.event_pattern.matches_event(_event(original_event)):
        return
    for target in list(rule.targets):
        attempt = _ATTEMPTS.get(_kind(target["Arn"]))
        if attempt is None:
            other = copy.copy(rule)
            other.targets = [target]
            original(other, original_event, transform_input)
        else:
            _deliver(attempt, rule, target, original_event)


def _deliver(attempt: Callable[[Rule, Target, Event], None], rule: Rule, target: Target, event: Event) -> None:
    def give_up(failure: dict[str, str]) -> None:
        queue_arn = target.get("DeadLetterConfig", {}).get("Arn")
        if queue_arn and _may_send(rule, queue_arn):
            attributes = {"RULE_ARN": rule.arn, "TARGET_ARN": target["Arn"], **failure}
            send(queue_arn, json.dumps(_event(event)), attributes)

    deliver(lambda _: attempt(rule, target, event), target.get("RetryPolicy", {}), give_up)


def _kind(arn: str) -> str:
    _, _, service, _, _, resource = arn.split(":", 5)
    return "event-bus" if resource.startswith("event-bus/") else service


def _event(original: Event) -> Event:
    """https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""
    time = original["time"]
    moment = time if isinstance(time, datetime) else datetime.fromtimestamp(float(time), UTC)
    text = moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {**{name: value for name, value in original.items() if name not in INTERNAL}, "time": text}


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
    arn = target["Arn"]
    try:
        function = function_by_arn(arn)
    except UnknownFunctionException:
        raise DeliveryError("NO_RESOURCE", f"Function not found: {arn}") from None
    if not service_may_invoke(function, SERVICE, rule.arn):
        raise DeliveryError("NO_PERMISSIONS", f"{SERVICE} is not authorized to invoke {arn}")
    payload = _input(target, _event(event))
    with_faults(Call("lambda", "Invoke", None, payload), lambda: invoke(arn, payload.encode()))


def _deliver_to_queue(rule: Rule, target: Target, event: Event) -> None:
    arn = target["Arn"]
    if queue_by_arn(arn) is None:
        raise DeliveryError("NO_RESOURCE", f"Queue not found: {arn}")
    if not _may_send(rule, arn):
        raise DeliveryError("NO_PERMISSIONS", f"{SERVICE} is not authorized to send to {arn}")
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    message = _input(target, _event(event))
    with_faults(Call("sqs", "SendMessage", None, message), lambda: send(arn, message, group_id=group))


def _may_send(rule: Rule, queue_arn: str) -> bool:
    return queue_accepts(queue_arn, SERVICE, {"aws:SourceArn": rule.arn, "aws:SourceAccount": rule.account_id})


def _deliver_to_bus(rule: Rule, target: Target, event: Event) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html"""
    arn, role = target["Arn"], target.get("RoleArn")
    if event.get("forwarded"):
        raise DeliveryError("THIRD_ACCOUNT_HOP_DETECTED", f"the event was forwarded before, and not to {arn}")
    _, _, _, region, account, resource = arn.split(":")
    bus = events_backends[account][region].event_buses.get(resource.removeprefix("event-bus/"))
    if bus is None:
        raise DeliveryError("NO_RESOURCE", f"Event bus not found: {arn}")
    if not role or not role_trusts(role, SERVICE, rule.arn):
        raise DeliveryError("FAILED_TO_ASSUME_ROLE", f"{SERVICE} may not assume the role {role}")
    context = {
        "aws:SourceArn": rule.arn,
        "aws:SourceAccount": rule.account_id,
        "events:source": event["source"],
        "events:detail-type": event["detail-type"],
    }
    may_put = role_may(role, "events:PutEvents", arn, context)
    decision = decide_for_principal(bus.policy or {}, role, "events:PutEvents", arn, context)
    # Roles of the same account need no permission from the policy of the bus.
    lets_in = decision is Decision.ALLOWED or (account == rule.account_id and decision is Decision.NOT_ALLOWED)
    if not (may_put and lets_in):
        raise DeliveryError("NO_PERMISSIONS", f"{role} is not authorized to perform: events:PutEvents on {arn}")
    forwarded = {**event, "forwarded": True}
    call = Call("events", "PutEvents", role.rsplit("/", 1)[-1], json.dumps(_event(event)))
    with_faults(call, lambda: _receive(bus, forwarded))


_ATTEMPTS: dict[str, Callable[[Rule, Target, Event], None]] = {
    "lambda": _deliver_to_function,
    "sqs": _deliver_to_queue,
    "event-bus": _deliver_to_bus,
}
