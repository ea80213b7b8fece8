"""Invoked by the state machine: makes the switch."""

from typing import TYPE_CHECKING

from rotator.clients import client
from rotator.logs import log_about, logger
from rotator.parameter import point_parameter_at_table
from rotator.state import RotationState, UpdateSSMParameterOutput

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_ssm import SSMClient

ssm: "SSMClient" = client("ssm")


@logger.inject_lambda_context(clear_state=True)
def handler(state: RotationState, _context: "LambdaContext") -> UpdateSSMParameterOutput:
    log_about(state)
    return point_parameter_at_table(state, ssm)
