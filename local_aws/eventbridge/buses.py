"""EventBridge: what reaches a bus from outside, and the policies of buses."""

from typing import Any

from moto.events.models import EventBus, EventsBackend

from local_aws.patching import replaces


@replaces(
    EventsBackend,
    "put_events",
    because="moto lets anybody send events as if they were an AWS service",
    source="https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html",
    written_against="c56f6ac1",
)
def put_events(original: Any, backend: EventsBackend, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:  # noqa: ANN401
    """Refuses the sources of AWS."""
    answers = iter(original(backend, [entry for entry in entries if not _is_of_aws(entry)]))
    refusal = {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}
    return [refusal if _is_of_aws(entry) else next(answers) for entry in entries]


def _is_of_aws(entry: dict[str, Any]) -> bool:
    return str(entry.get("Source")).startswith("aws.")


@replaces(
    EventBus,
    "add_policy",
    because="moto adds the statements of a policy to the former ones, where AWS replaces the policy, "
    "and fails for a single statement that is not in a list",
    source="https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html",
    written_against="c3ac9217",
)
def add_policy(original: Any, bus: EventBus, policy: dict[str, Any]) -> None:  # noqa: ANN401
    """Replaces the policy."""
    statements = policy["Statement"]
    bus.remove_statements()
    original(bus, {"Statement": statements if isinstance(statements, list) else [statements]})


@replaces(
    EventBus,
    "add_permission",
    because="moto names everybody as the root of an account *",
    source="https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html",
    written_against="6d17bf37",
)
def add_permission(
    original: Any,  # noqa: ANN401
    bus: EventBus,
    statement_id: str,
    action: str,
    principal: Any,  # noqa: ANN401
    condition: dict[str, Any] | None,
) -> None:
    """Names everybody as policies do."""
    original(bus, statement_id, action, "*" if ":*:" in principal["AWS"] else principal, condition)
