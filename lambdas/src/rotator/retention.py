"""Deleting the oldest copies of a source table and those that failed rotations left, and nothing else.

A table is deleted only if all of this holds:

- its name has the form that the rule gives to copies of the source table;
- it carries the tags of this module, this rule and this source table, and the id that it had when it got them;
- it is not one of the newest copies that the rule keeps, or it was never switched to and is of an older backup;
- it is not the one that this rotation created, nor one whose rotation is running;
- the parameter neither points at it nor did so just before, and rolling back would not lead to it;
- it is not protected against deletion, and DynamoDB is not changing it.

The function's policy demands the same tags and names, so that AWS would refuse a mistake made here.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, Literal

from botocore.exceptions import ClientError

from rotator.aws_errors import code_of, translated_errors
from rotator.carry_over.auto_scaling import end_auto_scaling
from rotator.clients import Clients
from rotator.errors import DeletionNotAllowed
from rotator.logs import logger
from rotator.ownership import ROTATION, is_copy_by_rule, tags_of
from rotator.parameter_history import table_name_in, tables_of
from rotator.settings import RotationSettings
from rotator.state import DeleteOldTablesOutput, Invocation, KeptTable, RotationState
from rotator.table_description import describe_table
from rotator.timestamps import TABLE_NAME_SUFFIX_PATTERN

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_stepfunctions import SFNClient

_HOW_TO_ENABLE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/abac-enable-ddb.html"

End = Literal["RUNNING", "SWITCHED", "NOT_SWITCHED"]

RUNNING: Final = "RUNNING"
SWITCHED: Final = "SWITCHED"
"""The rotation is complete, and its parameter, if it has one, pointed at its copy."""
NOT_SWITCHED: Final = "NOT_SWITCHED"
"""The rotation failed, or left its parameter at another copy."""


@dataclass(frozen=True)
class _Copy:
    """A copy of the source table by this rule, and how the rotation that created it has ended."""

    table: dict[str, Any]
    rotation: End

    @property
    def name(self) -> str:
        return str(self.table["TableName"])


def delete_old_tables(invocation: Invocation, settings: RotationSettings, clients: Clients) -> DeleteOldTablesOutput:
    """Deletes the copies of the source table by this rule that are not to stay, except for those in use.

    Raises `DeletionNotAllowed`.
    """
    state = invocation["State"]
    if state["Keep"] < 1:
        raise ValueError(f"Keep is {state['Keep']}: no copy would be left")
    names = _names_of_the_form(state["TargetTableName"], clients.dynamodb)
    tables = tables_of(state["TargetParameterName"], clients.ssm)
    deleted: list[str] = []
    kept: list[KeptTable] = []
    for copy in _copies_not_to_stay(_copies(names, tables, state, settings.module, clients), state):
        # Somebody may have rolled the parameter back in the meantime.
        in_use = _in_use(tables_of(state["TargetParameterName"], clients.ssm), names)
        if reason := _reason_to_keep(copy, state, in_use) or _delete(copy.name, clients.dynamodb):
            kept.append({"TableName": copy.name, "Reason": reason})
        else:
            deleted.append(copy.name)
    if "auto_scaling" in state["CarryOver"]:
        form = _form(state["TargetTableName"])

        def is_deleted(name: str) -> bool:
            # AWS promises no order of the tables that it lists, so `names` may lack some.
            is_missing = form.fullmatch(name) is not None and name not in names
            return name in deleted or (is_missing and describe_table(name, clients.dynamodb) is None)

        end_auto_scaling(is_deleted, clients.application_autoscaling)
    logger.info("Old tables deleted", deleted=deleted, kept=kept)
    return {"Deleted": deleted, "Kept": kept}


def _copies_not_to_stay(copies: Iterator[_Copy], state: RotationState) -> Iterator[_Copy]:
    """All but the newest `Keep` that were switched to. What a failed rotation left stays until it is the older one."""
    still_to_keep = state["Keep"]
    for copy in copies:
        if copy.rotation == NOT_SWITCHED:
            if copy.name < state["TargetTableName"]:
                yield copy
        elif still_to_keep == 0:
            yield copy
        elif copy.rotation == SWITCHED:
            still_to_keep -= 1


def _copies(
    names: list[str], tables: list[str], state: RotationState, module: str, clients: Clients
) -> Iterator[_Copy]:
    """The tables that are copies of the source table by this rule, of the newest backup first.

    Each is described only when its turn comes, so that every attempt deletes some, however many there are.
    """
    dynamodb = clients.dynamodb
    for name in reversed(names):
        table = describe_table(name, dynamodb)
        if table is None or table["TableStatus"] in ("CREATING", "DELETING"):
            continue
        tags = tags_of(table["TableArn"], dynamodb)
        if is_copy_by_rule(tags, table["TableId"], state, module):
            if name in tables:
                yield _Copy(table, SWITCHED)
            elif name == state["TargetTableName"]:
                yield _Copy(table, _end_with(state, name))
            else:
                yield _Copy(table, _end_of(tags.get(ROTATION), name, clients.stepfunctions))


def _end_of(execution_arn: str | None, table_name: str, stepfunctions: "SFNClient") -> End:
    """How the rotation ended. One that Step Functions no longer knows, after 90 days, counts as a success."""
    if execution_arn is None:
        return SWITCHED
    with translated_errors():
        try:
            execution = stepfunctions.describe_execution(executionArn=execution_arn)
        except stepfunctions.exceptions.ExecutionDoesNotExist:
            return SWITCHED
    if execution["status"] == "RUNNING":
        return RUNNING
    if execution["status"] != "SUCCEEDED":
        return NOT_SWITCHED
    return _end_with(json.loads(execution["output"]), table_name)


def _end_with(state: RotationState, table_name: str) -> End:
    switch = state.get("UpdateSSMParameterOutput")
    return NOT_SWITCHED if switch and table_name_in(switch["Value"]) != table_name else SWITCHED


def _form(target_table_name: str) -> re.Pattern[str]:
    """What the names of all copies of the source table by the rule have in common."""
    stem = re.sub(f"{TABLE_NAME_SUFFIX_PATTERN}$", "", target_table_name)
    return re.compile(re.escape(stem) + TABLE_NAME_SUFFIX_PATTERN)


def _names_of_the_form(target_table_name: str, dynamodb: "DynamoDBClient") -> list[str]:
    """Those of the oldest backups first. Seeks by prefix, so that other tables of the account cost nothing.

    The list starts after a name that DynamoDB accepts as one: even an empty stem leaves the three characters `-00`.
    """
    form = _form(target_table_name)
    prefix = re.sub(f"{TABLE_NAME_SUFFIX_PATTERN}$", "-", target_table_name)
    names = takewhile(lambda name: name.startswith(prefix), _names_after(f"{prefix}00", dynamodb))
    # AWS does not promise an order. With one stem, that of the names is that of the times in them.
    return sorted(name for name in names if form.fullmatch(name))


def _names_after(start: str | None, dynamodb: "DynamoDBClient") -> Iterator[str]:
    while start:
        with translated_errors():
            page = dynamodb.list_tables(ExclusiveStartTableName=start)
        yield from page["TableNames"]
        start = page.get("LastEvaluatedTableName")


def _in_use(tables: list[str], names: list[str]) -> set[str]:
    """What the parameter points at, what it pointed at just before, and the copy that rolling back would lead to."""
    earlier = [name for name in names if name in tables and name < tables[0]]
    return {*tables[:2], *earlier[-1:]}


def _reason_to_keep(copy: _Copy, state: RotationState, in_use: set[str]) -> str | None:
    if copy.name == state["TargetTableName"]:
        return "this rotation created it"
    if copy.rotation == RUNNING:
        return "its rotation is running"
    if copy.name in in_use:
        return "the parameter points at it, or did before"
    if copy.table.get("DeletionProtectionEnabled"):
        return "it is protected against deletion"
    if copy.table["TableStatus"] != "ACTIVE":
        return f"it is {copy.table['TableStatus']}"
    return None


def _delete(table_name: str, dynamodb: "DynamoDBClient") -> str | None:
    """Why the table stays after all, if it does: its status may have changed since it was described."""
    with translated_errors(), suppress(dynamodb.exceptions.ResourceNotFoundException):
        try:
            dynamodb.delete_table(TableName=table_name)
        except dynamodb.exceptions.ResourceInUseException:
            return "DynamoDB is changing it"
        except ClientError as error:
            if code_of(error) != "AccessDeniedException":
                raise
            raise DeletionNotAllowed(
                f"{error}. The module may only delete tables with its own tags, which requires attribute-based "
                f"access control for DynamoDB to be enabled: {_HOW_TO_ENABLE}"
            ) from error
    return None
