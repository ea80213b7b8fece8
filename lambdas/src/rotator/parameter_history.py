"""The versions of an SSM parameter: which copies it points at and pointed at before, and whether it is held at one.

The description of each version says so, for people in the console and for later rotations. A version without such a
description, with a value that contradicts it, or of another type, was set by somebody else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self

from rotator.aws_errors import translated_errors
from rotator.errors import ParameterFull, TemporaryFailure
from rotator.logs import logger
from rotator.state import RotationState
from rotator.timestamps import parse_iso8601, to_table_name_suffix

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.literals import ParameterTierType
    from mypy_boto3_ssm.type_defs import ParameterHistoryTypeDef

TYPE: Final = "String"
_MOST_VERSIONS = 100

_HELD = ", held until released"
_DESCRIPTION = re.compile(
    r"Copy of (?P<source_table_arn>\S+) from the backup of (?P<backup_time>\S+), (?P<recovery_point_arn>\S+), "
    r"(?:requested at (?P<request_time>\S+), )?by the rule (?P<rule>\S+) of the module (?P<module>\S+?)"
    rf"(?P<held>{_HELD})?"
)
_TABLE = re.compile(r"(?:arn:[^:]+:dynamodb:[^:]*:[^:]*:table/)?[a-zA-Z0-9_.-]+", re.ASCII)


@dataclass(frozen=True)
class Copy:
    """A copy of a source table by a rule. `request_time` is empty, except for a refresh."""

    source_table_arn: str
    backup_time: str
    recovery_point_arn: str
    request_time: str
    rule: str
    module: str

    @classmethod
    def of(cls, state: RotationState, module: str) -> Self:
        message = state["BackupSnsMessage"]
        return cls(
            source_table_arn=message["BackedUpResourceArn"],
            backup_time=message["StartTime"],
            recovery_point_arn=message["RecoveryPointArn"],
            request_time=state.get("RequestTime", ""),
            rule=state["Rule"],
            module=module,
        )

    @property
    def time(self) -> datetime:
        """The time in the name of the table, by which copies are ordered."""
        return parse_iso8601(self.request_time or self.backup_time)

    @property
    def owner(self) -> tuple[str, str, str]:
        """What a parameter belongs to."""
        return self.source_table_arn, self.rule, self.module

    @property
    def description(self) -> str:
        requested = f"requested at {self.request_time}, " if self.request_time else ""
        return (
            f"Copy of {self.source_table_arn} from the backup of {self.backup_time}, {self.recovery_point_arn}, "
            f"{requested}by the rule {self.rule} of the module {self.module}"
        )

    def may_be(self, value: str) -> bool:
        """Whether the value is the ARN or the name of a table with the time of this copy in its name."""
        try:
            suffix = to_table_name_suffix(self.time)
        except ValueError:
            return False
        return _TABLE.fullmatch(value) is not None and value.endswith(suffix)


@dataclass(frozen=True)
class Version:
    """A version of a parameter that some instance of the module has set."""

    number: int
    tier: "ParameterTierType"
    value: str
    copy: Copy
    held: bool

    @classmethod
    def read(cls, entry: "ParameterHistoryTypeDef") -> Self | None:
        """`None` where somebody else has set it."""
        described = _DESCRIPTION.fullmatch(entry.get("Description", ""))
        if entry["Type"] != TYPE or described is None:
            return None
        fields = described.groupdict(default="")
        held = bool(fields.pop("held"))
        copy = Copy(**fields)
        if not copy.may_be(entry["Value"]):
            return None
        return cls(number=entry["Version"], tier=entry["Tier"], value=entry["Value"], copy=copy, held=held)

    @property
    def table_name(self) -> str:
        return table_name_in(self.value)


def is_described(entry: "ParameterHistoryTypeDef") -> bool:
    """Whether the description is one of the module's, whatever the value is."""
    return _DESCRIPTION.fullmatch(entry.get("Description", "")) is not None


def table_name_in(value: str) -> str:
    """The name of the table that a parameter points at by its ARN or by its name."""
    return value.rpartition("/")[2]


def history_of(name: str, ssm: "SSMClient") -> "list[ParameterHistoryTypeDef]":
    """All versions of the parameter, the oldest first.

    Nothing else includes the description, except a list of all parameters.
    """
    with translated_errors():
        try:
            pages = ssm.get_paginator("get_parameter_history").paginate(Name=name)
            entries = [entry for page in pages for entry in page["Parameters"]]
        except ssm.exceptions.ParameterNotFound:
            return []
    return sorted(entries, key=lambda entry: entry["Version"])


def tables_of(name: str, ssm: "SSMClient") -> list[str]:
    """The tables that the parameter points at or pointed at before, the latest first, each once."""
    newest_first = reversed(history_of(name, ssm)) if name else ()
    return list(dict.fromkeys(table_name_in(entry["Value"]) for entry in newest_first))


def current_in(history: "list[ParameterHistoryTypeDef]") -> Version | None:
    """The newest version, or the one at which the parameter is held. `None` where somebody else set it last."""
    return held_in(history) or Version.read(history[-1])


def held_in(history: "list[ParameterHistoryTypeDef]") -> Version | None:
    """The version at which the parameter is held, until one without the hold points at the same copy.

    A rotation that did not see the hold may have set the parameter to another copy since.
    """
    held: Version | None = None
    for version in map(Version.read, history):
        if version is None or version.held:
            held = version
        elif held and version.copy == held.copy:
            held = None
    return held


def tier_of(history: "list[ParameterHistoryTypeDef]") -> "ParameterTierType | None":
    """The tier of the parameter. `None` where there is no parameter yet."""
    return history[-1]["Tier"] if history else None


def put_version(
    name: str,
    value: str,
    copy: Copy,
    ssm: "SSMClient",
    *,
    tier: "ParameterTierType | None",
    held: bool = False,
) -> Version:
    """Sets the parameter, or creates it where it has no `tier` yet.

    Without one, Systems Manager takes the account's default, and does not document what that does to another tier.
    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
    """
    kept: Mapping[str, Any] = {"Tier": tier} if tier else {}
    description = copy.description + (_HELD if held else "")
    with translated_errors():
        try:
            response = ssm.put_parameter(
                Name=name, Value=value, Type=TYPE, Description=description, Overwrite=bool(tier), **kept
            )
        except ssm.exceptions.ParameterAlreadyExists as error:
            raise TemporaryFailure(f"Somebody else has just created the parameter {name}") from error
    logger.info("Parameter updated", parameter=name, value=value, version=response["Version"])
    return Version(number=response["Version"], tier=response["Tier"], value=value, copy=copy, held=held)


def check_room(history: "list[ParameterHistoryTypeDef]") -> None:
    """Raises `ParameterFull`.

    Systems Manager makes room by deleting the oldest version, unless it has a label
    (https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html).
    """
    oldest = history[0]
    if len(history) >= _MOST_VERSIONS and (labels := oldest.get("Labels")):
        raise ParameterFull(
            f"The parameter {oldest['Name']} has {len(history)} versions, and the oldest, {oldest['Version']}, has "
            f"the label {', '.join(labels)}, so Systems Manager refuses another one. Move the label to a later one."
        )
