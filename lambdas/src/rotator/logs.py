"""One JSON line for each fact. Messages are constants, and data goes into fields, but never a table's items."""

from aws_lambda_powertools import Logger

from rotator.state import RotationState

logger = Logger()


def log_about(state: RotationState) -> None:
    """Puts onto each following line of this invocation which rotation it is about."""
    logger.append_keys(backup_job_id=state["BackupSnsMessage"]["BackupJobID"], rule=state["Rule"])
