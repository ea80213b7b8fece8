"""What the rules make of an item."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from masking.keys import Keys, mac
from masking.methods import Item, Value, contains_digits, masked
from masking.paths import Elements, Part, Path
from masking.rules import Rule, Rules, Tree

# With rotator.ownership.PREFIX, which would load all that is about rotations at each cold start.
MARK: Final = "backup-dynamodb-rotator:digits-masked"
"""The attribute of an item that shows whose digits are masked, as nothing else does: `_mark_of` each of their rules.
Removed in the end."""

MOST_CHANGES: Final = 140
"""How many attributes one write changes. The condition that they are as they were read has two operators for each, and
DynamoDB allows 300 (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)."""


@dataclass(frozen=True)
class Changes:
    """Of an item: the attributes that get another value, and those that are removed."""

    replaced: Item
    removed: frozenset[str]

    def __len__(self) -> int:
        return len(self.replaced) + len(self.removed)

    def applied_to(self, item: Item) -> Item:
        return {name: value for name, value in item.items() if name not in self.removed} | self.replaced


@dataclass(frozen=True)
class _Masking:
    """Of one item: the marks of digits that were masked before, and of those that are masked now."""

    keys: Keys
    table: str
    marks_before: frozenset[str]
    marks_now: set[str] = field(default_factory=set)


def changes_of(item: Item, rules: Rules, keys: Keys, table: str) -> Changes:
    """What remains to be done for the item of this table to be masked: nothing where it is. Raises `UnsupportedType`.

    Of `MOST_CHANGES` or more, these are the first. The rest is what remains of the item with these.
    """
    masking = _Masking(keys, table, _marks_in(item))
    replaced: Item = {}
    removed: set[str] = set()
    if MARK in item and not rules.leave_marks:
        # Of an earlier run, which had other rules.
        removed.add(MARK)
    for name, branch in rules.tree.items():
        if len(replaced) + len(removed) == MOST_CHANGES:
            break
        if not isinstance(name, str) or name not in item:
            continue
        new = _masked(item[name], branch, masking)
        if new is None:
            removed.add(name)
        elif new is not item[name]:
            replaced[name] = new
    if masking.marks_now:
        replaced[MARK] = {"SS": sorted(masking.marks_before | masking.marks_now)}
    return Changes(replaced, frozenset(removed))


def _marks_in(item: Item) -> frozenset[str]:
    return frozenset(item.get(MARK, {}).get("SS", ()))


def _mark_of(rule: Rule, keys: Keys, table: str) -> str:
    """Nobody else can make it, and it holds for this table only: an item may bring marks along from where it was."""
    # The name of a table contains no zero byte.
    return mac(keys.mark, f"{table}\0{rule.text}".encode()).hex()[:16]


def _masked(value: Value, branch: Tree | Rule, masking: _Masking) -> Value | None:
    """The value masked, or `None` to remove it."""
    if isinstance(branch, Rule):
        return _masked_by(branch, value, masking)
    ((kind, content),) = value.items()
    if kind == "M":
        return _masked_map(value, content, branch, masking)
    if kind == "L" and Elements.ALL in branch:
        return _masked_list(value, content, branch[Elements.ALL], masking)
    return value


def _masked_by(rule: Rule, value: Value, masking: _Masking) -> Value | None:
    if rule.method != "digits":
        return masked(rule, value, masking.keys)
    mark = _mark_of(rule, masking.keys, masking.table)
    if mark in masking.marks_before:
        return value
    new = masked(rule, value, masking.keys)
    if not contains_digits(value):
        return new
    masking.marks_now.add(mark)
    # Another object even where each digit happens to stay: so the attribute is compared before the mark is set.
    return new and {**new}


def _masked_map(value: Value, content: Item, tree: Tree, masking: _Masking) -> Value:
    entries = dict(content)
    changed = False
    for name, branch in tree.items():
        if not isinstance(name, str) or name not in content:
            continue
        new = _masked(content[name], branch, masking)
        if new is content[name]:
            continue
        changed = True
        if new is None:
            del entries[name]
        else:
            entries[name] = new
    return {"M": entries} if changed else value


def _masked_list(value: Value, content: list[Value], branch: Tree | Rule, masking: _Masking) -> Value:
    results = [_masked(element, branch, masking) for element in content]
    same = all(new is old for new, old in zip(results, content, strict=True))
    return value if same else {"L": [new for new in results if new is not None]}


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


def is_masked(rule: Rule, value: Value, item: Item, keys: Keys, table: str) -> bool:
    """Whether the value in the item is one that the rule has nothing left to do with. Raises `UnsupportedType`."""
    if rule.method == "digits":
        return not contains_digits(value) or _mark_of(rule, keys, table) in _marks_in(item)
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
