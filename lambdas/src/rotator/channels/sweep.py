"""The sweep: a scheduled search for recovery points that nothing has announced."""

from datetime import UTC, datetime, timedelta

from rotator.channels.found import Found
from rotator.clients import Clients
from rotator.errors import RotationError
from rotator.logs import logger
from rotator.recovery_points import RecoveryPoint, newest_of_each_table
from rotator.settings import WorkflowSettings
from rotator.vaults import Vault, configured_vaults


def found_by_sweep(settings: WorkflowSettings, clients: Clients) -> Found:
    """The newest recovery point of each table in the configured vaults, from the last `sweep_days`.

    A vault that cannot be read does not hold up the others.
    """
    since = datetime.now(UTC) - timedelta(days=settings.sweep_days)
    points: list[RecoveryPoint] = []
    unread: dict[Vault, RotationError] = {}
    for vault in configured_vaults(settings):
        with vault.setting_aside(RotationError, unread):
            points += newest_of_each_table(vault.recovery_points(clients.backup, created_after=since))
    newest = newest_of_each_table(points)
    logger.info("Vaults swept", unread_vaults=len(unread), source_tables=len(newest))
    return Found(newest, [*unread.values()])
