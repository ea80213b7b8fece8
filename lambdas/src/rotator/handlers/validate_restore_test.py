"""Invoked by EventBridge when a job of a restore testing plan has completed: validates what it restored."""

from typing import TYPE_CHECKING, Any

from rotator.clients import Clients
from rotator.logs import logger
from rotator.restore_test import validate_restore_test

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

clients = Clients("dynamodb")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: "LambdaContext") -> None:
    validate_restore_test(event, clients)
