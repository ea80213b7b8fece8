"""DynamoDB: calls on tables, which AWS answers differently while a table is being restored or updated."""

import bisect
import time
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import ResourceInUseException, TableNotFoundException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import ResourcePolicy, RestoredTable, Table
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from local_aws.dynamodb import vector_indexes
from local_aws.dynamodb.attributes import remember
from local_aws.dynamodb.errors import error
from local_aws.dynamodb.indexes import Request, check_keys, define_attributes
from local_aws.dynamodb.quotas import admission, check_number_of_tables
from local_aws.dynamodb.restores import is_updating, is_visible, require_visible
from local_aws.patching import replaces
from local_aws.settings import settings

IN_USE = "Attempt to change a resource which is still in use"


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
    "moto has no quota of tables, lacks vector indexes, accepts any keys of other indexes, and does not read "
    "TableClass and OnDemandThroughput",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html",
    written_against="f55498d4",
)
def _create_table(original: Callable[..., ActionResult], self: DynamoHandler) -> ActionResult:
    if _restoring(self.dynamodb_backend, self.body["TableName"]):
        raise ResourceInUseException(f"Table already exists: {self.body['TableName']}")
    check_keys(self.body)
    vector_indexes.check_created(self.body)
    with admission:
        if self.body["TableName"] not in self.dynamodb_backend.tables:
            check_number_of_tables(self.dynamodb_backend)
        original(self)
    table = self.dynamodb_backend.get_table(self.body["TableName"])
    vector_indexes.create(table, self.body)
    remember(table, self.body)
    return DynamoResult(table.describe())


@replaces(
    DynamoHandler,
    "update_table",
    because="on AWS a table is UPDATING for some seconds and cannot be updated again meanwhile; "
    "moto lacks vector indexes, accepts any keys of other indexes, forgets attributes that the request does not define "
    "again, and does not read TableClass, OnDemandThroughput and SSESpecification",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html",
    written_against="b786d162",
)
def _update_table(original: Callable[..., ActionResult], self: DynamoHandler) -> ActionResult:
    table = self.dynamodb_backend.get_table(self.body["TableName"])
    if is_updating(table):
        raise ResourceInUseException(f"{IN_USE}: Table is being updated: {table.name}")
    check_keys(self.body)
    vector_indexes.check_updated(table, self.body)
    defined = table.attr
    original(self)
    vector_indexes.update(table, self.body)
    define_attributes(table, defined, self.body.get("AttributeDefinitions", []))
    remember(table, self.body)
    if "SSESpecification" in self.body:
        key = table._get_default_encryption_key(table.account_id, table.region_name)
        table.sse_specification = {"KMSMasterKeyId": key, **self.body["SSESpecification"]}
    if isinstance(table, RestoredTable):
        table.updating_until = time.monotonic() + settings.settling_seconds
    return DynamoResult(table.describe())


@replaces(
    DynamoDBBackend,
    "update_continuous_backups",
    because="AWS does not find a table for some seconds after it is ACTIVE, and then rejects changes for some more",
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
    if table and not is_visible(table):
        raise TableNotFoundException(table_name)
    if isinstance(table, RestoredTable) and time.monotonic() < table.recovery_ready_at:
        message = f"Backups are being enabled for the table: {table_name}. Please retry later"
        raise error("ContinuousBackupsUnavailableException", message)
    return original(self, table_name, point_in_time_spec)


@replaces(
    DynamoDBBackend,
    "describe_continuous_backups",
    because="AWS does not find a table for some seconds after it is ACTIVE",
    source="measured",
    written_against="fc26f9d0",
)
def _describe_continuous_backups(
    original: Callable[..., dict[str, Any]], self: DynamoDBBackend, table_name: str
) -> dict[str, Any]:
    table = self.tables.get(table_name)
    if table and not is_visible(table):
        raise TableNotFoundException(table_name)
    return original(self, table_name)


@replaces(
    DynamoDBBackend,
    "get_resource_policy",
    because="AWS does not find a table for some seconds after it is ACTIVE",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetResourcePolicy.html",
    written_against="cf91a11f",
)
def _get_resource_policy(
    original: Callable[..., ResourcePolicy], self: DynamoDBBackend, resource_arn: str
) -> ResourcePolicy:
    require_visible(self.get_table(resource_arn))
    return original(self, resource_arn)


@replaces(
    DynamoDBBackend,
    "update_table_streams",
    because="moto calls it ResourceInUseException that a stream is already enabled, also of one that was disabled",
    source="measured",
    written_against="4b36bdd9",
)
def _update_table_streams(_original: Callable[..., None], self: DynamoDBBackend, table: Table, wanted: Request) -> None:
    is_enabled = (table.stream_specification or {}).get("StreamEnabled")
    if is_enabled and wanted["StreamEnabled"]:
        raise error("ValidationException", f"Table already has an enabled stream: TableName: {table.name}")
    table.set_stream_specification(wanted)


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
    "update_time_to_live",
    because="moto's error for a missing table is called ResourceNotFound, which no client recognises; "
    "moto accepts what is already the case",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html",
    written_against="9da0deb0",
)
def _update_time_to_live(
    original: Callable[..., None], self: DynamoDBBackend, table_name: str, ttl_spec: dict[str, Any]
) -> None:
    table = self.get_table(table_name)
    require_visible(table)
    is_enabled = table.ttl["TimeToLiveStatus"] == "ENABLED"
    if is_enabled and table.ttl["AttributeName"] != ttl_spec["AttributeName"]:
        message = (
            f"TimeToLive is active on a different AttributeName: current AttributeName is {table.ttl['AttributeName']}"
        )
        raise error("ValidationException", message)
    if is_enabled == ttl_spec["Enabled"]:
        raise error("ValidationException", f"TimeToLive is already {'enabled' if is_enabled else 'disabled'}")
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
    require_visible(self.get_table(table_name))
    return original(self, table_name)
