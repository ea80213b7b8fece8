"""Invoked by the state machine: compares the restored table with what was backed up."""

from typing import TYPE_CHECKING

from rotator.clients import Clients
from rotator.deadline import in_time
from rotator.logs import log_about, logger
from rotator.settings import RotationSettings
from rotator.state import Invocation, VerifyTableOutput
from rotator.verification import verify_table

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = RotationSettings.from_env()
clients = Clients("dynamodb")


@logger.inject_lambda_context(clear_state=True)
def handler(invocation: Invocation, _context: "LambdaContext") -> VerifyTableOutput:
    log_about(invocation)
    with in_time(invocation["Execution"], settings.timeout):
        return verify_table(invocation, clients)
