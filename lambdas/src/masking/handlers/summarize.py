"""Invoked by the state machine: adds up the segments, and fails where something is not masked or not listed."""

from typing import TYPE_CHECKING

from masking.settings import MaskingSettings
from masking.state import Report, SummarizeInput, Summary
from masking.summary import summarize
from rotator.logs import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

settings = MaskingSettings.from_env()


@logger.inject_lambda_context(clear_state=True)
def handler(received: SummarizeInput, _context: "LambdaContext") -> Summary | Report:
    return summarize(received, settings)
