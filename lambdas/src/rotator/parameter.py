"""The SSM parameter that points at the newest copy of a source table, as a rotation checks and sets it.

What somebody else set stays as it is, except where a rule adopts a parameter that was created in advance.
"""

from typing import TYPE_CHECKING

from rotator.clients import Clients
from rotator.errors import ParameterTaken
from rotator.logs import logger
from rotator.metrics import put_switch_metrics
from rotator.parameter_history import (
    TYPE,
    Copy,
    Version,
    check_room,
    current_in,
    held_in,
    history_of,
    is_described,
    put_version,
    tier_of,
)
from rotator.settings import RotationSettings
from rotator.state import Invocation, RotationState, UpdateSSMParameterOutput

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import ParameterHistoryTypeDef


def check_parameter(state: RotationState, module: str, ssm: "SSMClient") -> None:
    """Raises `ParameterTaken` where the target parameter belongs to something else, and `ParameterFull`."""
    history = history_of(state["TargetParameterName"], ssm)
    if history:
        _current(history, Copy.of(state, module), adopt=state.get("AdoptParameter", False))
        check_room(history)


def point_parameter_at_table(
    invocation: Invocation, settings: RotationSettings, clients: Clients
) -> UpdateSSMParameterOutput:
    """Points the target parameter at the target table, unless it is held or points at a later copy.

    Raises `ParameterTaken`.
    """
    state = invocation["State"]
    version = _point_at_table(state, settings.module, clients.ssm)
    is_left = version.table_name != state["TargetTableName"]
    if is_left:
        message = "Parameter left alone, because it is held" if version.held else "Parameter left at a later copy"
        logger.info(message, parameter=state["TargetParameterName"], value=version.value)
    put_switch_metrics(invocation, left_at_later_copy=is_left and not version.held, left_held=is_left and version.held)
    return {"Version": version.number, "Tier": version.tier, "Value": version.value, "Held": version.held}


def _point_at_table(state: RotationState, module: str, ssm: "SSMClient") -> Version:
    name, copy, value = state["TargetParameterName"], Copy.of(state, module), _value(state)
    history = history_of(name, ssm)
    newest, tier = history[-1]["Version"] if history else 0, tier_of(history)
    current = _current(history, copy, adopt=state.get("AdoptParameter", False)) if history else None
    if current and current.held:
        # A rotation that did not see the hold may have set it since.
        if current.number == newest:
            return current
        return put_version(name, current.value, current.copy, ssm, tier=tier, held=True)
    if current and (current.copy.time > copy.time or current.value == value):
        return current
    version = put_version(name, value, copy, ssm, tier=tier)
    # Another rotation or a person may have set it between reading and writing.
    while overruling := _overruling(version, history_of(name, ssm), since=newest):
        if overruling.number > version.number:
            return overruling
        version = put_version(name, overruling.value, overruling.copy, ssm, tier=version.tier, held=overruling.held)
    return version


def _value(state: RotationState) -> str:
    if state.get("ParameterValue") == "name":
        return state["TargetTableName"]
    return str(state["DescribeTableOutput"]["Table"]["TableArn"])


def _overruling(version: Version, history: "list[ParameterHistoryTypeDef]", *, since: int) -> Version | None:
    """What a version must not replace: a hold, or a later copy that another rotation has set since."""
    held = held_in(history)
    if held:
        return None if version.held and version.copy == held.copy else held
    later = [
        other
        for other in map(Version.read, history)
        if other
        and other.number > since
        and other.copy.owner == version.copy.owner
        and other.copy.time > version.copy.time
    ]
    return max(later, key=lambda other: other.copy.time, default=None)


def _current(history: "list[ParameterHistoryTypeDef]", copy: Copy, *, adopt: bool) -> Version | None:
    """What the parameter points at, or `None` where the rule adopts a parameter that somebody else created.

    Raises `ParameterTaken`.
    """
    newest, current = history[-1], current_in(history)
    if current is None:
        if adopt and newest["Type"] == TYPE and not is_described(newest):
            logger.info("Parameter adopted", parameter=newest["Name"], value=newest["Value"])
            return None
        raise ParameterTaken(
            f"The parameter {newest['Name']} ({newest['Type']}) was not set by this module, or has been changed "
            "since, so it stays as it is. Change ssm_parameter_name, or set ssm_parameter_adopt to take over a "
            f"parameter of the type {TYPE} that somebody has created in advance."
        )
    theirs = current.copy
    if theirs.owner != copy.owner:
        raise ParameterTaken(
            f"The parameter {newest['Name']} points at a copy of {theirs.source_table_arn} by the rule {theirs.rule} "
            f"of the module {theirs.module}, and cannot point at one of {copy.source_table_arn} by the rule "
            f"{copy.rule} of the module {copy.module} as well. Give each table, rule and module its own parameter. For "
            "tables, use a reference such as $1 in ssm_parameter_name."
        )
    return current
