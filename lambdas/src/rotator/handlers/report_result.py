"""Invoked by the state machine: tells how the rotation ended."""

from typing import TYPE_CHECKING

from rotator.clients import Clients
from rotator.logs import log_about, logger
from rotator.report import report_result
from rotator.settings import RotationSettings
from rotator.state import Invocation

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = RotationSettings.from_env()
clients = Clients()


@logger.inject_lambda_context(clear_state=True)
def handler(invocation: Invocation, _context: "LambdaContext") -> None:
    log_about(invocation)
    report_result(invocation, settings, clients)
