"""Invoked by SNS for each notification of AWS Backup."""

from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from rotator.clients import CONFIG
from rotator.logs import logger
from rotator.settings import Settings
from rotator.workflow import start_rotations

settings = Settings.from_env()
step_functions = boto3.client("stepfunctions", config=CONFIG)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, list[str]]:
    return {"Executions": start_rotations(event, settings, step_functions)}
