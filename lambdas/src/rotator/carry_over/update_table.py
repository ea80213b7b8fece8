"""Stream, table class and protection against deletion.

DynamoDB changes one of them at a time, and takes the next one when the table is `ACTIVE` again
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html).
"""

from typing import Any

from rotator.aws_errors import answered
from rotator.carry_over.tables import Tables
from rotator.errors import NotYet

_STANDARD = "STANDARD"


def carry_over_stream(tables: Tables) -> bool:
    def view_type(specification: dict[str, Any]) -> str | None:
        return specification.get("StreamViewType") if specification.get("StreamEnabled") else None

    source = tables.recorded.get("StreamDescription") if tables.source is None else None
    wanted = view_type(source or (tables.source or {}).get("StreamSpecification", {}))
    if wanted is None:
        return False
    if view_type(tables.target.get("StreamSpecification", {})) != wanted:
        update(tables, StreamSpecification={"StreamEnabled": True, "StreamViewType": wanted})
    return True


def carry_over_table_class(tables: Tables) -> bool:
    def table_class(table: dict[str, Any]) -> str:
        return str(table.get("TableClassSummary", {}).get("TableClass", _STANDARD))

    wanted = table_class(tables.existing_source)
    if table_class(tables.target) != wanted:
        update(tables, TableClass=wanted)
    return wanted != _STANDARD


def carry_over_deletion_protection(tables: Tables) -> bool:
    if not tables.existing_source.get("DeletionProtectionEnabled"):
        return False
    if not tables.target.get("DeletionProtectionEnabled"):
        update(tables, DeletionProtectionEnabled=True)
    return True


def update(tables: Tables, **change: Any) -> None:  # noqa: ANN401
    """Begins one change of the copy, and always raises: `NotYet` at best, for the change takes time."""
    with answered():
        tables.clients.dynamodb.update_table(TableName=tables.target_name, **change)
    raise NotYet(f"The table {tables.target_name} is being changed: {', '.join(change)}")
