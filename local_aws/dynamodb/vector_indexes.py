"""DynamoDB: vector indexes. They are described, restored, created and deleted, but cannot be searched.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/VectorSearch.html
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from local_aws.dynamodb.errors import error
from local_aws.patching import adds, replaces
from local_aws.settings import settings

Definition = dict[str, Any]

INVALID = "One or more parameter values were invalid: "

adds(
    Table,
    "vector_indexes",
    because="moto lacks vector indexes",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_VectorIndexDescription.html",
)(())


@dataclass
class VectorIndex:
    """A vector index, and when it is created, filled and deleted."""

    definition: Definition
    active_at: float = 0.0
    filled_at: float = 0.0
    gone_at: float = math.inf

    @property
    def name(self) -> str:
        return str(self.definition["IndexName"])

    def build(self) -> None:
        """Starts to build it.

        One page of AWS says that the index is CREATING while it is being filled, another that it is ACTIVE by then:
        here it is one after the other. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/VectorSearchDataSync.html
        """
        now = time.monotonic()
        self.active_at = now + settings.vector_index_seconds / 2
        self.filled_at = now + settings.vector_index_seconds

    def describe(self, table: Table) -> dict[str, Any]:
        now = time.monotonic()
        status = "DELETING" if self.gone_at < math.inf else "ACTIVE" if now >= self.active_at else "CREATING"
        return {
            **self.definition,
            "IndexStatus": status,
            **({"Backfilling": True} if now < self.filled_at else {}),
            "IndexSizeBytes": 0,
            "ItemCount": 0,
            "IndexArn": f"{table.table_arn}/index/{self.name}",
        }


def vector_indexes_of(table: Table) -> list[VectorIndex]:
    """Those that have not been deleted yet."""
    return [index for index in table.vector_indexes if time.monotonic() < index.gone_at]


def searched_attributes(definitions: Iterable[Definition]) -> set[str]:
    """The attributes by which the indexes are divided and filtered."""
    return {element["AttributeName"] for index in definitions for element in index.get("SearchSchema", [])}


@replaces(
    DynamoHandler,
    "_validate_table_creation",
    because="moto takes the attributes that only a vector index uses for unused",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/VectorSearchTroubleshooting.html",
    written_against="085dc90e",
)
def _validate_table_creation(original: Callable[..., None], self: DynamoHandler, **given: Any) -> None:  # noqa: ANN401
    others = (given["global_indexes"] or []) + (given["local_secondary_indexes"] or [])
    schemas = [given["key_schema"], *(index["KeySchema"] for index in others)]
    keys = {key["AttributeName"] for schema in schemas for key in schema}
    searched = searched_attributes(self.body.get("VectorIndexes", [])) - keys
    given["attr"] = [attribute for attribute in given["attr"] if attribute["AttributeName"] not in searched]
    original(self, **given)


def check_created(request: Mapping[str, Any]) -> None:
    """Rejects a new table with vector indexes that AWS does not create."""
    kinds = ("VectorIndexes", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    names = [index["IndexName"] for kind in kinds for index in request.get(kind, [])]
    _check(request.get("VectorIndexes", []), names, request.get("BillingMode"), request)


def create(table: Table, request: Mapping[str, Any]) -> None:
    """Gives a new table its vector indexes, at once like the table itself."""
    table.vector_indexes = [VectorIndex(definition) for definition in request.get("VectorIndexes", [])]


def check_updated(table: Table, request: Mapping[str, Any]) -> None:
    """Rejects an update of a table's vector indexes, or of its billing mode, that AWS rejects."""
    updates = request.get("VectorIndexUpdates", [])
    if len(updates) > 1:
        raise error("ValidationException", f"{INVALID}Only one vector index can be created or deleted at once")
    created = [update["Create"] for update in updates if "Create" in update]
    deleted = [update["Delete"]["IndexName"] for update in updates if "Delete" in update]
    there = vector_indexes_of(table)
    for name in deleted:
        if name not in [index.name for index in there]:
            raise error("ResourceNotFoundException", f"Requested resource not found: Index: {name}")
    names = [index["IndexName"] for index in created] + [index.name for index in (*there, *table.all_indexes())]
    _check(created, names, request.get("BillingMode", table.billing_mode), request)
    if there:
        check_billing_mode(request.get("BillingMode", table.billing_mode))


def _check(created: list[Definition], names: list[str], billing_mode: str | None, request: Mapping[str, Any]) -> None:
    if not created:
        return
    check_billing_mode(billing_mode)
    if len(set(names)) < len(names):
        raise error("ValidationException", f"{INVALID}Duplicate index name: {created[0]['IndexName']}")
    defined = {attribute["AttributeName"] for attribute in request.get("AttributeDefinitions", [])}
    if not searched_attributes(created) <= defined:
        message = f"{INVALID}One element in SearchSchema is not defined in attribute definitions"
        raise error("ValidationException", message)


def check_billing_mode(billing_mode: str | None) -> None:
    """Rejects vector indexes of a table with provisioned capacity."""
    if billing_mode != "PAY_PER_REQUEST":
        raise error("ValidationException", f"{INVALID}Vector indexes are only supported for PAY_PER_REQUEST tables")


def update(table: Table, request: Mapping[str, Any]) -> None:
    """Creates or deletes a vector index."""
    for change in request.get("VectorIndexUpdates", []):
        if "Create" in change:
            created = VectorIndex(change["Create"])
            created.build()
            table.vector_indexes = [*table.vector_indexes, created]
        if "Delete" in change:
            deleted = next(index for index in vector_indexes_of(table) if index.name == change["Delete"]["IndexName"])
            deleted.gone_at = time.monotonic() + settings.settling_seconds


def restored(source: Table, overrides: list[Definition] | None) -> list[VectorIndex]:
    """The vector indexes of a table that is being restored. They are built once it is `ACTIVE`."""
    definitions = [index.definition for index in vector_indexes_of(source)]
    for override in overrides or []:
        if override not in definitions:
            message = f"Index {override['IndexName']} is not a vector index of the backup"
            raise error("ValidationException", message)
    kept = definitions if overrides is None else overrides
    return [VectorIndex(definition, active_at=math.inf, filled_at=math.inf) for definition in kept]
