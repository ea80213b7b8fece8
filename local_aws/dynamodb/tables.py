"""DynamoDB: what moto forgets of a table, and what it answers wrongly where a table is missing."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import ERROR_TYPE_PREFIX
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import GlobalSecondaryIndex, Table
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from local_aws.patching import adds, replaces

Request = Mapping[str, Any]

LONGEST_TAG_VALUE = 256


def error(name: str, message: str) -> JsonRESTError:
    """An error that DynamoDB answers with."""
    return JsonRESTError(ERROR_TYPE_PREFIX + name, message)


@replaces(
    DynamoDBBackend,
    "tag_resource",
    because="moto ignores tags of a missing table, keeps old values beside new ones, and takes any length",
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
    written_against="6d45d7a1",
)
def _untag_resource(original: Callable[..., None], self: DynamoDBBackend, arn: str, tag_keys: list[str]) -> None:
    self.get_table(arn)
    original(self, arn, tag_keys)


@replaces(
    DynamoDBBackend,
    "update_time_to_live",
    because="moto's error for a missing table is called ResourceNotFound, which no client knows",
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
    because="moto's error for a missing table is called ResourceNotFound, which no client knows",
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
    written_against="81db2cb7",
)
def _transact_write_items(
    original: Callable[..., None], self: DynamoDBBackend, transact_items: list[dict[str, Any]]
) -> None:
    for operations in transact_items:
        for operation in operations.values():
            self.get_table(operation["TableName"])
    original(self, transact_items)


adds(Table, "table_id", because="moto gives a table no id")("")
adds(Table, "table_class", because="moto does not know table classes, so that Terraform sees a change")(None)
adds(
    Table,
    "on_demand_throughput",
    because="moto does not know maxima for on-demand tables, which a restore keeps",
)(None)
adds(GlobalSecondaryIndex, "on_demand_throughput", because="moto does not know maxima for on-demand indexes")(None)


def _remember(table: Table, request: Request) -> None:
    table.table_class = request.get("TableClass", table.table_class)
    table.on_demand_throughput = request.get("OnDemandThroughput", table.on_demand_throughput)


@replaces(
    DynamoHandler,
    "create_table",
    because="moto does not read TableClass and OnDemandThroughput",
    written_against="f55498d4",
)
def _respond_to_create_table(original: Callable[..., ActionResult], self: DynamoHandler) -> ActionResult:
    original(self)
    table = self.dynamodb_backend.get_table(self.body["TableName"])
    _remember(table, self.body)
    return DynamoResult(table.describe())


@replaces(
    DynamoHandler,
    "update_table",
    because="moto does not read TableClass, OnDemandThroughput and SSESpecification",
    written_against="b786d162",
)
def _respond_to_update_table(original: Callable[..., ActionResult], self: DynamoHandler) -> ActionResult:
    original(self)
    table = self.dynamodb_backend.get_table(self.body["TableName"])
    _remember(table, self.body)
    if "SSESpecification" in self.body:
        key = table._get_default_encryption_key(table.account_id, table.region_name)
        table.sse_specification = {"KMSMasterKeyId": key, **self.body["SSESpecification"]}
    return DynamoResult(table.describe())


@replaces(
    Table,
    "describe",
    because="moto does not know ids, table classes and maxima for on-demand tables",
    written_against="5f29f6e7",
)
def _describe(
    original: Callable[..., dict[str, Any]], self: Table, base_key: str = "TableDescription"
) -> dict[str, Any]:
    description = original(self, base_key)
    self.table_id = self.table_id or str(uuid.uuid4())
    description[base_key]["TableId"] = self.table_id
    if self.table_class:
        description[base_key]["TableClassSummary"] = {"TableClass": self.table_class}
    if self.on_demand_throughput:
        description[base_key]["OnDemandThroughput"] = self.on_demand_throughput
    return description


@replaces(
    GlobalSecondaryIndex,
    "create",
    because="moto does not read the maxima of an on-demand index",
    written_against="f0ee28ee",
)
def _create_index(
    original: Callable[..., GlobalSecondaryIndex], dct: dict[str, Any], table_key_attrs: list[str]
) -> GlobalSecondaryIndex:
    index = original(dct, table_key_attrs)
    index.on_demand_throughput = dct.get("OnDemandThroughput")
    return index


@replaces(
    GlobalSecondaryIndex,
    "update",
    because="moto does not read the maxima of an on-demand index",
    written_against="364ed01d",
)
def _update_index(original: Callable[..., None], self: GlobalSecondaryIndex, u: dict[str, Any]) -> None:
    original(self, u)
    self.on_demand_throughput = u.get("OnDemandThroughput", self.on_demand_throughput)


@replaces(
    GlobalSecondaryIndex,
    "describe",
    because="moto does not know the maxima of an on-demand index",
    written_against="65f16738",
)
def _describe_index(original: Callable[..., dict[str, Any]], self: GlobalSecondaryIndex) -> dict[str, Any]:
    description = original(self)
    if self.on_demand_throughput:
        description["OnDemandThroughput"] = self.on_demand_throughput
    return description
