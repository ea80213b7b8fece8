"""The SSM parameter that points at the newest copy of a source table.

Its description says what it points at, for people in the console and for later rotations. A parameter without such a
description, with a value that contradicts it, or of another type, belongs to somebody else and stays as it is.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from rotator.aws_errors import translated_errors
from rotator.clients import Clients
from rotator.errors import ParameterTaken, TemporaryFailure
from rotator.logs import logger
from rotator.state import Invocation, RotationState, UpdateSSMParameterOutput
from rotator.timestamps import parse_iso8601, to_table_name_suffix

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import ParameterHistoryTypeDef

_TYPE: Final = "String"


@dataclass(frozen=True)
class Copy:
    """What a parameter points at: a copy of a source table, as of the start time of its backup."""

    source_table_arn: str
    backup_time: str
    recovery_point_arn: str

    _DESCRIPTION = re.compile(r"Copy of (\S+) from the backup of (\S+), (\S+)")

    @classmethod
    def of(cls, state: RotationState) -> Self:
        message = state["BackupSnsMessage"]
        return cls(message["BackedUpResourceArn"], message["StartTime"], message["RecoveryPointArn"])

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
    def description(self) -> str:
        return f"Copy of {self.source_table_arn} from the backup of {self.backup_time}, {self.recovery_point_arn}"


def check_parameter(state: RotationState, ssm: "SSMClient") -> None:
    """Raises `ParameterTaken` where the target parameter holds something other than a copy of the source table."""
    current = _current(state["TargetParameterName"], ssm)
    if current:
        _check_ours(current, Copy.of(state))


def point_parameter_at_table(invocation: Invocation, clients: Clients) -> UpdateSSMParameterOutput:
    """Sets the target parameter to the ARN of the target table, or leaves it at the copy of a later backup.

    Raises `ParameterTaken`.
    """
    state, ssm = invocation["State"], clients.ssm
    name, copy = state["TargetParameterName"], Copy.of(state)
    table_arn = state["DescribeTableOutput"]["Table"]["TableArn"]
    current = _current(name, ssm)
    if current:
        theirs = _check_ours(current, copy)
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


def current_and_previous_value(name: str, ssm: "SSMClient") -> list[str]:
    """What the parameter holds, and what it held before. A value that was set again counts once."""
    values: list[str] = []
    for version in sorted(_history(name, ssm) if name else [], key=lambda version: version["Version"], reverse=True):
        if version["Value"] not in values:
            values.append(version["Value"])
    return values[:2]


def _latest_copy_since(version: int, name: str, ssm: "SSMClient", *, other_than: Copy) -> tuple[str, Copy] | None:
    """The copy of the latest backup that the parameter has pointed at since a version, if that backup is later."""
    since = [
        (copy.backup_time, entry["Value"], copy)
        for entry in _history(name, ssm)
        if entry["Version"] > version and (copy := Copy.described_by(entry.get("Description", "")))
    ]
    later = [found for found in since if found[0] > other_than.backup_time]
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


def _current(name: str, ssm: "SSMClient") -> "ParameterHistoryTypeDef | None":
    return max(_history(name, ssm), key=lambda version: version["Version"], default=None)


def _history(name: str, ssm: "SSMClient") -> "list[ParameterHistoryTypeDef]":
    """All versions of the parameter. Nothing else includes the description, except a list of all parameters."""
    with translated_errors():
        try:
            pages = ssm.get_paginator("get_parameter_history").paginate(Name=name)
            return [version for page in pages for version in page["Parameters"]]
        except ssm.exceptions.ParameterNotFound:
            return []


def _check_ours(current: "ParameterHistoryTypeDef", copy: Copy) -> Copy:
    theirs = Copy.described_by(current.get("Description", "")) if current["Type"] == _TYPE else None
    if theirs is None or not theirs.may_be(current["Value"]):
        raise ParameterTaken(
            f"The parameter {current['Name']} ({current['Type']}) was not set by this module, or has been changed "
            "since, so it stays as it is. Delete it, or change ssm_parameter_name."
        )
    if theirs.source_table_arn != copy.source_table_arn:
        raise ParameterTaken(
            f"The parameter {current['Name']} points at a copy of {theirs.source_table_arn}, and cannot point at one "
            f"of {copy.source_table_arn} as well. Give each table its own parameter with a reference such as $1 in "
            "ssm_parameter_name, or delete the parameter."
        )
    return theirs


def _output(current: "ParameterHistoryTypeDef") -> UpdateSSMParameterOutput:
    return {"Version": current["Version"], "Tier": current["Tier"], "Value": current["Value"]}
