"""DynamoDB: calls on tables, which AWS answers differently while a table is being restored or updated."""

import bisect
import time
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import ResourceInUseException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import RestoredTable, Table
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from local_aws.dynamodb.attributes import remember
from local_aws.dynamodb.errors import error
from local_aws.dynamodb.restores import is_updating, settling_seconds
from local_aws.patching import replaces

IN_USE = "Attempt to change a resource which is still in use"

LONGEST_TAG_VALUE = 256


def _restoring(backend: DynamoDBBackend, name_or_arn: str) -> RestoredTable | None:
    return backend.restoring.get(name_or_arn.rsplit("/", 1)[-1])


@replaces(
    DynamoDBBackend,
    "describe_table",
    because="DescribeTable describes a table that is being restored",
    source="measured",
    written_against="8c79dca3",
)
def _describe_table(original: Callable[..., dict[str, Any]], self: DynamoDBBackend, name: str) -> dict[str, Any]:
    table = _restoring(self, name)
    return table.describe(base_key="Table") if table else original(self, name)


@replaces(
    DynamoDBBackend,
    "list_tables",
    because="ListTables names a table that is being restored",
    source="measured",
    written_against="1bc6994f",
)
def _list_tables(
    _original: Callable[..., Any], self: DynamoDBBackend, limit: int, exclusive_start_table_name: str | None
) -> tuple[list[str], str | None]:
    names = sorted({*self.tables, *self.restoring})
    start = bisect.bisect_right(names, exclusive_start_table_name) if exclusive_start_table_name else 0
    page = names[start : start + limit]
    return page, page[-1] if len(names) > start + limit else None


@replaces(
    DynamoHandler,
    "create_table",
    because="the name of a table that is being restored cannot be used again; "
    "moto does not read TableClass and OnDemandThroughput",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html",
    written_against="f55498d4",
)
def _create_table(original: Callable[..., ActionResult], self: DynamoHandler) -> ActionResult:
    if _restoring(self.dynamodb_backend, self.body["TableName"]):
        raise ResourceInUseException(f"Table already exists: {self.body['TableName']}")
    original(self)
    table = self.dynamodb_backend.get_table(self.body["TableName"])
    remember(table, self.body)
    return DynamoResult(table.describe())


@replaces(
    DynamoHandler,
    "update_table",
    because="on AWS a table is UPDATING for some seconds and cannot be updated again meanwhile; "
    "moto does not read TableClass, OnDemandThroughput and SSESpecification",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html",
    written_against="b786d162",
)
def _update_table(original: Callable[..., ActionResult], self: DynamoHandler) -> ActionResult:
    table = self.dynamodb_backend.get_table(self.body["TableName"])
    if is_updating(table):
        raise ResourceInUseException(f"{IN_USE}: Table is being updated: {table.name}")
    original(self)
    remember(table, self.body)
    if "SSESpecification" in self.body:
        key = table._get_default_encryption_key(table.account_id, table.region_name)
        table.sse_specification = {"KMSMasterKeyId": key, **self.body["SSESpecification"]}
    if isinstance(table, RestoredTable):
        table.updating_until = time.monotonic() + settling_seconds()
    return DynamoResult(table.describe())


@replaces(
    DynamoDBBackend,
    "update_continuous_backups",
    because="AWS rejects changes to point-in-time recovery for some seconds after a table is ACTIVE",
    source="measured",
    written_against="7409e6eb",
)
def _update_continuous_backups(
    original: Callable[..., dict[str, Any]],
    self: DynamoDBBackend,
    table_name: str,
    point_in_time_spec: dict[str, Any],
) -> dict[str, Any]:
    table = self.tables.get(table_name)
    if isinstance(table, RestoredTable) and time.monotonic() < table.recovery_ready_at:
        message = f"Backups are being enabled for the table: {table_name}. Please retry later"
        raise error("ContinuousBackupsUnavailableException", message)
    return original(self, table_name, point_in_time_spec)


@replaces(
    DynamoDBBackend,
    "delete_table",
    because="a table that is being restored or updated cannot be deleted",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html",
    written_against="bab269fa",
)
def _delete_table(original: Callable[..., Table], self: DynamoDBBackend, name: str) -> Table:
    if _restoring(self, name):
        raise ResourceInUseException(f"{IN_USE}: Table is being created: {name}")
    if is_updating(self.get_table(name)):
        raise ResourceInUseException(f"{IN_USE}: Table is being updated: {name}")
    return original(self, name)


@replaces(
    DynamoDBBackend,
    "tag_resource",
    because="moto ignores tags of a missing table, keeps old values beside new ones, and accepts values of any length",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html",
    written_against="eff4d4c0",
)
def _tag_resource(original: Callable[..., None], self: DynamoDBBackend, arn: str, tags: dict[str, str]) -> None:
    for value in tags.values():
        if len(value) > LONGEST_TAG_VALUE:
            raise error("ValidationException", f"Value '{value}' at 'tags' failed to satisfy constraint")
    self.untag_resource(arn, list(tags))
    original(self, arn, tags)


@replaces(
    DynamoDBBackend,
    "untag_resource",
    because="moto ignores that the table is missing",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UntagResource.html",
    written_against="6d45d7a1",
)
def _untag_resource(original: Callable[..., None], self: DynamoDBBackend, arn: str, tag_keys: list[str]) -> None:
    self.get_table(arn)
    original(self, arn, tag_keys)


@replaces(
    DynamoDBBackend,
    "update_time_to_live",
    because="moto's error for a missing table is called ResourceNotFound, which no client recognises",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html",
    written_against="9da0deb0",
)
def _update_time_to_live(
    original: Callable[..., None], self: DynamoDBBackend, table_name: str, ttl_spec: dict[str, Any]
) -> None:
    self.get_table(table_name)
    original(self, table_name, ttl_spec)


@replaces(
    DynamoDBBackend,
    "describe_time_to_live",
    because="moto's error for a missing table is called ResourceNotFound, which no client recognises",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html",
    written_against="abbcbcd6",
)
def _describe_time_to_live(
    original: Callable[..., dict[str, Any]], self: DynamoDBBackend, table_name: str
) -> dict[str, Any]:
    self.get_table(table_name)
    return original(self, table_name)


@replaces(
    DynamoDBBackend,
    "transact_write_items",
    because="moto cancels the transaction where a table is missing; AWS answers ResourceNotFoundException",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html",
    written_against="81db2cb7",
)
def _transact_write_items(
    original: Callable[..., None], self: DynamoDBBackend, transact_items: list[dict[str, Any]]
) -> None:
    for operations in transact_items:
        for operation in operations.values():
            self.get_table(operation["TableName"])
    original(self, transact_items)
