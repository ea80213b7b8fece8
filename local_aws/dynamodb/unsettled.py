"""DynamoDB: the calls that know a table while it is being restored, or not yet at rest afterwards."""

import bisect
import time
from collections.abc import Callable
from typing import Any

from moto.dynamodb.exceptions import ResourceInUseException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import RestoredTable, Table

from local_aws.dynamodb.restores import is_updating, settling_seconds
from local_aws.dynamodb.tables import error
from local_aws.patching import replaces

IN_USE = "Attempt to change a resource which is still in use"


def _restoring(backend: DynamoDBBackend, name_or_arn: str) -> RestoredTable | None:
    return backend.restoring.get(name_or_arn.rsplit("/", 1)[-1])


@replaces(
    DynamoDBBackend,
    "describe_table",
    because="DescribeTable knows a table that is being restored",
    written_against="8c79dca3",
)
def _describe_table(original: Callable[..., dict[str, Any]], self: DynamoDBBackend, name: str) -> dict[str, Any]:
    table = _restoring(self, name)
    return table.describe(base_key="Table") if table else original(self, name)


@replaces(
    DynamoDBBackend,
    "list_tables",
    because="ListTables names a table that is being restored",
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
    DynamoDBBackend,
    "create_table",
    because="the name of a table that is being restored is taken",
    written_against="2bb8105a",
)
def _create_table(original: Callable[..., Table], self: DynamoDBBackend, name: str, **options: object) -> Table:
    if name in self.restoring:
        raise ResourceInUseException(f"Table already exists: {name}")
    return original(self, name, **options)


@replaces(
    DynamoDBBackend,
    "update_table",
    because="on AWS a table is UPDATING for some seconds, and can't be updated again meanwhile",
    written_against="3fa85dce",
)
def _update_table(original: Callable[..., Table], self: DynamoDBBackend, name: str, **options: object) -> Table:
    if is_updating(self.get_table(name)):
        raise ResourceInUseException(f"{IN_USE}: Table is being updated: {name}")
    table = original(self, name, **options)
    if isinstance(table, RestoredTable):
        table.updating_until = time.monotonic() + settling_seconds()
    return table


@replaces(
    DynamoDBBackend,
    "update_continuous_backups",
    because="AWS refuses to change point-in-time recovery for some seconds after a table is ACTIVE",
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
    because="a table that is being restored or updated can't be deleted",
    written_against="bab269fa",
)
def _delete_table(original: Callable[..., Table], self: DynamoDBBackend, name: str) -> Table:
    if _restoring(self, name):
        raise ResourceInUseException(f"{IN_USE}: Table is being created: {name}")
    if is_updating(self.get_table(name)):
        raise ResourceInUseException(f"{IN_USE}: Table is being updated: {name}")
    return original(self, name)
