"""Applying settings to a copy.

A setting is a function that is called again and again until the copy has it:

- it returns `True` once the copy has it, and `False` where the source table does not have it;
- it raises `NotYet` while DynamoDB is still working on it;
- it raises another error where the copy cannot have it. Where AWS rejects a change, it is called once more, to see
  whether the copy has it by now.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rotator.aws_errors import AwsError
from rotator.clients import Clients
from rotator.errors import NotYet, RotationError, SettingsNotApplied, TableNotFound, TemporaryFailure
from rotator.logs import logger
from rotator.state import Invocation
from rotator.tables import Tables
from rotator.target_table import describe_target_table
from rotator.unknown_members import unknown_members_refused

_REJECTED = "ValidationException"


@dataclass(frozen=True)
class TableSetting:
    """A setting, and whether the source table has to exist for it."""

    apply: Callable[[Tables], bool]
    needs_source: bool = False


def apply_settings(settings: Mapping[str, TableSetting], invocation: Invocation, clients: Clients) -> dict[str, str]:
    """Applies the settings in their order, and returns the outcome of each: `applied` or `absent at the source`.

    Raises `NotYet` until DynamoDB is done, `TableNotFound`, and `SettingsNotApplied` with every setting that failed:
    one that fails does not hold up the others.
    """
    if not settings:
        logger.info("No settings to apply", target_table=invocation["State"]["TargetTableName"])
        return {}
    tables = _tables(invocation, clients)
    outcomes: dict[str, str] = {}
    failures: list[str] = []
    for name, setting in settings.items():
        try:
            outcomes[name] = _outcome(setting, tables)
        except (NotYet, TemporaryFailure, TableNotFound):
            raise
        except RotationError as error:
            failures.append(f"{name} failed: {type(error).__name__}: {error}")
    logger.info("Settings applied", target_table=tables.target_name, settings=outcomes, failures=failures)
    if failures:
        raise SettingsNotApplied("; ".join(failures))
    return outcomes


def _tables(invocation: Invocation, clients: Clients) -> Tables:
    return Tables(invocation, describe_target_table(invocation["State"], clients.dynamodb), clients)


def _outcome(setting: TableSetting, tables: Tables) -> str:
    try:
        return _apply(setting, tables)
    except AwsError as error:
        if error.code != _REJECTED:
            raise
    # DynamoDB rejects what it has already done, and botocore repeats a call whose response was lost.
    return _apply(setting, _tables(tables.invocation, tables.clients))


def _apply(setting: TableSetting, tables: Tables) -> str:
    if setting.needs_source:
        # Raises where there is none.
        _ = tables.source
    with unknown_members_refused():
        return "applied" if setting.apply(tables) else "absent at the source"
