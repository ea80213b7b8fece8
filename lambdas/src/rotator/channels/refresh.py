"""Refreshes: rotations that a person or the schedule of a rule requests, of recovery points rotated before or not."""

from collections.abc import Sequence

from rotator.channels.found import Found
from rotator.channels.request import Refresh
from rotator.clients import Clients
from rotator.errors import InvalidRefresh
from rotator.recovery_points import TABLE_ARN, RecoveryPoint, newest_of_each_table
from rotator.rules import Rule
from rotator.settings import WorkflowSettings
from rotator.vaults import Vault, vaults_to_search
from rotator.wording import listed, quoted


def requested_by_refresh(request: object, settings: WorkflowSettings, clients: Clients) -> Found:
    """The recovery point that the request names, or else the newest one of each table that it asks for.

    Raises `InvalidRefresh` for a request that leads to none, with what there is instead.
    """
    refresh = Refresh.from_request(request)
    rules = _rules(refresh, settings.rules)
    vaults = vaults_to_search(settings, clients.backup)
    if refresh.recovery_point_arn is not None:
        points = [_recovery_point(refresh.recovery_point_arn, vaults, clients)]
    else:
        points = newest_of_each_table(point for vault in vaults for point in vault.recovery_points(clients.backup))
        if not points:
            raise InvalidRefresh(f"There is no recovery point of a DynamoDB table in {_names(vaults)}.")
    wanted = points if refresh.source_table is None else _of_source_table(refresh.source_table, points)
    if not wanted:
        raise _no_recovery_point_of_table(refresh, points, vaults)
    matching = [point for point in wanted if any(rule.matches(point.source_table_name) for rule in rules)]
    if not matching:
        tables, described = listed(point.source_table_name for point in wanted), listed(map(_described, rules))
        if refresh.rule is None:
            raise InvalidRefresh(f"No rule matches {tables}. The rules are {described}.")
        raise InvalidRefresh(f"The rule {described} matches none of these tables: {tables}.")
    return Found(matching, refresh=refresh)


def _rules(refresh: Refresh, rules: Sequence[Rule]) -> list[Rule]:
    named = [rule for rule in rules if refresh.rule in (None, rule.name)]
    if not named:
        available = listed((rule.name for rule in rules), like=refresh.rule)
        raise InvalidRefresh(f"There is no rule {quoted(refresh.rule)}. The rules are {available}.")
    return named


def _recovery_point(arn: str, vaults: Sequence[Vault], clients: Clients) -> RecoveryPoint:
    for vault in vaults:
        if point := vault.describe(arn, clients.backup):
            if not TABLE_ARN.fullmatch(point.source_table_arn):
                raise InvalidRefresh(f"The recovery point {arn} is one of {point.source_table_arn}, which is no table.")
            return point
    raise InvalidRefresh(
        f"There is no completed recovery point {quoted(arn)} in {_names(vaults)}. To refresh from another vault, add "
        "it to backup_vault_arns."
    )


def _of_source_table(name: str, points: Sequence[RecoveryPoint]) -> list[RecoveryPoint]:
    """The recovery points of the one table that has this name, or this ARN."""
    wanted = [point for point in points if name in (point.source_table_name, point.source_table_arn)]
    arns = {point.source_table_arn for point in wanted}
    if len(arns) > 1:
        raise InvalidRefresh(f"Several tables are called {name}. Give the ARN of one of them: {listed(arns)}.")
    return wanted


def _no_recovery_point_of_table(
    refresh: Refresh, points: Sequence[RecoveryPoint], vaults: Sequence[Vault]
) -> InvalidRefresh:
    name = refresh.source_table or ""
    is_arn = name.startswith("arn:")
    available = listed((point.source_table_arn if is_arn else point.source_table_name for point in points), like=name)
    if refresh.recovery_point_arn is not None:
        return InvalidRefresh(
            f"The recovery point {refresh.recovery_point_arn} is one of the table {available}, not of {quoted(name)}."
        )
    return InvalidRefresh(
        f"There is no recovery point of a table {quoted(name)} in {_names(vaults)}. The tables that have some are "
        f"{available}."
    )


def _names(vaults: Sequence[Vault]) -> str:
    if not vaults:
        return "this account and Region, which have no backup vaults"
    return f"the vault{'s' if len(vaults) > 1 else ''} {listed(vault.arn for vault in vaults)}"


def _described(rule: Rule) -> str:
    excluded = f", but not {rule.exclude_pattern}" if rule.exclude_pattern else ""
    return f"{rule.name} ({rule.source_pattern}{excluded})"
