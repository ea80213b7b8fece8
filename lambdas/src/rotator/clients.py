"""How this project speaks to AWS."""

from typing import Any

from botocore.config import Config
from botocore.session import get_session

# Retries in the state machine follow those in the client, so the client's are few and end within a function's timeout.
_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 3},
    connect_timeout=5,
    read_timeout=10,
)


def client(service: str) -> Any:  # noqa: ANN401 (the caller knows the type that goes with the service)
    """A client as boto3 would make it. boto3 itself would add a tenth to each cold start."""
    return get_session().create_client(service, config=_CONFIG)
