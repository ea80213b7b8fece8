"""Deleting the oldest copies of a source table, and nothing else.

A table is deleted only if all of this holds:

- its name has the form that the rule gives to copies of the source table;
- it carries the tags of this module, this rule and this source table, and the id that it had when it got them;
- it is not one of the newest copies that the rule keeps, nor the one that this rotation created;
- the parameter neither points at it nor did so before its current value;
- it is not protected against deletion, and DynamoDB is not changing it.

The function's policy demands the same tags and names, so that AWS would refuse a mistake made here.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rotator.aws_errors import code_of, translated_errors
from rotator.carry_over.auto_scaling import end_auto_scaling
from rotator.clients import Clients
from rotator.errors import DeletionNotAllowed
from rotator.logs import logger
from rotator.ownership import is_copy, tags_of
from rotator.parameter import current_and_previous_value
from rotator.settings import RotationSettings
from rotator.state import DeleteOldTablesOutput, Invocation, KeptTable, RotationState
from rotator.timestamps import TABLE_NAME_SUFFIX_PATTERN

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_HOW_TO_ENABLE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/abac-enable-ddb.html"


def delete_old_tables(invocation: Invocation, settings: RotationSettings, clients: Clients) -> DeleteOldTablesOutput:
    """Deletes the copies of the source table by this rule, except for the newest `Keep` and those in use.

    Raises `DeletionNotAllowed`.
    """
    state = invocation["State"]
    if state["Keep"] < 1:
        raise ValueError(f"Keep is {state['Keep']}: no copy would be left")
    in_use = current_and_previous_value(state["TargetParameterName"], clients.ssm)
    deleted: list[str] = []
    kept: list[KeptTable] = []
    for copy in islice(_copies(state, settings.module, clients.dynamodb), state["Keep"], None):
        if reason := _reason_to_keep(copy, state, in_use) or _delete(copy, state, clients):
            kept.append({"TableName": copy["TableName"], "Reason": reason})
        else:
            deleted.append(copy["TableName"])
    logger.info("Old tables deleted", deleted=deleted, kept=kept)
    return {"Deleted": deleted, "Kept": kept}


def _copies(state: RotationState, module: str, dynamodb: "DynamoDBClient") -> Iterator[dict[str, Any]]:
    """The tables that are copies of the source table by this rule, of the newest backup first.

    Each is described only when its turn comes, so that every attempt deletes some, however many there are.
    """
    for name in reversed(_names_of_the_form(state["TargetTableName"], dynamodb)):
        with translated_errors():
            try:
                table = dynamodb.describe_table(TableName=name)["Table"]
            except dynamodb.exceptions.ResourceNotFoundException:
                continue
        if table["TableStatus"] in ("CREATING", "DELETING"):
            continue
        if is_copy(tags_of(table["TableArn"], dynamodb), table["TableId"], state, module):
            yield dict(table)


def _names_of_the_form(target_table_name: str, dynamodb: "DynamoDBClient") -> list[str]:
    """Those of the oldest backups first. Seeks by prefix, so that other tables of the account cost nothing.

    The list starts after a name that DynamoDB accepts as one: even an empty stem leaves the three characters `-00`.
    """
    prefix = re.sub(f"{TABLE_NAME_SUFFIX_PATTERN}$", "-", target_table_name)
    form = re.compile(re.escape(prefix.removesuffix("-")) + TABLE_NAME_SUFFIX_PATTERN)
    names = takewhile(lambda name: name.startswith(prefix), _names_after(f"{prefix}00", dynamodb))
    return [name for name in names if form.fullmatch(name)]


def _names_after(start: str | None, dynamodb: "DynamoDBClient") -> Iterator[str]:
    while start:
        with translated_errors():
            page = dynamodb.list_tables(ExclusiveStartTableName=start)
        yield from page["TableNames"]
        start = page.get("LastEvaluatedTableName")


def _reason_to_keep(copy: dict[str, Any], state: RotationState, in_use: list[str]) -> str | None:
    if copy["TableName"] == state["TargetTableName"]:
        return "this rotation created it"
    if copy["TableArn"] in in_use:
        return "the parameter points at it, or did before"
    if copy.get("DeletionProtectionEnabled"):
        return "it is protected against deletion"
    if copy["TableStatus"] != "ACTIVE":
        return f"it is {copy['TableStatus']}"
    return None


def _delete(copy: dict[str, Any], state: RotationState, clients: Clients) -> str | None:
    """Why the table stays after all, if it does: its status may have changed since it was described."""
    dynamodb = clients.dynamodb
    # First, because nothing would lead to it once the table is gone.
    if "auto_scaling" in state["CarryOver"]:
        end_auto_scaling(copy, clients.application_autoscaling)
    with translated_errors(), suppress(dynamodb.exceptions.ResourceNotFoundException):
        try:
            dynamodb.delete_table(TableName=copy["TableName"])
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
