"""Refreshes: rotations that a person or the schedule of a rule requests, of recovery points rotated before or not."""

from collections.abc import Sequence

from rotator.aws_errors import AwsError
from rotator.channels.found import Found
from rotator.channels.request import Refresh
from rotator.clients import Clients
from rotator.errors import InvalidRefresh, RotationError
from rotator.recovery_points import TABLE_ARN, RecoveryPoint, newest_of_each_table
from rotator.rules import Rule
from rotator.settings import WorkflowSettings
from rotator.vaults import Vault, vaults_to_search
from rotator.wording import combined, listed, quoted


def requested_by_refresh(request: object, settings: WorkflowSettings, clients: Clients) -> Found:
    """The recovery point that the request names, or else the newest one of each table that it asks for.

    A vault that AWS does not let it read does not hold up the others. A request that leads to none raises AWS's error
    where there is such a vault, otherwise `InvalidRefresh`, with what there is instead.
    """
    refresh = Refresh.from_request(request)
    rules = _rules(refresh, settings.rules)
    vaults = vaults_to_search(settings, clients.backup)
    points, unread = _search(vaults, refresh.recovery_point_arn, clients)
    wanted = points if refresh.source_table is None else _of_source_table(refresh.source_table, points)
    if not wanted:
        read = [vault for vault in vaults if vault not in unread]
        raise combined([*unread.values(), _no_recovery_point(refresh, points, read)])
    matching = [point for point in wanted if any(rule.matches(point.source_table_name) for rule in rules)]
    if not matching:
        raise combined([*unread.values(), _no_match(refresh, wanted, rules)])
    return Found(matching, refresh=refresh, unread=[*unread.values()])


def _rules(refresh: Refresh, rules: Sequence[Rule]) -> list[Rule]:
    named = [rule for rule in rules if refresh.rule in (None, rule.name)]
    if not named:
        available = listed((rule.name for rule in rules), like=refresh.rule)
        raise InvalidRefresh(f"There is no rule {quoted(refresh.rule)}. The rules are {available}.")
    return named


def _search(
    vaults: Sequence[Vault], recovery_point_arn: str | None, clients: Clients
) -> tuple[list[RecoveryPoint], dict[Vault, RotationError]]:
    """The recovery points to choose from, and why vaults that may hold others cannot be read.

    Raises what passes, because the vault may hold a newer one.
    """
    points: list[RecoveryPoint] = []
    unread: dict[Vault, RotationError] = {}
    for vault in vaults:
        with vault.setting_aside(AwsError, unread):
            if recovery_point_arn is None:
                points += newest_of_each_table(vault.recovery_points(clients.backup))
            elif point := vault.describe(recovery_point_arn, clients.backup):
                return [_of_a_table(point)], {}
    if unread and len(unread) == len(vaults):
        raise combined([*unread.values()])
    return newest_of_each_table(points), unread


def _of_a_table(point: RecoveryPoint) -> RecoveryPoint:
    if not TABLE_ARN.fullmatch(point.source_table_arn):
        raise InvalidRefresh(f"The recovery point {point.arn} is one of {point.source_table_arn}, which is no table.")
    return point


def _of_source_table(name: str, points: Sequence[RecoveryPoint]) -> list[RecoveryPoint]:
    """The recovery points of the one table that has this name, or this ARN."""
    wanted = [point for point in points if name in (point.source_table_name, point.source_table_arn)]
    arns = {point.source_table_arn for point in wanted}
    if len(arns) > 1:
        raise InvalidRefresh(f"Several tables are called {name}. Give the ARN of one of them: {listed(arns)}.")
    return wanted


def _no_recovery_point(refresh: Refresh, points: Sequence[RecoveryPoint], vaults: Sequence[Vault]) -> InvalidRefresh:
    if not points:
        if refresh.recovery_point_arn is None:
            return InvalidRefresh(f"There is no recovery point of a DynamoDB table in {_names(vaults)}.")
        return InvalidRefresh(
            f"There is no completed recovery point {quoted(refresh.recovery_point_arn)} in {_names(vaults)}. To "
            "refresh from another vault, add it to backup_vault_arns."
        )
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


def _no_match(refresh: Refresh, points: Sequence[RecoveryPoint], rules: Sequence[Rule]) -> InvalidRefresh:
    tables, described = listed(point.source_table_name for point in points), listed(map(_described, rules))
    if refresh.rule is None:
        return InvalidRefresh(f"No rule matches {tables}. The rules are {described}.")
    return InvalidRefresh(f"The rule {described} matches none of these tables: {tables}.")


def _names(vaults: Sequence[Vault]) -> str:
    if not vaults:
        return "this account and Region, which have no backup vaults"
    return f"the vault{'s' if len(vaults) > 1 else ''} {listed(vault.arn for vault in vaults)}"


def _described(rule: Rule) -> str:
    excluded = f", but not {rule.exclude_pattern}" if rule.exclude_pattern else ""
    return f"{rule.name} ({rule.source_pattern}{excluded})"
