"""Giving a copy the shape that its rule asks for."""

from rotator.clients import Clients
from rotator.configure.restore_options import (
    change_billing_mode,
    change_encryption,
    change_on_demand_throughput,
    change_provisioned_throughput,
    leave_out_indexes,
)
from rotator.configure.table_class import carry_over_table_class
from rotator.state import ConfigureTableOutput, Invocation, RotationState
from rotator.table_settings import TableSetting, apply_settings

# Indexes first, so that nothing is set for an index that goes.
_RESTORE_OPTIONS = {
    "ExcludedIndexes": TableSetting(leave_out_indexes),
    "BillingMode": TableSetting(change_billing_mode),
    "ProvisionedThroughput": TableSetting(change_provisioned_throughput),
    "OnDemandThroughput": TableSetting(change_on_demand_throughput),
    "Encryption": TableSetting(change_encryption),
}


def configure_table(invocation: Invocation, clients: Clients) -> ConfigureTableOutput:
    """Applies what the rule asks for and the restore did not do. Raises as `apply_settings` does."""
    return {"Settings": apply_settings(_settings_of(invocation["State"]), invocation, clients)}


def _settings_of(state: RotationState) -> dict[str, TableSetting]:
    settings = {name: setting for name, setting in _RESTORE_OPTIONS.items() if name in state["Restore"]}
    if "table_class" in state["CarryOver"]:
        settings["table_class"] = TableSetting(carry_over_table_class, needs_source=True)
    return settings
