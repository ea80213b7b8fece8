"""Invoked by the state machine: makes the switch."""

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from rotator.clients import CONFIG
from rotator.logs import log_about, logger
from rotator.parameter import point_parameter_at_table
from rotator.state import RotationState, UpdateSSMParameterOutput

ssm = boto3.client("ssm", config=CONFIG)


@logger.inject_lambda_context(clear_state=True)
def handler(state: RotationState, _context: LambdaContext) -> UpdateSSMParameterOutput:
    log_about(state)
    return point_parameter_at_table(state, ssm)
