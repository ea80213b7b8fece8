"""Bringing a restored table to the settings that its rule asks for."""

from rotator.after_restore import (
    change_billing_mode,
    change_encryption,
    change_on_demand_throughput,
    change_provisioned_throughput,
    leave_out_indexes,
)
from rotator.carry_over.auto_scaling import carry_over_auto_scaling
from rotator.carry_over.contributor_insights import carry_over_contributor_insights
from rotator.carry_over.kinesis_destination import carry_over_kinesis_destination
from rotator.carry_over.point_in_time_recovery import carry_over_point_in_time_recovery
from rotator.carry_over.resource_policy import carry_over_resource_policy
from rotator.carry_over.tables import Setting, Tables
from rotator.carry_over.tags import carry_over_tags
from rotator.carry_over.time_to_live import carry_over_time_to_live
from rotator.carry_over.update_table import carry_over_deletion_protection, carry_over_stream, carry_over_table_class
from rotator.clients import Clients
from rotator.errors import NotYet, RotationError, TableNotFound, TemporaryFailure
from rotator.logs import logger
from rotator.state import ConfigureTableOutput, Invocation, RotationState
from rotator.target_table import describe_target_table

_FAILED = "failed: "

_RESTORE_OPTIONS: dict[str, Setting] = {
    "ExcludedIndexes": leave_out_indexes,
    "BillingMode": change_billing_mode,
    "ProvisionedThroughput": change_provisioned_throughput,
    "OnDemandThroughput": change_on_demand_throughput,
    "Encryption": change_encryption,
}
# Auto scaling needs the billing mode, and comes last as it begins to change the capacity.
_CARRY_OVER: dict[str, Setting] = {
    "tags": carry_over_tags,
    "time_to_live": carry_over_time_to_live,
    "point_in_time_recovery": carry_over_point_in_time_recovery,
    "resource_policy": carry_over_resource_policy,
    "table_class": carry_over_table_class,
    "stream": carry_over_stream,
    "kinesis_destination": carry_over_kinesis_destination,
    "contributor_insights": carry_over_contributor_insights,
    "deletion_protection": carry_over_deletion_protection,
    "auto_scaling": carry_over_auto_scaling,
}


def configure_table(invocation: Invocation, clients: Clients) -> ConfigureTableOutput:
    """Brings the target table to the settings that the rule asks for, one after the other.

    It is called again until all are there, and raises `NotYet` as long as DynamoDB is at work on one of them; also
    raises `TableNotFound`. A setting that can't be had does not keep the others back: the output says why.
    """
    state = invocation["State"]
    tables = Tables(state, describe_target_table(state, clients.dynamodb), clients)
    outcomes = {name: _outcome(setting, tables) for name, setting in _settings_of(state).items()}
    logger.info("Table configured", target_table=tables.target_name, settings=outcomes)
    failures = [f"{name} {outcome}" for name, outcome in outcomes.items() if outcome.startswith(_FAILED)]
    return {"Settings": outcomes, "Failure": "; ".join(failures)}


def _settings_of(state: RotationState) -> dict[str, Setting]:
    options = {name: setting for name, setting in _RESTORE_OPTIONS.items() if name in state["Restore"]}
    wanted = {*state["CarryOver"], *(["tags"] if state["Tags"] else [])}
    return options | {name: setting for name, setting in _CARRY_OVER.items() if name in wanted}


def _outcome(setting: Setting, tables: Tables) -> str:
    try:
        return "applied" if setting(tables) else "absent at the source"
    except (NotYet, TemporaryFailure, TableNotFound):
        raise
    except RotationError as error:
        return f"{_FAILED}{type(error).__name__}: {error}"
