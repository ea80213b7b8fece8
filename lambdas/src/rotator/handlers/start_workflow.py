"""Invoked by SNS for each notification of AWS Backup."""

from typing import TYPE_CHECKING, Any

from rotator.clients import client
from rotator.logs import logger
from rotator.settings import Settings
from rotator.workflow import start_rotations

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_stepfunctions import SFNClient

settings = Settings.from_env()
step_functions: "SFNClient" = client("stepfunctions")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, list[str]]:
    return {"Executions": start_rotations(event, settings, step_functions)}
