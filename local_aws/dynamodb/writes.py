"""DynamoDB: writes. Each takes effect as a whole or not at all, and what it did is told afterwards.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

import copy
import hashlib
import json
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.comparisons import create_condition_expression_parser
from moto.dynamodb.exceptions import (
    ConditionalCheckFailed,
    MockValidationException,
    MultipleTransactionsException,
    TooManyTransactionsException,
    TransactionCanceledException,
    TransactWriteSingleOpException,
)
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler, validate_attributes_used

from local_aws.dynamodb.capacity import write_units
from local_aws.dynamodb.changes import tell, untold
from local_aws.dynamodb.errors import error
from local_aws.dynamodb.scans import put_back
from local_aws.patching import replaces

Request = Mapping[str, Any]

ON_ITEMS = {
    "BatchExecuteStatement",
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "ExecuteStatement",
    "ExecuteTransaction",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateItem",
}

LARGEST_TRANSACTION = 100

TOKEN_SECONDS = 600
"""How long a transaction is not carried out again for a request with the same token."""

READ_UNIT = 4096
"""Bytes that a unit reads."""

TRANSACTIONAL = 2
"""Units of a transaction for each unit of another write or read."""

items_at_rest = threading.RLock()
"""Held while items are read or written, so that nobody sees a write that is half done."""


def isolated(operation: str) -> AbstractContextManager[object]:
    """To be held while an operation is carried out and its answer is written."""
    return items_at_rest if operation in ON_ITEMS else nullcontext()


@dataclass
class _Write:
    """What happens to one item."""

    table: Table
    hash_key: DynamoType
    range_key: DynamoType | None
    old: Item | None

    @property
    def new(self) -> Item | None:
        return self.table.get_item(self.hash_key, self.range_key)

    def undo(self) -> None:
        self.table.delete_item(self.hash_key, self.range_key)
        if self.old is not None:
            put_back(self.table, self.old)


@contextmanager
def _all_or_nothing(writes: list[_Write]) -> Iterator[None]:
    """Undoes the writes if one of them fails, and else tells of all."""
    with untold():
        try:
            yield
        except Exception:
            for write in writes:
                write.undo()
            raise
    for write in writes:
        tell(write.table, write.old, write.new)


def _write_to(backend: DynamoDBBackend, request: Request) -> _Write:
    table = backend.get_table(request["TableName"])
    hash_key, range_key = backend.get_keys_value(table, request.get("Key") or request["Item"])
    return _Write(table, hash_key, range_key, copy.deepcopy(table.get_item(hash_key, range_key)))


def _write(original: Callable[..., ActionResult], self: DynamoHandler) -> ActionResult:
    try:
        write = _write_to(self.dynamodb_backend, self.body)
    except MockValidationException:
        # It says more about what is wrong with the key.
        return original(self)
    with _all_or_nothing([write]):
        result = original(self)
    answer: Any = result.result
    answer.pop("ConsumedCapacityUnits", None)
    answer.pop("ConsumedCapacity", None)
    if consumed := _consumed(self.body, [(self.body["TableName"], write)], _write_units):
        (answer["ConsumedCapacity"],) = consumed
    return result


# As moto has them: those of a transaction are one write.
_PERFORM_WRITE: dict[str, Callable[..., Any]] = {
    "Delete": DynamoHandler.delete_item,
    "Put": DynamoHandler.put_item,
    "Update": DynamoHandler.update_item,
}
_WRITE = (
    "in moto an update that fails may have taken effect in part, an update that creates an item is told twice, "
    "and the consumed capacity does not depend on the write"
)
replaces(
    DynamoHandler,
    "delete_item",
    because=_WRITE,
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html",
    written_against="677cb014",
)(_write)
replaces(
    DynamoHandler,
    "put_item",
    because=_WRITE,
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html",
    written_against="4c9efb73",
)(_write)
replaces(
    DynamoHandler,
    "update_item",
    because=_WRITE,
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html",
    written_against="638893af",
)(_write)


Units = Mapping[str | None, int]
"""By the name of the index; that of the table is None."""


def _write_units(write: _Write) -> Units:
    return write_units(write.table, write.old, write.new)


def _consumed(
    request: Request, writes: list[tuple[str, _Write]], units_of: Callable[[_Write], Units]
) -> list[dict[str, Any]]:
    """ConsumedCapacity of each table, named as in the request, if the caller wants it."""
    wanted = request.get("ReturnConsumedCapacity", "NONE")
    tables: dict[str, Counter[str | None]] = {}
    for name, write in writes if wanted != "NONE" else []:
        tables.setdefault(name, Counter()).update(units_of(write))
    return [_capacity(name, units, detailed=wanted == "INDEXES") for name, units in tables.items()]


def _capacity(name: str, units: Units, *, detailed: bool) -> dict[str, Any]:
    total = {"TableName": name, "CapacityUnits": float(sum(units.values()))}
    if not detailed:
        return total
    by_index = {index: {"CapacityUnits": float(number)} for index, number in units.items()}
    return {**total, "Table": by_index.pop(None), "GlobalSecondaryIndexes": by_index}


# Transactions

_carried_out: dict[tuple[str, str, str], tuple[float, str]] = {}
"""When, and what, by account, Region and token."""


@replaces(
    DynamoHandler,
    "transact_write_items",
    because="moto copies whole tables for each transaction, loses what others write meanwhile, cancels a transaction "
    "where a table is missing, carries it out again for the same token, and says nothing about consumed capacity",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html",
    written_against="61c163ff",
)
def _transact_write_items(_original: Callable[..., ActionResult], self: DynamoHandler) -> ActionResult:
    request, backend = self.body, self.dynamodb_backend
    actions = _actions(request)
    writes = [_write_to(backend, action) for _, action in actions]
    if len({(write.table.name, write.hash_key, write.range_key) for write in writes}) < len(writes):
        raise MultipleTransactionsException
    named = [(action["TableName"], write) for (_, action), write in zip(actions, writes, strict=True)]
    if _is_repeated(backend, request):
        return ActionResult({"ConsumedCapacity": _consumed(request, named, _transactional_read_units)})
    with _all_or_nothing(writes):
        reasons = [_perform(self, *action, write) for action, write in zip(actions, writes, strict=True)]
        if any(code for code, _, _ in reasons):
            raise TransactionCanceledException(reasons)
    if token := request.get("ClientRequestToken"):
        _carried_out[backend.account_id, backend.region_name, token] = time.monotonic(), _text(request)
    return ActionResult({"ConsumedCapacity": _consumed(request, named, _transactional_write_units)})


def _actions(request: Request) -> list[tuple[str, Request]]:
    if len(request["TransactItems"]) > LARGEST_TRANSACTION:
        raise TooManyTransactionsException
    if any(len(item) != 1 for item in request["TransactItems"]):
        raise TransactWriteSingleOpException
    return [action for item in request["TransactItems"] for action in item.items()]


def _is_repeated(backend: DynamoDBBackend, request: Request) -> bool:
    token = request.get("ClientRequestToken") or ""
    at, text = _carried_out.get((backend.account_id, backend.region_name, token), (-TOKEN_SECONDS, ""))
    if time.monotonic() - at >= TOKEN_SECONDS:
        return False
    if text != _text(request):
        raise error("IdempotentParameterMismatchException", "The token was used with other parameters.")
    return True


def _text(request: Request) -> str:
    text = json.dumps(request["TransactItems"], sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


Reason = tuple[str | None, str | None, dict[str, Any] | None]


def _perform(handler: DynamoHandler, kind: str, action: Request, write: _Write) -> Reason:
    """Performs an action; returns code, message and item of the reason to cancel the transaction, if there is one."""
    handler.body = action
    try:
        _PERFORM[kind](handler)
    except ConditionalCheckFailed as failed:
        old = write.old if action.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else None
        return "ConditionalCheckFailed", failed.message, old and old.to_json()["Attributes"]
    return None, None, None


def _check(handler: DynamoHandler) -> None:
    names = handler.body.get("ExpressionAttributeNames", {})
    values = handler._get_expr_attr_values()
    parser = create_condition_expression_parser(handler.body["ConditionExpression"], names, values)
    condition = parser.parse()
    validate_attributes_used(names, parser.expr_attr_names_found)
    if not condition.expr(handler.dynamodb_backend.get_item(handler.body["TableName"], handler.body["Key"])):
        raise ConditionalCheckFailed


_PERFORM = {**_PERFORM_WRITE, "ConditionCheck": _check}


def _transactional_write_units(write: _Write) -> dict[str | None, int]:
    return {index: TRANSACTIONAL * units for index, units in _write_units(write).items()}


def _transactional_read_units(write: _Write) -> dict[str | None, int]:
    size = write.old.size() if write.old else 0
    return {None: TRANSACTIONAL * max(1, math.ceil(size / READ_UNIT))}
