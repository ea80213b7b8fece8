"""Invoked by the state machine: looks how far the restore is."""

from typing import TYPE_CHECKING

from rotator.clients import Clients
from rotator.deadline import in_time
from rotator.logs import log_about, logger
from rotator.restore_status import check_restore_status
from rotator.settings import RotationSettings
from rotator.state import DescribeTableOutput, Invocation

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = RotationSettings.from_env()
clients = Clients("dynamodb")


@logger.inject_lambda_context(clear_state=True)
def handler(invocation: Invocation, _context: "LambdaContext") -> DescribeTableOutput:
    log_about(invocation)
    with in_time(invocation["Execution"], settings.timeout):
        return check_restore_status(invocation, settings, clients)
