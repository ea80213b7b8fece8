"""Invoked by the state machine: looks how far the restore is."""

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from rotator.clients import CONFIG
from rotator.logs import log_about, logger
from rotator.restore import check_restore_status
from rotator.state import DescribeTableOutput, RotationState

dynamodb = boto3.client("dynamodb", config=CONFIG)


@logger.inject_lambda_context(clear_state=True)
def handler(state: RotationState, _context: LambdaContext) -> DescribeTableOutput:
    log_about(state)
    return check_restore_status(state, dynamodb)
