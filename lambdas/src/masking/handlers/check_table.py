"""Invoked by the state machine: checks table and rules before anything is written, and makes the segments."""

from typing import TYPE_CHECKING

from masking.check import check_table
from masking.settings import MaskingSettings
from masking.state import CheckTableInput, CheckTableOutput
from rotator.clients import Clients
from rotator.logs import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = MaskingSettings.from_env()
clients = Clients("dynamodb")


@logger.inject_lambda_context(clear_state=True)
def handler(received: CheckTableInput, _context: "LambdaContext") -> CheckTableOutput:
    return check_table(received, settings, clients)
