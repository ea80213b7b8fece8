"""Invoked by the state machine: brings the restored table to the settings that its rule asks for."""

from typing import TYPE_CHECKING

from rotator.clients import Clients
from rotator.configuration import configure_table
from rotator.deadline import in_time
from rotator.logs import log_about, logger
from rotator.settings import RotationSettings
from rotator.state import ConfigureTableOutput, Invocation

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = RotationSettings.from_env()
clients = Clients("dynamodb")


@logger.inject_lambda_context(clear_state=True)
def handler(invocation: Invocation, _context: "LambdaContext") -> ConfigureTableOutput:
    log_about(invocation)
    with in_time(invocation["Execution"], settings.timeout):
        return configure_table(invocation, clients)
