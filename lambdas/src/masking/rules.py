"""What to do with which attribute."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Self, cast, get_args

from masking.errors import InvalidInput
from masking.paths import Part, Path, parse
from rotator.wording import listed

Method = Literal["hash", "email", "digits", "redact", "remove", "keep"]
METHODS: tuple[str, ...] = get_args(Method)


@dataclass(frozen=True)
class Rule:
    """`number` is the rule's place among all, in the order of their paths."""

    number: int
    text: str
    path: Path
    method: Method


Tree = dict[Part, "Tree | Rule"]
"""The rules by the parts of their paths."""


@dataclass(frozen=True)
class Rules:
    """All rules, in the order of their paths and as a tree."""

    in_order: tuple[Rule, ...]
    tree: Tree

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> Self:
        """From methods by path. Raises `InvalidInput`, also where a path lies within another."""
        rules = tuple(
            Rule(number, text, parse(text), _method(text, method))
            for number, (text, method) in enumerate(sorted(attributes.items()))
        )
        return cls(rules, _tree_of(rules))

    def __len__(self) -> int:
        return len(self.in_order)

    @property
    def leave_marks(self) -> bool:
        return any(rule.method == "digits" for rule in self.in_order)


def _tree_of(rules: Iterable[Rule]) -> Tree:
    root: Tree = {}
    # The shorter of two paths comes first.
    for rule in sorted(rules, key=lambda rule: len(rule.path)):
        tree = root
        for part in rule.path[:-1]:
            branch = tree.setdefault(part, {})
            if isinstance(branch, Rule):
                raise _nested(rule, branch)
            tree = branch
        found = tree.setdefault(rule.path[-1], rule)
        if isinstance(found, Rule) and found is not rule:
            raise _nested(rule, found)
    return root


def _method(path: str, method: str) -> Method:
    if method not in METHODS:
        raise InvalidInput(f"The method {method!r} of {path} is none of {listed(METHODS)}")
    return cast(Method, method)


def _nested(inner: Rule, outer: Rule) -> InvalidInput:
    return InvalidInput(f"{inner.text} is within {outer.text}, and an attribute has one method: leave one of them out")
