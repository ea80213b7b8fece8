"""Logs: one JSON line for each fact. Messages are constants, data goes into fields, items of tables go nowhere."""

import logging

from aws_lambda_powertools import Logger

logger = Logger(utc=True, use_rfc3339=True)

# It reports at each start where it found its credentials and its endpoint.
logging.getLogger("botocore").setLevel(logging.WARNING)


def log_about(rotation: str, rule: str) -> None:
    """Adds a rotation, by the name of its execution, to each of the following log lines of this invocation."""
    logger.append_keys(rotation=rotation, rule=rule)
