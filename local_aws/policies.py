"""Evaluates IAM policy documents, as the IAM user guide describes.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from typing import Any

Document = str | Mapping[str, Any]
Context = Mapping[str, str | list[str]]


class UnsupportedPolicyError(Exception):
    """A policy uses an element that is not evaluated here. Ignoring it would allow or deny by accident."""


class Decision(Enum):
    """The verdict of a set of policies on one action on one resource."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "not allowed"
    DENIED = "denied"


def decide(policies: Iterable[Document], action: str, resource: str, context: Context) -> Decision:
    """The verdict of identity policies or of a permissions boundary; an explicit deny wins."""
    return _verdict(_statements(policies), action, resource, context)


def service_may(policy: Document, service: str, action: str, resource: str, context: Context) -> bool:
    """Whether a resource policy or a trust policy lets an AWS service such as `sns.amazonaws.com` act."""
    effects = {
        statement["Effect"]
        for statement in _statements([policy])
        if _names_service(statement.get("Principal"), service) and _covers(statement, action, resource, context)
    }
    return effects == {"Allow"}


def decide_for_principal(policy: Document, principal: str, action: str, resource: str, context: Context) -> Decision:
    """The verdict of a resource policy or a trust policy on a role, or on a whole account: `arn:aws:iam::…:root`."""
    _, partition, _, _, account, _ = principal.split(":")
    # A permission for everybody that was given without a policy names the account `*`.
    roots = {f"arn:{partition}:iam::{number}:root" for number in (account, "*")}
    named = {principal, account, "*", *roots}
    statements = [one for one in _statements([policy]) if named & set(_principals(one.get("Principal")))]
    context = {"aws:PrincipalArn": principal, "aws:PrincipalAccount": account, **context}
    return _verdict(statements, action, resource, context)


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether the value matches a pattern in which `*` and `?` are wildcards."""
    return _expression(pattern, ignore_case).fullmatch(value) is not None


@cache
def _expression(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _statements(policies: Iterable[Document]) -> Iterable[Mapping[str, Any]]:
    for policy in policies:
        document = _parsed(policy) if isinstance(policy, str) else policy
        yield from _listed(document.get("Statement", []))


@cache
def _parsed(policy: str) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(policy)
    return document


def _verdict(statements: Iterable[Mapping[str, Any]], action: str, resource: str, context: Context) -> Decision:
    effects = {statement["Effect"] for statement in statements if _covers(statement, action, resource, context)}
    if "Deny" in effects:
        return Decision.DENIED
    return Decision.ALLOWED if "Allow" in effects else Decision.NOT_ALLOWED


def _listed(value: Any) -> list[Any]:  # noqa: ANN401
    return value if isinstance(value, list) else [value]


def _names_service(principal: Any, service: str) -> bool:  # noqa: ANN401
    if isinstance(principal, Mapping):
        return service in _listed(principal.get("Service", [])) or "*" in _listed(principal.get("AWS", []))
    return principal in ("*", service)


def _principals(principal: Any) -> list[str]:  # noqa: ANN401
    return _listed(principal.get("AWS", []) if isinstance(principal, Mapping) else principal)


def _covers(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    if "NotPrincipal" in statement:
        raise UnsupportedPolicyError("NotPrincipal in a policy")
    return (
        _named(statement, "Action", lambda pattern: matches(pattern, action, ignore_case=True))
        and _named(statement, "Resource", lambda pattern: matches(_filled(pattern, context), resource))
        and all(
            _holds(operator, _listed(wanted), _value(context, key), context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _named(statement: Mapping[str, Any], element: str, matched: Callable[[str], bool]) -> bool:
    if f"Not{element}" in statement:
        return not any(map(matched, _listed(statement[f"Not{element}"])))
    # Trust policies have no Resource: they belong to one role.
    return any(map(matched, _listed(statement[element]))) if element in statement else element == "Resource"


def _value(context: Context, key: str) -> str | list[str] | None:
    return {name.lower(): value for name, value in context.items()}.get(key.lower())


def _filled(pattern: str, context: Context) -> str:
    """The pattern with its policy variables, such as `${aws:PrincipalAccount}`, replaced."""

    def variable(match: re.Match[str]) -> str:
        value = _value(context, match[1])
        if not isinstance(value, str):
            raise UnsupportedPolicyError(f"the policy variable {match[0]}")
        return value

    return re.sub(r"\$\{([^}]*)\}", variable, pattern)


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, actual: wanted == actual,
    "StringEqualsIgnoreCase": lambda wanted, actual: wanted.lower() == actual.lower(),
    "StringLike": matches,
    # AWS documents that ArnEquals and ArnLike behave identically.
    "ArnEquals": matches,
    "ArnLike": matches,
    "Bool": lambda wanted, actual: wanted.lower() == actual.lower(),
}


def _holds(operator: str, wanted: list[Any], actual: str | list[str] | None, context: Context) -> bool:
    if operator == "Null":
        return (actual is None) == (str(wanted[0]).lower() == "true")
    name = operator.removesuffix("IfExists")
    quantifier, _, name = name.rpartition(":")
    negated = "Not" in name
    compare = _COMPARISONS.get(name.replace("Not", ""))
    if compare is None or quantifier not in ("", "ForAnyValue", "ForAllValues"):
        raise UnsupportedPolicyError(f"the condition operator {operator}")
    if actual is None:
        return operator.endswith("IfExists") or quantifier == "ForAllValues" or (negated and not quantifier)
    patterns = [_filled(str(value), context) for value in wanted]
    results = [any(compare(pattern, value) for pattern in patterns) != negated for value in _listed(actual)]
    return all(results) if quantifier == "ForAllValues" else any(results)
