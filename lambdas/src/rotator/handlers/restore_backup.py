"""Invoked by the state machine: begins the restore."""

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from rotator.clients import CONFIG
from rotator.logs import log_about, logger
from rotator.restore import start_restore
from rotator.state import RestoreTableFromBackupOutput, RotationState

dynamodb = boto3.client("dynamodb", config=CONFIG)


@logger.inject_lambda_context(clear_state=True)
def handler(state: RotationState, _context: LambdaContext) -> RestoreTableFromBackupOutput:
    log_about(state)
    return start_restore(state, dynamodb)
