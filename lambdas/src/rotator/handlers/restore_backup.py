"""Invoked by the state machine: begins the restore."""

from typing import TYPE_CHECKING

from rotator.clients import Clients
from rotator.logs import log_about, logger
from rotator.restore import start_restore
from rotator.settings import RotationSettings
from rotator.state import Invocation, RestoreTableFromBackupOutput, StartRestoreJobOutput

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = RotationSettings.from_env()
clients = Clients("dynamodb")


@logger.inject_lambda_context(clear_state=True)
def handler(invocation: Invocation, _context: "LambdaContext") -> RestoreTableFromBackupOutput | StartRestoreJobOutput:
    log_about(invocation)
    return start_restore(invocation, settings, clients)
