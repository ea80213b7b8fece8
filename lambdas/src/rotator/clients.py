"""How this project speaks to AWS."""

from typing import Final

from botocore.config import Config

# Retries in the state machine follow those in the client, so the client's are few and end within a function's timeout.
CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 3},
    connect_timeout=5,
    read_timeout=10,
)
