"""EventBridge: the patterns of rules."""

from collections.abc import Iterator
from typing import Any

from moto.events.exceptions import InvalidEventPatternException
from moto.events.models import EventPatternParser

from local_aws.patching import replaces

OPERATORS = {"anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard"}


@replaces(
    EventPatternParser,
    "parse",
    because="moto takes an unknown operator for one that matches everything",
    source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html",
    written_against="2681906d",
)
def parse(original: Any, parser: EventPatternParser) -> dict[str, Any]:  # noqa: ANN401
    """Refuses an unknown operator."""
    pattern: dict[str, Any] = original(parser)
    for operator in _operators(pattern):
        if operator not in OPERATORS:
            raise InvalidEventPatternException(f"Unrecognized match type {operator}")
    return pattern


def _operators(pattern: dict[str, Any]) -> Iterator[str]:
    for name, value in pattern.items():
        if isinstance(value, dict):
            yield from _operators(value)
            continue
        for alternative in value:
            if isinstance(alternative, dict):
                yield from _operators(alternative) if name == "$or" else alternative
