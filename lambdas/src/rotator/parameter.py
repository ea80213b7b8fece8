"""The SSM parameter that points at the newest copy of a source table.

Its description says what it points at and which rule set it, for people in the console and for later rotations. A
parameter without such a description, with a value that contradicts it, or of another type, belongs to somebody else and
stays as it is. A rule may adopt one without such a description.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from rotator.aws_errors import translated_errors
from rotator.clients import Clients
from rotator.errors import ParameterFull, ParameterTaken, TemporaryFailure
from rotator.logs import logger
from rotator.metrics import put_switch_metric
from rotator.settings import RotationSettings
from rotator.state import Invocation, RotationState, UpdateSSMParameterOutput
from rotator.timestamps import parse_iso8601, to_table_name_suffix

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import ParameterHistoryTypeDef

_TYPE: Final = "String"
_MOST_VERSIONS = 100


@dataclass(frozen=True)
class Copy:
    """What a parameter points at: a copy of a source table by a rule, as of the start time of its backup."""

    source_table_arn: str
    backup_time: str
    recovery_point_arn: str
    rule: str
    module: str

    _DESCRIPTION = re.compile(r"Copy of (\S+) from the backup of (\S+), (\S+), by the rule (\S+) of the module (\S+)")

    @classmethod
    def of(cls, state: RotationState, module: str) -> Self:
        message = state["BackupSnsMessage"]
        return cls(
            source_table_arn=message["BackedUpResourceArn"],
            backup_time=message["StartTime"],
            recovery_point_arn=message["RecoveryPointArn"],
            rule=state["Rule"],
            module=module,
        )

    @classmethod
    def described_by(cls, description: str) -> Self | None:
        match = cls._DESCRIPTION.fullmatch(description)
        return cls(*match.groups()) if match else None

    def may_be(self, table_arn: str) -> bool:
        """Whether the ARN is that of a table with the time of this copy in its name."""
        try:
            suffix = to_table_name_suffix(parse_iso8601(self.backup_time))
        except ValueError:
            return False
        return ":table/" in table_arn and table_arn.endswith(suffix)

    @property
    def owner(self) -> tuple[str, str, str]:
        """What a parameter belongs to."""
        return self.source_table_arn, self.rule, self.module

    @property
    def description(self) -> str:
        return (
            f"Copy of {self.source_table_arn} from the backup of {self.backup_time}, {self.recovery_point_arn}, "
            f"by the rule {self.rule} of the module {self.module}"
        )


def check_parameter(state: RotationState, module: str, ssm: "SSMClient") -> None:
    """Raises `ParameterTaken` where the target parameter belongs to something else, and `ParameterFull`."""
    history = _history(state["TargetParameterName"], ssm)
    if history:
        _copy_in(_newest(history), Copy.of(state, module), adopt=state.get("AdoptParameter", False))
        _check_room(history)


def point_parameter_at_table(
    invocation: Invocation, settings: RotationSettings, clients: Clients
) -> UpdateSSMParameterOutput:
    """Sets the target parameter to the ARN of the target table, or leaves it at the copy of a later backup.

    Raises `ParameterTaken`.
    """
    output = _point_at_table(invocation["State"], settings.module, clients.ssm)
    put_switch_metric(
        invocation,
        left_at_later_copy=output["Value"] != invocation["State"]["DescribeTableOutput"]["Table"]["TableArn"],
    )
    return output


def _point_at_table(state: RotationState, module: str, ssm: "SSMClient") -> UpdateSSMParameterOutput:
    name, copy = state["TargetParameterName"], Copy.of(state, module)
    table_arn = state["DescribeTableOutput"]["Table"]["TableArn"]
    history = _history(name, ssm)
    current = _newest(history) if history else None
    theirs = _copy_in(current, copy, adopt=state.get("AdoptParameter", False)) if current else None
    if current and theirs:
        # Both are ISO 8601 in UTC with milliseconds, so they sort as text.
        if theirs.backup_time > copy.backup_time:
            logger.info("Parameter left at the copy of a later backup", parameter=name, table_arn=current["Value"])
            return _output(current)
        if current["Value"] == table_arn:
            logger.info("Parameter points at the table already", parameter=name, table_arn=table_arn)
            return _output(current)
    version = current["Version"] if current else 0
    output = _put(name, table_arn, copy, ssm, is_new=current is None)
    # Another rotation may have set it between reading and writing.
    while later := _latest_copy_since(version, name, ssm, other_than=copy):
        table_arn, copy = later
        output = _put(name, table_arn, copy, ssm)
    return output


def values_of(name: str, ssm: "SSMClient") -> list[str]:
    """What the parameter holds, and what it held before, each value once."""
    history = _history(name, ssm) if name else []
    newest_first = sorted(history, key=lambda version: version["Version"], reverse=True)
    return list(dict.fromkeys(version["Value"] for version in newest_first))


def _latest_copy_since(version: int, name: str, ssm: "SSMClient", *, other_than: Copy) -> tuple[str, Copy] | None:
    """The copy of the latest backup that the parameter has pointed at since a version, if that backup is later."""
    since = [
        (copy.backup_time, entry["Value"], copy)
        for entry in _history(name, ssm)
        if entry["Version"] > version and (copy := Copy.described_by(entry.get("Description", "")))
    ]
    later = [found for found in since if found[0] > other_than.backup_time and found[2].owner == other_than.owner]
    if not later:
        return None
    _, table_arn, copy = max(later, key=lambda found: found[0])
    return table_arn, copy


def _put(name: str, table_arn: str, copy: Copy, ssm: "SSMClient", *, is_new: bool = False) -> UpdateSSMParameterOutput:
    with translated_errors():
        try:
            response = ssm.put_parameter(
                Name=name, Value=table_arn, Type=_TYPE, Description=copy.description, Overwrite=not is_new
            )
        except ssm.exceptions.ParameterAlreadyExists as error:
            raise TemporaryFailure(f"Somebody else has just created the parameter {name}") from error
    logger.info("Parameter updated", parameter=name, table_arn=table_arn, version=response["Version"])
    return {"Version": response["Version"], "Tier": response["Tier"], "Value": table_arn}


def _newest(history: "list[ParameterHistoryTypeDef]") -> "ParameterHistoryTypeDef":
    return max(history, key=lambda version: version["Version"])


def _history(name: str, ssm: "SSMClient") -> "list[ParameterHistoryTypeDef]":
    """All versions of the parameter. Nothing else includes the description, except a list of all parameters."""
    with translated_errors():
        try:
            pages = ssm.get_paginator("get_parameter_history").paginate(Name=name)
            return [version for page in pages for version in page["Parameters"]]
        except ssm.exceptions.ParameterNotFound:
            return []


def _copy_in(current: "ParameterHistoryTypeDef", copy: Copy, *, adopt: bool) -> Copy | None:
    """The copy that the parameter points at, or `None` where the rule adopts a parameter that somebody else created.

    Raises `ParameterTaken`.
    """
    theirs = Copy.described_by(current.get("Description", "")) if current["Type"] == _TYPE else None
    if theirs is None and adopt and current["Type"] == _TYPE:
        logger.info("Parameter adopted", parameter=current["Name"], value=current["Value"])
        return None
    if theirs is None or not theirs.may_be(current["Value"]):
        raise ParameterTaken(
            f"The parameter {current['Name']} ({current['Type']}) was not set by this module, or has been changed "
            "since, so it stays as it is. Change ssm_parameter_name, or set ssm_parameter_adopt to take over a "
            f"parameter of the type {_TYPE} that somebody has created in advance."
        )
    if theirs.owner != copy.owner:
        raise ParameterTaken(
            f"The parameter {current['Name']} points at a copy of {theirs.source_table_arn} by the rule {theirs.rule} "
            f"of the module {theirs.module}, and cannot point at one of {copy.source_table_arn} by the rule "
            f"{copy.rule} of the module {copy.module} as well. Give each table, rule and module its own parameter. For "
            "tables, use a reference such as $1 in ssm_parameter_name."
        )
    return theirs


def _check_room(history: "list[ParameterHistoryTypeDef]") -> None:
    """Systems Manager makes room by deleting the oldest version, unless it has a label.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html
    """
    oldest = min(history, key=lambda version: version["Version"])
    if len(history) >= _MOST_VERSIONS and (labels := oldest.get("Labels")):
        raise ParameterFull(
            f"The parameter {oldest['Name']} has {len(history)} versions, and the oldest, {oldest['Version']}, has "
            f"the label {', '.join(labels)}, so Systems Manager refuses another one. Move the label to a later one."
        )


def _output(current: "ParameterHistoryTypeDef") -> UpdateSSMParameterOutput:
    return {"Version": current["Version"], "Tier": current["Tier"], "Value": current["Value"]}
