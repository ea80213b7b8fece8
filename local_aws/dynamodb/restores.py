"""DynamoDB: restores that take time, as on AWS.

A table that is being restored is kept out of `DynamoDBBackend.tables` until it is `ACTIVE`. Almost every call
then answers as for a table that does not exist, which is what AWS does; `tables` changes the few calls that accept
such a table.
"""

import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import ResourceNotFoundException, TableAlreadyExistsException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import (
    Backup,
    GlobalSecondaryIndex,
    LocalSecondaryIndex,
    RestoredTable,
    SecondaryIndex,
    Table,
)
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from local_aws.dynamodb import vector_indexes
from local_aws.dynamodb.errors import error
from local_aws.dynamodb.indexes import Request, define_attributes
from local_aws.dynamodb.quotas import admission, check_number_of_tables
from local_aws.patching import adds, replaces
from local_aws.settings import settings

BACKUP_ARN = re.compile(
    r"arn:[^:]+:dynamodb:[^:]+:(?P<account>\d{12}):table/[A-Za-z0-9_.-]{3,255}/backup/[A-Za-z0-9-]+"
)
TABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")


def start_restore(
    backend: DynamoDBBackend,
    target: str,
    backup: Backup,
    request: Request,
    then: Callable[[], None] = lambda: None,
) -> RestoredTable:
    """Admits a restore and returns the table, which becomes `ACTIVE` after `settings.restore_seconds`.

    `request` holds the overrides, by the names that RestoreTableFromBackup gives them; `then` is called once it is.
    """
    if not TABLE_NAME.fullmatch(target):
        raise error("ValidationException", f"Invalid table name {target!r}: 3 to 255 of a-z, A-Z, 0-9, _, . and -")
    with admission:
        if target in backend.restoring:
            running = backend.restoring[target].source_backup_arn
            raise error("TableInUseException", f"Table {target} is already being restored from backup {running}")
        if target in backend.tables:
            raise TableAlreadyExistsException(target)
        if any(table.source_backup_arn == backup.arn for table in backend.restoring.values()):
            raise error("BackupInUseException", f"Backup is being used to restore another table: {backup.arn}")
        check_number_of_tables(backend)
        if len(backend.restoring) >= settings.restores_at_once:
            limit = settings.restores_at_once
            raise error("LimitExceededException", f"Subscriber limit exceeded: only {limit} restores at once")
        table = RestoredTable(target, account_id=backend.account_id, region=backend.region_name, backup=backup)
        _apply_settings(table, backup.table, request)
        table.restoring = True
        backend.restoring[target] = table
    tables, restoring = backend.tables, backend.restoring

    def finish() -> None:
        with admission:
            active_at = time.monotonic()
            table.visible_at = active_at + settings.settling_seconds / 2
            table.recovery_ready_at = active_at + settings.settling_seconds
            for index in table.vector_indexes:
                index.build()
            tables[target] = table
            table.restoring = False
            del restoring[target]
        then()

    end = threading.Timer(settings.restore_seconds, finish)
    end.daemon = True
    end.start()
    return table


def require_visible(table: Table) -> None:
    """Raises ResourceNotFoundException while only some calls know that the table is `ACTIVE`."""
    if not is_visible(table):
        raise ResourceNotFoundException(table_name=table.name)


def is_visible(table: Table) -> bool:
    """Whether every call knows that the table is `ACTIVE`."""
    return not isinstance(table, RestoredTable) or time.monotonic() >= table.visible_at


def _apply_settings(table: RestoredTable, source: Table, request: Request) -> None:
    """Sets what a restore keeps of the source table, unless the request overrides it."""
    table.billing_mode = request.get("BillingModeOverride", source.billing_mode)
    table.sse_specification = request.get("SSESpecificationOverride", source.sse_specification)
    if table.sse_specification and "KMSMasterKeyId" not in table.sse_specification:
        key = table._get_default_encryption_key(table.account_id, table.region_name)
        table.sse_specification = {**table.sse_specification, "KMSMasterKeyId": key}
    if "LocalSecondaryIndexOverride" in request:
        kept = _known_indexes(request["LocalSecondaryIndexOverride"], table.indexes)
        table.indexes = [LocalSecondaryIndex.create(index, table.table_key_attrs) for index in kept]
    if "GlobalSecondaryIndexOverride" in request:
        kept = _known_indexes(request["GlobalSecondaryIndexOverride"], table.global_indexes)
        table.global_indexes = [GlobalSecondaryIndex.create(index, table.table_key_attrs) for index in kept]
    table.vector_indexes = vector_indexes.restored(source, request.get("VectorIndexOverride"))
    if table.vector_indexes:
        vector_indexes.check_billing_mode(table.billing_mode)
    define_attributes(table, table.attr)
    _apply_capacity(table, source, request)


def _known_indexes(overrides: list[dict[str, Any]], indexes: Sequence[SecondaryIndex]) -> list[dict[str, Any]]:
    """A restore can leave indexes out; it cannot create one or change its keys."""
    schemas = {index.name: index.schema for index in indexes}
    for override in overrides:
        if schemas.get(override["IndexName"]) != override["KeySchema"]:
            raise error("ValidationException", f"Index {override['IndexName']} is not an index of the backup")
    return overrides


def _apply_capacity(table: RestoredTable, source: Table, request: Request) -> None:
    provisioned = request.get("ProvisionedThroughputOverride")
    if table.billing_mode == "PAY_PER_REQUEST":
        if provisioned:
            message = "ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST"
            raise error("ValidationException", message)
        table.on_demand_throughput = request.get("OnDemandThroughputOverride", source.on_demand_throughput)
        for owner in (table, *table.global_indexes):
            owner.throughput = {**owner.throughput, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
        return
    if provisioned:
        table.throughput = {**provisioned, "NumberOfDecreasesToday": 0}
    for owner in (table, *table.global_indexes):
        if not owner.throughput["ReadCapacityUnits"]:
            message = f"{owner.name} needs provisioned throughput when BillingMode is PROVISIONED"
            raise error("ValidationException", message)


adds(
    RestoredTable,
    "restoring",
    because="a restored table is CREATING for minutes to hours on AWS; in moto it is ACTIVE at once",
    source="measured",
)(False)
adds(
    RestoredTable,
    "visible_at",
    because="for some seconds after a table is ACTIVE, some calls of AWS do not find it",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetResourcePolicy.html",
)(0.0)
adds(
    RestoredTable,
    "recovery_ready_at",
    because="AWS rejects changes to point-in-time recovery for some seconds after a table is ACTIVE",
    source="measured",
)(0.0)
adds(
    RestoredTable,
    "updating_until",
    because="on AWS a table is UPDATING for some seconds after UpdateTable",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html",
)(0.0)


@replaces(
    DynamoDBBackend,
    "__init__",
    because="tables that are being restored are kept apart from those that can be used",
    source="measured",
    written_against="5f4184fb",
)
def _init(original: Callable[..., None], self: DynamoDBBackend, *args: object, **kwargs: object) -> None:
    original(self, *args, **kwargs)
    self.restoring = {}


@replaces(
    DynamoHandler,
    "restore_table_from_backup",
    because="moto restores at once, drops billing mode, encryption and overrides, and has no quota",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html",
    written_against="326c3b53",
)
def _restore_table_from_backup(_original: Callable[..., ActionResult], self: DynamoHandler) -> ActionResult:
    backup_arn = self.body["BackupArn"]
    arn = BACKUP_ARN.fullmatch(backup_arn)
    if arn is None:
        raise error("ValidationException", f"Invalid BackupArn: {backup_arn}")
    backend = self.dynamodb_backend
    if arn["account"] != backend.account_id:
        raise error("AccessDeniedException", f"Access to backup {backup_arn} of another account is denied")
    table = start_restore(backend, self.body["TargetTableName"], backend.get_backup(backup_arn), self.body)
    if self.body.get("OnDemandThroughputOverride") == {}:
        # AWS rejects the empty override only after it has started the restore.
        raise error("ValidationException", "OnDemandThroughputOverride must set at least one maximum")
    return DynamoResult(table.describe())


@replaces(
    RestoredTable,
    "describe",
    because="on AWS RestoreSummary is gone once the table is ACTIVE, and items are counted hours later",
    source="measured",
    written_against="1fd756be",
)
def _describe_restored(
    original: Callable[..., dict[str, Any]], self: RestoredTable, base_key: str = "TableDescription"
) -> dict[str, Any]:
    description = original(self, base_key)
    table = description[base_key]
    table["ItemCount"] = 0
    if self.restoring:
        table["TableStatus"] = "CREATING"
        table["RestoreSummary"]["RestoreInProgress"] = True
        for index in table["GlobalSecondaryIndexes"]:
            index["IndexStatus"] = "CREATING"
    else:
        del table["RestoreSummary"]
        if is_updating(self):
            table["TableStatus"] = "UPDATING"
    return description


def is_updating(table: Table) -> bool:
    """Whether an earlier UpdateTable is still in progress."""
    return isinstance(table, RestoredTable) and time.monotonic() < table.updating_until
