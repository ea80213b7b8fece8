"""Invoked by the state machine: makes the switch."""

from typing import TYPE_CHECKING

from rotator.clients import Clients
from rotator.deadline import in_time
from rotator.logs import log_about, logger
from rotator.parameter import point_parameter_at_table
from rotator.settings import RotationSettings
from rotator.state import Invocation, UpdateSSMParameterOutput

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = RotationSettings.from_env()
clients = Clients("ssm")


@logger.inject_lambda_context(clear_state=True)
def handler(invocation: Invocation, _context: "LambdaContext") -> UpdateSSMParameterOutput:
    log_about(invocation)
    with in_time(invocation["Execution"], settings.timeout):
        return point_parameter_at_table(invocation, clients)
