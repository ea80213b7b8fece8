"""One JSON line for each fact. Messages are constants, and data goes into fields, but never a table's items."""

import logging

from aws_lambda_powertools import Logger

from rotator.state import Invocation

logger = Logger(utc=True, use_rfc3339=True)

# It tells at each start where it found its credentials and its endpoint.
logging.getLogger("botocore").setLevel(logging.WARNING)


def log_about(invocation: Invocation) -> None:
    """Puts onto each following line of this invocation which rotation it is about."""
    state = invocation["State"]
    logger.append_keys(backup_job_id=state["BackupSnsMessage"]["BackupJobID"], rule=state["Rule"])
