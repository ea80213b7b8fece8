"""What a rule wants of a restore and AWS Backup does not take, applied to the copy after the restore."""

from typing import Any

from rotator.errors import NotYet
from rotator.indexes import GLOBAL, KINDS, VECTOR, indexes_of
from rotator.recovery_points import NATIVE
from rotator.restore.options import (
    check_billing_mode,
    check_indexes_exist,
    local_indexes_stay,
    sse_specification,
)
from rotator.tables import Tables
from rotator.target_table import ON_DEMAND, billing_mode_of, is_encrypted_as


def leave_out_indexes(tables: Tables) -> bool:
    """DynamoDB deletes one index at a time.

    An index that the copy lacks was deleted before, if the restore had brought it. Of a native backup, the restore
    itself leaves it out, once it has checked that the backup has it.
    """
    excluded = tables.state["Restore"].get("ExcludedIndexes", [])
    if tables.state["RecoveryPointKind"] != NATIVE:
        check_indexes_exist(excluded, tables.state["DescribeTableOutput"]["Table"])
    for kind in KINDS:
        left = {name: index for name, index in indexes_of(tables.target, kind).items() if name in excluded}
        if left and not kind.update:
            raise local_indexes_stay(left)
        for name, index in left.items():
            if index.get("IndexStatus") == "DELETING":
                raise NotYet(f"The index {name} of {tables.target_name} is being deleted")
            tables.update_target(**{kind.update: [{"Delete": {"IndexName": name}}]})
    return True


def change_billing_mode(tables: Tables) -> bool:
    options = tables.state["Restore"]
    wanted = options["BillingMode"]
    check_billing_mode(options, indexes_of(tables.target, VECTOR))
    if billing_mode_of(tables.target) != wanted:
        if wanted == ON_DEMAND:
            tables.update_target(BillingMode=wanted)
        else:
            tables.update_target(BillingMode=wanted, **_capacity(tables, tables.target_global_indexes))
    return True


def change_provisioned_throughput(tables: Tables) -> bool:
    """The capacity of the table, and of each index that the restore left with another one."""
    wanted = tables.state["Restore"]["ProvisionedThroughput"]
    others = [name for name, index in indexes_of(tables.target, GLOBAL).items() if not _has(index, wanted)]
    if others or not _has(tables.target, wanted):
        tables.update_target(**_capacity(tables, others, of_table=not _has(tables.target, wanted)))
    return True


def change_on_demand_throughput(tables: Tables) -> bool:
    wanted = tables.state["Restore"]["OnDemandThroughput"]
    there = tables.target.get("OnDemandThroughput", {})
    if any(there.get(key) != value for key, value in wanted.items()):
        tables.update_target(OnDemandThroughput=wanted)
    return True


def change_encryption(tables: Tables) -> bool:
    wanted = tables.state["Restore"]["Encryption"]
    if tables.target.get("SSEDescription", {}).get("Status") in ("ENABLING", "DISABLING", "UPDATING"):
        raise NotYet(f"The encryption of {tables.target_name} is being changed")
    if not is_encrypted_as(wanted, tables.target):
        tables.update_target(SSESpecification=sse_specification(wanted))
    return True


def _has(described: dict[str, Any], wanted: Any) -> bool:  # noqa: ANN401
    there = described.get("ProvisionedThroughput", {})
    return all(there.get(key) == value for key, value in wanted.items())


def _capacity(tables: Tables, index_names: list[str], *, of_table: bool = True) -> dict[str, Any]:
    wanted = tables.state["Restore"]["ProvisionedThroughput"]
    change: dict[str, Any] = {"ProvisionedThroughput": wanted} if of_table else {}
    if index_names:
        change[GLOBAL.update] = [
            {"Update": {"IndexName": name, "ProvisionedThroughput": wanted}} for name in index_names
        ]
    return change
