"""What each method does to the types of DynamoDB: pure functions of the keys and a value, which never change its type.

Values have the form of DynamoDB's API
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html). A value that needs no change
is returned as it is, the very same object.
"""

from collections.abc import Callable
from typing import Any

from masking.errors import UnsupportedType
from masking.keys import Keys
from masking.rules import Rule
from masking.texts import has_digits, hashed, with_digits_masked, with_emails_masked, with_number_masked

Value = dict[str, Any]
Item = dict[str, Value]

REDACTED: Value = {
    "S": "redacted",
    "N": "0",
    "B": b"redacted",
    "BOOL": False,
    "SS": ["redacted"],
    "NS": ["0"],
    "BS": [b"redacted"],
    "L": [],
    "M": {},
    "NULL": True,
}

_NAMES_OF_TYPES = {
    "S": "string",
    "N": "number",
    "B": "binary",
    "BOOL": "boolean",
    "SS": "string set",
    "NS": "number set",
    "BS": "binary set",
    "L": "list",
    "M": "map",
    "NULL": "null",
}
# What a method does not apply to. Neither an address nor a digit is in the types that it leaves alone.
_UNSUPPORTED = {
    "hash": {"N", "B", "BOOL", "NS", "BS"},
    "email": {"B", "BS"},
    "digits": {"B", "BS"},
}
_METHODS_OF_ANY_TYPE = ("redact", "remove", "keep")


def check_type(rule: Rule, kind: str) -> None:
    """Raises `UnsupportedType`, with the methods that apply to this type."""
    if kind in _UNSUPPORTED.get(rule.method, ()):
        applicable = [method for method, kinds in _UNSUPPORTED.items() if kind not in kinds]
        raise UnsupportedType(
            f"{rule.text} is or contains a {_NAMES_OF_TYPES[kind]}, which {rule.method} does not apply to. "
            f"Choose one of {', '.join([*applicable, *_METHODS_OF_ANY_TYPE])}."
        )


def masked(rule: Rule, value: Value, keys: Keys) -> Value | None:
    """The value as the rule wants it: `None` to remove it. Raises `UnsupportedType`."""
    match rule.method:
        case "hash":
            return _each(value, rule, lambda text: hashed(text, keys.hash), None)
        case "email":
            return _each(value, rule, lambda text: with_emails_masked(text, keys.email), None)
        case "digits":
            return _each(
                value,
                rule,
                lambda text: with_digits_masked(text, keys.digits),
                lambda number: with_number_masked(number, keys.digits),
            )
        case "redact":
            return _redacted(value)
        case "remove":
            return None
        case "keep":
            return value


def contains_digits(value: Value) -> bool:
    """Whether there is something in the value that `digits` masks."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "N":
            return has_digits(content)
        case "SS" | "NS":
            return any(map(has_digits, content))
        case "L":
            return any(map(contains_digits, content))
        case "M":
            return any(map(contains_digits, content.values()))
    return False


def _redacted(value: Value) -> Value:
    (kind,) = value
    constant = {kind: REDACTED[kind]}
    return value if value == constant else constant


def _each(value: Value, rule: Rule, of_text: Callable[[str], str], of_number: Callable[[str], str] | None) -> Value:
    """The value with each text in it replaced, and each number if there is something to replace it by."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            replaced: Any = of_text(content)
        case "SS":
            replaced = _set(content, of_text)
        case "N" if of_number:
            replaced = of_number(content)
        case "NS" if of_number:
            replaced = _set(content, of_number)
        case "L":
            replaced = [_each(element, rule, of_text, of_number) for element in content]
        case "M":
            replaced = {name: _each(entry, rule, of_text, of_number) for name, entry in content.items()}
        case _:
            check_type(rule, kind)
            return value
    return value if replaced == content else {kind: replaced}


def _set(elements: list[str], mask: Callable[[str], str]) -> list[str]:
    """A set has no order, and shrinks where two of its elements get one mask."""
    replaced = {mask(element) for element in elements}
    return elements if replaced == {*elements} else sorted(replaced)
