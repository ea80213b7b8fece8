"""DynamoDB: the attributes of tables and indexes that moto does not have."""

import uuid
from collections.abc import Callable
from typing import Any

from moto.dynamodb.models.table import GlobalSecondaryIndex, Table

from local_aws.dynamodb.indexes import Request
from local_aws.dynamodb.vector_indexes import vector_indexes_of
from local_aws.patching import adds, replaces

adds(
    Table,
    "table_id",
    because="moto gives tables no ID",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html",
)("")
adds(
    Table,
    "table_class",
    because="moto lacks table classes, so that Terraform plans a change",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html",
)(None)
adds(
    Table,
    "on_demand_throughput",
    because="moto lacks maxima for on-demand tables, which a restore keeps",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode-max-throughput.html",
)(None)
adds(
    GlobalSecondaryIndex,
    "on_demand_throughput",
    because="moto lacks maxima for on-demand indexes",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode-max-throughput.html",
)(None)


def remember(table: Table, request: Request) -> None:
    """Keeps what CreateTable or UpdateTable sets of them."""
    table.table_class = request.get("TableClass", table.table_class)
    table.on_demand_throughput = request.get("OnDemandThroughput", table.on_demand_throughput)


@replaces(
    Table,
    "describe",
    because="moto lacks table IDs, table classes, vector indexes, and maxima for on-demand tables",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html",
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
    if described := [index.describe(self) for index in vector_indexes_of(self)]:
        description[base_key]["VectorIndexes"] = described
    return description


@replaces(
    GlobalSecondaryIndex,
    "create",
    because="moto does not read the maxima of an on-demand index",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode-max-throughput.html",
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
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode-max-throughput.html",
    written_against="364ed01d",
)
def _update_index(original: Callable[..., None], self: GlobalSecondaryIndex, u: dict[str, Any]) -> None:
    original(self, u)
    self.on_demand_throughput = u.get("OnDemandThroughput", self.on_demand_throughput)


@replaces(
    GlobalSecondaryIndex,
    "describe",
    because="moto lacks maxima for on-demand indexes",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode-max-throughput.html",
    written_against="65f16738",
)
def _describe_index(original: Callable[..., dict[str, Any]], self: GlobalSecondaryIndex) -> dict[str, Any]:
    description = original(self)
    if self.on_demand_throughput:
        description["OnDemandThroughput"] = self.on_demand_throughput
    return description
