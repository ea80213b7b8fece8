"""DynamoDB: what the indexes of a request need, and which attributes of a table they use."""

from collections.abc import Iterator, Mapping
from typing import Any

from moto.dynamodb.models.table import Table

from local_aws.dynamodb.errors import error
from local_aws.dynamodb.vector_indexes import searched_attributes, vector_indexes_of

Request = Mapping[str, Any]

MOST_ATTRIBUTES = 4
"""Of a key of a global secondary index; https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html."""


def check_keys(request: Request) -> None:
    """Rejects a new index that has too many keys, or has them in the wrong order."""
    for index in _created(request):
        kinds = [key["KeyType"] for key in index["KeySchema"]]
        partition, sort = kinds.count("HASH"), kinds.count("RANGE")
        if kinds != sorted(kinds) or not 1 <= partition <= MOST_ATTRIBUTES or sort > MOST_ATTRIBUTES:
            limits = f"one to {MOST_ATTRIBUTES} partition keys, then up to {MOST_ATTRIBUTES} sort keys"
            raise error("ValidationException", f"Invalid KeySchema of index {index['IndexName']}: {limits}")


def _created(request: Request) -> Iterator[Mapping[str, Any]]:
    yield from request.get("GlobalSecondaryIndexes", [])
    yield from (update["Create"] for update in request.get("GlobalSecondaryIndexUpdates", []) if "Create" in update)


def define_attributes(table: Table, *definitions: list[dict[str, str]]) -> None:
    """Defines the attributes that the table and its indexes use, and no others."""
    used = {*table.attribute_keys, *searched_attributes(index.definition for index in vector_indexes_of(table))}
    by_name = {attribute["AttributeName"]: attribute for some in definitions for attribute in some}
    table.attr = [attribute for name, attribute in by_name.items() if name in used]
