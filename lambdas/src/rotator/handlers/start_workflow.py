"""Invoked by SNS and EventBridge for each completed backup, by schedules, and by hand."""

from typing import TYPE_CHECKING, Any

from rotator.clients import Clients
from rotator.logs import logger
from rotator.settings import WorkflowSettings
from rotator.workflow import Started, start_rotations

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = WorkflowSettings.from_env()
clients = Clients("stepfunctions")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: "LambdaContext") -> Started:
    return start_rotations(event, settings, clients)
