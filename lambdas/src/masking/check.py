"""Checks, before the first write, that the table is a copy and that the rules suit its keys. Makes the segments."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from masking.errors import IndexKeyRemoved, InvalidInput, KeyMethodNotRecognisable, NotACopy
from masking.methods import check_type
from masking.rules import METHODS, Rule, Rules
from masking.settings import MaskingSettings
from masking.state import CheckTableInput, CheckTableOutput, Table
from rotator.clients import Clients
from rotator.indexes import indexes_of
from rotator.logs import logger
from rotator.ownership import TABLE_ID, is_claimed, tags_of
from rotator.table_description import describe_table
from rotator.timestamps import TABLE_NAME_SUFFIX_PATTERN
from rotator.wording import quoted

# A second run recognises their masks.
_METHODS_OF_TABLE_KEYS = ("hash", "email", "keep")
# An index does not contain items without its key.
_METHODS_OF_INDEX_KEYS = tuple(method for method in METHODS if method != "remove")

_BY_HAND = '{"TargetTableName": "<name of a copy>", "DryRun": true}'


def check_table(received: CheckTableInput, settings: MaskingSettings, clients: Clients) -> CheckTableOutput:
    """Raises `InvalidInput`, `NotACopy`, `KeyMethodNotRecognisable`, `IndexKeyRemoved`, `UnsupportedType`."""
    name, dry_run = _read(received)
    description = _describe_copy(name, clients)
    _check_rules(settings.rules, description)
    table: Table = {"Name": name, "Key": _key_of(description)}
    logger.info("Table checked", table=name, dry_run=dry_run, segments=settings.workers)
    return {
        "TableName": name,
        "DryRun": dry_run,
        "RemoveMarks": settings.rules.leave_marks,
        "Segments": [
            {
                "Table": table,
                "Number": number,
                "Of": settings.workers,
                "Position": None,
                "Done": False,
                "Settings": settings.fingerprint,
                "Counts": {},
            }
            for number in range(settings.workers)
        ],
    }


def _read(received: CheckTableInput) -> tuple[str, bool]:
    given: Any = received["Input"]
    name, dry_run = (given.get("TargetTableName"), given.get("DryRun", False)) if isinstance(given, dict) else (0, 0)
    if not isinstance(name, str) or not isinstance(dry_run, bool):
        raise InvalidInput(
            f"The input of this execution is neither that of a hook nor {_BY_HAND}, where DryRun may be left out: "
            f"{quoted(given)}"
        )
    return name, dry_run


def _describe_copy(name: str, clients: Clients) -> dict[str, Any]:
    """What DynamoDB says of a table that a rotation created and nobody has replaced since."""
    if not re.search(f"{TABLE_NAME_SUFFIX_PATTERN}$", name):
        raise NotACopy(f"{name!r} is not the name of a copy, which ends as in orders-20261129-02-07-00")
    description = describe_table(name, clients.dynamodb)
    if description is None:
        raise NotACopy(f"The table {name} does not exist: nothing was written")
    tags = tags_of(description["TableArn"], clients.dynamodb)
    if not is_claimed(tags) or tags.get(TABLE_ID) != description["TableId"]:
        raise NotACopy(
            f"The table {name} has the name of a copy, but not the tags that a rotation gives its copies. Only copies "
            "are masked: nothing was written."
        )
    return description


def _check_rules(rules: Rules, description: Mapping[str, Any]) -> None:
    key = _key_of(description)
    for name in key:
        for rule in _rules_of_key(name, rules):
            if rule.method not in _METHODS_OF_TABLE_KEYS:
                raise KeyMethodNotRecognisable(
                    f"{name} is part of the key of {description['TableName']}, so {rule.method} does not suit it: "
                    f"choose one of {', '.join(_METHODS_OF_TABLE_KEYS)}, which a second run leaves as they are"
                )
    for index, name in _keys_of_indexes(description):
        for rule in _rules_of_key(name, rules):
            if rule.method not in _METHODS_OF_INDEX_KEYS:
                raise IndexKeyRemoved(
                    f"{name} is a key of the index {index} of {description['TableName']}, which would lose every item "
                    "without it. Choose another method, or leave the index out of the restore."
                )
    for attribute in description["AttributeDefinitions"]:
        name = attribute["AttributeName"]
        for rule in _rules_of_key(name, rules):
            check_type(
                rule, attribute["AttributeType"], _METHODS_OF_TABLE_KEYS if name in key else _METHODS_OF_INDEX_KEYS
            )


def _rules_of_key(name: str, rules: Rules) -> Iterator[Rule]:
    """Raises `InvalidInput` where a path leads into the attribute, since a key contains no others."""
    for rule in rules.in_order:
        if rule.path[0] != name:
            continue
        if len(rule.path) > 1:
            raise InvalidInput(f"{rule.text} leads into {name}, which is a key and has no parts: write {name}")
        yield rule


def _key_of(description: Mapping[str, Any]) -> list[str]:
    """The partition key comes first (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_KeySchemaElement.html)."""
    elements = sorted(description["KeySchema"], key=lambda element: element["KeyType"])
    return [element["AttributeName"] for element in elements]


def _keys_of_indexes(description: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The name of an index, and of an attribute by which it finds items."""
    for name, index in indexes_of(description).items():
        for element in [*index.get("KeySchema", []), *index.get("SearchSchema", [])]:
            yield name, element["AttributeName"]
