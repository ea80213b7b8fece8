"""What a user of the local AWS may choose when starting it; see `python -m tests.local_aws --help`."""

from dataclasses import dataclass


@dataclass
class Settings:
    """The times are seconds. AWS takes minutes to hours for most of them; here they only have to be noticeable."""

    port: int = 4566
    backup_seconds: float = 1.0
    restore_seconds: float = 5.0
    restores_at_once: int = 50
    asynchronous_retry_seconds: tuple[float, float] = (0.5, 1.0)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"


settings = Settings()
"""Filled once, by `__main__`, before anything is served."""
