"""What the rules make of an item."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from masking.keys import Keys
from masking.methods import Item, Value, contains_digits, masked
from masking.paths import Elements, Part, Path
from masking.rules import Rule, Rules, Tree
from rotator.ownership import PREFIX

MARK: Final = f"{PREFIX}digits-masked"
"""The attribute of items whose digits are masked, as nothing else shows. It is removed in the end."""

_MARKED: Value = {"BOOL": True}


@dataclass(frozen=True)
class Changes:
    """Of an item: the attributes that get another value, and those that are removed."""

    replaced: Item
    removed: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.replaced or self.removed)

    def applied_to(self, item: Item) -> Item:
        return {name: value for name, value in item.items() if name not in self.removed} | self.replaced


def changes_of(item: Item, rules: Rules, keys: Keys) -> Changes:
    """What remains to be done for the item to be masked: nothing where it is. Raises `UnsupportedType`."""
    marked = MARK in item
    replaced: Item = {}
    removed: set[str] = set()
    digits_masked = False
    for name, branch in rules.tree.items():
        if not isinstance(name, str) or name not in item:
            continue
        value = item[name]
        new, has_digits = _masked(value, branch, keys, marked)
        digits_masked |= has_digits
        if new is None:
            removed.add(name)
        elif new is not value:
            replaced[name] = new
    if digits_masked:
        replaced[MARK] = _MARKED
    return Changes(replaced, frozenset(removed))


def _masked(value: Value, branch: Tree | Rule, keys: Keys, marked: bool) -> tuple[Value | None, bool]:
    """The value masked, `None` to remove it, and whether digits were."""
    if isinstance(branch, Rule):
        if branch.method != "digits":
            return masked(branch, value, keys), False
        if marked:
            return value, False
        return masked(branch, value, keys), contains_digits(value)
    ((kind, content),) = value.items()
    if kind == "M":
        return _masked_map(value, content, branch, keys, marked)
    if kind == "L" and Elements.ALL in branch:
        return _masked_list(value, content, branch[Elements.ALL], keys, marked)
    return value, False


def _masked_map(value: Value, content: Item, tree: Tree, keys: Keys, marked: bool) -> tuple[Value | None, bool]:
    entries = dict(content)
    changed = digits_masked = False
    for name, branch in tree.items():
        if not isinstance(name, str) or name not in content:
            continue
        new, has_digits = _masked(content[name], branch, keys, marked)
        digits_masked |= has_digits
        if new is content[name]:
            continue
        changed = True
        if new is None:
            del entries[name]
        else:
            entries[name] = new
    return ({"M": entries} if changed else value), digits_masked


def _masked_list(
    value: Value, content: list[Value], branch: Tree | Rule, keys: Keys, marked: bool
) -> tuple[Value | None, bool]:
    results = [_masked(element, branch, keys, marked) for element in content]
    elements = [new for new, _ in results if new is not None]
    same = len(elements) == len(content) and all(new is old for new, old in zip(elements, content, strict=True))
    return (value if same else {"L": elements}), any(has_digits for _, has_digits in results)


def found(item: Item, rules: Rules) -> Iterator[tuple[Rule, Value]]:
    """Each value that the path of a rule leads to."""
    yield from _found({"M": item}, rules.tree)


def _found(value: Value, branch: Tree | Rule) -> Iterator[tuple[Rule, Value]]:
    if isinstance(branch, Rule):
        yield branch, value
        return
    ((kind, content),) = value.items()
    if kind == "M":
        for name, inner in branch.items():
            if name in content:
                yield from _found(content[name], inner)
    elif kind == "L" and Elements.ALL in branch:
        for element in content:
            yield from _found(element, branch[Elements.ALL])


def is_masked(rule: Rule, value: Value, item: Item, keys: Keys) -> bool:
    """Whether the value in the item is one that the rule has nothing left to do with. Raises `UnsupportedType`."""
    if rule.method == "digits":
        return MARK in item or not contains_digits(value)
    return masked(rule, value, keys) is value


def leaves(item: Item) -> Iterator[tuple[Path, str]]:
    """The path and the type of each value that contains no others, without the mark."""
    for path, value in _uncovered({"M": {name: value for name, value in item.items() if name != MARK}}, {}, ()):
        (kind,) = value
        yield path, kind


def unlisted(item: Item, rules: Rules) -> Iterator[Path]:
    """The paths of values that no rule lists.

    A value that contains nothing, such as an empty map or a null, counts as listed where rules list what is within it.
    """
    for path, _ in _uncovered({"M": {name: value for name, value in item.items() if name != MARK}}, rules.tree, ()):
        yield path


def _uncovered(value: Value, tree: Tree, path: Path) -> Iterator[tuple[Path, Value]]:
    ((kind, content),) = value.items()
    parts: list[tuple[Part, Any]] = []
    if kind == "M":
        parts = list(content.items())
    elif kind == "L":
        parts = [(Elements.ALL, element) for element in content]
    elif tree and kind != "NULL":
        yield path, value
        return
    if not parts and not tree and path:
        yield path, value
    for part, inner in parts:
        branch = tree.get(part, {})
        if not isinstance(branch, Rule):
            yield from _uncovered(inner, branch, (*path, part))
