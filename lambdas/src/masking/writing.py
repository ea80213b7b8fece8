"""Writes a masked item in the place of the original, unless that was deleted or changed since it was read."""

import json
import uuid
from typing import TYPE_CHECKING, Any, NoReturn

from botocore.exceptions import ClientError

from masking.errors import KeysCollide
from masking.items import MOST_CHANGES, Changes, changes_of
from masking.keys import Keys, mac
from masking.methods import Item, Value
from masking.patience import patiently
from masking.state import Table
from masking.work import Work
from rotator.aws_errors import code_of, translated_errors
from rotator.errors import NotYet

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

# An expression has at most 300 operators and functions, two of them for each attribute, and 4 KB
# (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters).
_MOST_COMPARED = 149

_THROTTLED_REASONS = {"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"}
# Another write of the same item is under way.
_CONFLICTS = {"TransactionConflictException", "TransactionInProgressException"}


class _Unwritten(Exception):
    """The item is not as it was read. `now` is what it is, and `None` where it is gone."""

    def __init__(self, now: Item | None) -> None:
        super().__init__()
        self.now = now


def write_masked(item: Item, changes: Changes, table: Table, work: Work) -> float | None:
    """Writes the changes of an item as it was read, or masks it as it is by now.

    Returns the write units that it took, or `None` where nothing was left to write. Raises `KeysCollide`,
    `UnsupportedType`, `TimeIsUp`, or what `translated_errors` raises.
    """
    units = None
    while changes:
        try:
            units = (units or 0) + _write(item, changes, table, work)
        except _Unwritten as unwritten:
            if unwritten.now is None:
                break
            item = unwritten.now
        else:
            if len(changes) < MOST_CHANGES:
                break
            item = changes.applied_to(item)
        changes = changes_of(item, work.settings.rules, work.keys, table["Name"])
    return units


def _write(item: Item, changes: Changes, table: Table, work: Work) -> float:
    """Returns the write units that it took. Raises `_Unwritten`."""
    if any(name in changes.replaced for name in table["Key"]):
        return _move(item, changes, table, work)
    return _update(item, changes, table, work)


def _update(item: Item, changes: Changes, table: Table, work: Work) -> float:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html."""
    expression = _Expression()
    condition = expression.unchanged(item, table, [*changes.replaced, *changes.removed])
    assignments = [f"{expression.name(name)}={expression.value(value)}" for name, value in changes.replaced.items()]
    update = "SET " + ",".join(assignments) if assignments else ""
    if changes.removed:
        update += " REMOVE " + ",".join(map(expression.name, sorted(changes.removed)))
    dynamodb = work.clients.dynamodb

    def write() -> float:
        with translated_errors():
            try:
                response = dynamodb.update_item(
                    TableName=table["Name"],
                    Key=_key(item, table),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    ReturnConsumedCapacity="TOTAL",
                    **expression.parameters,
                )
            except dynamodb.exceptions.ConditionalCheckFailedException as error:
                raise _Unwritten(_item_in(error.response)) from None
            except ClientError as error:
                _raise_conflict(error)
                raise
        return response["ConsumedCapacity"]["CapacityUnits"]

    return patiently(write, work.time_limit)


def _move(item: Item, changes: Changes, table: Table, work: Work) -> float:
    """Writes the item under its new key and deletes the old one, both or neither.

    The token tells DynamoDB that a call is one whose response was lost
    (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html).
    """
    moved = changes.applied_to(item)
    partition_key = table["Key"][0]
    expression = _Expression()
    others = [name for name in item if name not in table["Key"]]
    condition = expression.unchanged(item, table, sorted(others, key=lambda name: name not in changes.replaced))
    dynamodb = work.clients.dynamodb
    token = str(uuid.uuid4())
    put: TransactWriteItemTypeDef = {
        "Put": {
            "TableName": table["Name"],
            "Item": moved,
            "ConditionExpression": "attribute_not_exists(#k)",
            "ExpressionAttributeNames": {"#k": partition_key},
        }
    }
    delete: Any = {
        "Delete": {
            "TableName": table["Name"],
            "Key": _key(item, table),
            "ConditionExpression": condition,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **expression.parameters,
        }
    }

    def write() -> float:
        with translated_errors():
            try:
                response = dynamodb.transact_write_items(
                    TransactItems=[put, delete], ClientRequestToken=token, ReturnConsumedCapacity="TOTAL"
                )
            except dynamodb.exceptions.TransactionCanceledException as error:
                _raise_reason(error, item, moved, table, work.keys)
            except ClientError as error:
                _raise_conflict(error)
                raise
        return sum(capacity["CapacityUnits"] for capacity in response["ConsumedCapacity"])

    return patiently(write, work.time_limit)


def _raise_reason(error: ClientError, item: Item, moved: Item, table: Table, keys: Keys) -> NoReturn:
    """Raises what the reasons of the two parts of a cancelled transaction mean, or the error with these reasons."""
    response: Any = error.response
    of_put, of_delete = response["CancellationReasons"]
    throttled = _THROTTLED_REASONS & {of_put["Code"], of_delete["Code"]}
    if of_delete["Code"] == "ConditionalCheckFailed":
        raise _Unwritten(_item_in(of_delete)) from None
    if throttled:
        raise NotYet(f"The transaction was cancelled: {', '.join(sorted(throttled))}") from None
    if of_put["Code"] == "ConditionalCheckFailed":
        raise KeysCollide(
            f"The item {_identity(item, table, keys)} of {table['Name']} would get the key of the item "
            f"{_identity(moved, table, keys)}, because the masks of their keys are the same. Delete one of them at the "
            "source, such as an address that is there twice in upper and lower case, or keep that attribute."
        ) from None
    # The error's own message only has the codes. None of these messages has a value of an item
    # (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#API_TransactWriteItems_Errors).
    reasons = [f"{reason['Code']}: {reason['Message']}" for reason in (of_put, of_delete) if reason.get("Message")]
    message = " ".join([response["Error"]["Message"], *reasons])
    raise ClientError(response | {"Error": response["Error"] | {"Message": message}}, error.operation_name) from None


def _raise_conflict(error: ClientError) -> None:
    if code_of(error) in _CONFLICTS:
        raise NotYet(str(error)) from None


def _item_in(response: Any) -> Item | None:  # noqa: ANN401
    item: Item | None = response.get("Item")
    return item or None


def _key(item: Item, table: Table) -> Item:
    return {name: item[name] for name in table["Key"]}


def _identity(item: Item, table: Table, keys: Keys) -> str:
    """The first 16 hexadecimal digits of the HMAC of an item's key as JSON, which tells nothing of the key."""
    text = json.dumps(_key(item, table), sort_keys=True, default=bytes.hex)
    return mac(keys.collide, text.encode()).hex()[:16]


class _Expression:
    """The names and values of an expression, numbered, because a name may be a reserved word."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Value] = {}

    def name(self, attribute: str) -> str:
        return self._names.setdefault(attribute, f"#{len(self._names)}")

    def value(self, value: Value) -> str:
        placeholder = f":{len(self._values)}"
        self._values[placeholder] = value
        return placeholder

    def unchanged(self, item: Item, table: Table, attributes: list[str]) -> str:
        """A condition: the item exists, and its attributes, or the first of them, are as they were read."""
        exists = f"attribute_exists({self.name(table['Key'][0])})"
        same = [f"{self.name(name)}={self.value(item[name])}" for name in attributes[:_MOST_COMPARED] if name in item]
        return " AND ".join([exists, *same])

    @property
    def parameters(self) -> dict[str, Any]:
        values = {"ExpressionAttributeValues": self._values} if self._values else {}
        return {"ExpressionAttributeNames": {short: name for name, short in self._names.items()}, **values}
