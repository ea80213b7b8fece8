"""Carrying over settings from the source table."""

from rotator.carry_over.auto_scaling import carry_over_auto_scaling
from rotator.carry_over.contributor_insights import carry_over_contributor_insights
from rotator.carry_over.deletion_protection import carry_over_deletion_protection
from rotator.carry_over.kinesis_destination import carry_over_kinesis_destination
from rotator.carry_over.point_in_time_recovery import carry_over_point_in_time_recovery
from rotator.carry_over.resource_policy import carry_over_resource_policy
from rotator.carry_over.stream import carry_over_stream
from rotator.carry_over.time_to_live import carry_over_time_to_live
from rotator.clients import Clients
from rotator.state import CarryOverSettingsOutput, Invocation
from rotator.table_settings import TableSetting, apply_settings

# Auto scaling comes last, as it starts to change the capacity. A native backup records stream and time to live.
_SETTINGS = {
    "time_to_live": TableSetting(carry_over_time_to_live),
    "point_in_time_recovery": TableSetting(carry_over_point_in_time_recovery, needs_source=True),
    "resource_policy": TableSetting(carry_over_resource_policy, needs_source=True),
    "stream": TableSetting(carry_over_stream),
    "kinesis_destination": TableSetting(carry_over_kinesis_destination, needs_source=True),
    "contributor_insights": TableSetting(carry_over_contributor_insights, needs_source=True),
    "deletion_protection": TableSetting(carry_over_deletion_protection, needs_source=True),
    "auto_scaling": TableSetting(carry_over_auto_scaling, needs_source=True),
}


def carry_over_settings(invocation: Invocation, clients: Clients) -> CarryOverSettingsOutput:
    """Carries over what the rule asks for. Raises as `apply_settings` does."""
    wanted = {name: setting for name, setting in _SETTINGS.items() if name in invocation["State"]["CarryOver"]}
    return {"Settings": apply_settings(wanted, invocation, clients)}
