"""Invoked by EventBridge when an execution of the state machine has ended: reports the result."""

from typing import TYPE_CHECKING, Any

from rotator.clients import Clients
from rotator.logs import logger
from rotator.report.result import report_result
from rotator.settings import ReportSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = ReportSettings.from_env()
clients = Clients("stepfunctions")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: "LambdaContext") -> None:
    report_result(event, settings, clients)
