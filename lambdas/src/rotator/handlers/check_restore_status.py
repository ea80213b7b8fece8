"""Invoked by the state machine: looks how far the restore is."""

from typing import TYPE_CHECKING

from rotator.clients import client
from rotator.logs import log_about, logger
from rotator.restore import check_restore_status
from rotator.state import DescribeTableOutput, RotationState

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient

dynamodb: "DynamoDBClient" = client("dynamodb")


@logger.inject_lambda_context(clear_state=True)
def handler(state: RotationState, _context: "LambdaContext") -> DescribeTableOutput:
    log_about(state)
    return check_restore_status(state, dynamodb)
