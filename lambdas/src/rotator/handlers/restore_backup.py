"""Invoked by the state machine: begins the restore."""

from typing import TYPE_CHECKING

from rotator.clients import client
from rotator.logs import log_about, logger
from rotator.restore import start_restore
from rotator.state import RestoreTableFromBackupOutput, RotationState

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient

dynamodb: "DynamoDBClient" = client("dynamodb")


@logger.inject_lambda_context(clear_state=True)
def handler(state: RotationState, _context: "LambdaContext") -> RestoreTableFromBackupOutput:
    log_about(state)
    return start_restore(state, dynamodb)
