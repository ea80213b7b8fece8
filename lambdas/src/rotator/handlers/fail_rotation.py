"""Invoked by the state machine: ends a rotation that failed."""

from typing import TYPE_CHECKING

from rotator.failure import fail_rotation
from rotator.logs import log_about, logger
from rotator.state import Invocation

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(clear_state=True)
def handler(invocation: Invocation, _context: "LambdaContext") -> None:
    log_about(invocation)
    fail_rotation(invocation)
