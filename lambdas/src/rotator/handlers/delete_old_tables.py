"""Invoked by the state machine: deletes the oldest copies of the source table."""

from typing import TYPE_CHECKING

from rotator.clients import Clients
from rotator.deadline import in_time
from rotator.logs import log_about, logger
from rotator.retention import delete_old_tables
from rotator.settings import RotationSettings
from rotator.state import DeleteOldTablesOutput, Invocation

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = RotationSettings.from_env()
clients = Clients("dynamodb")


@logger.inject_lambda_context(clear_state=True)
def handler(invocation: Invocation, _context: "LambdaContext") -> DeleteOldTablesOutput:
    log_about(invocation)
    with in_time(invocation["Execution"], settings.timeout):
        return delete_old_tables(invocation, settings, clients)
