"""The settings of the local AWS; see `python -m local_aws --help`."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass
class Settings:
    """Times are in seconds. On AWS most of them are minutes to hours; here they only need to be noticeable."""

    port: int = 4566
    backup_seconds: float = 1.0
    backup_event_seconds: float = 0.2
    """How long after the end of a job its event is sent: AWS Backup sends events in batches."""
    restore_seconds: float = 5.0
    vector_index_seconds: float = 1.0
    """How long DynamoDB builds a vector index."""
    table_quota: int = 2500
    """How many tables a Region may have."""
    restores_at_once: int = 50
    failing_restore_jobs: float = 0.0
    """The share of restore jobs beyond that number that fail. The others wait: AWS documents neither."""
    tags_visible_after_seconds: float = 0.0
    """How long the former tags of a table are listed after a change."""
    restore_jobs_visible_after_seconds: float = 0.0
    """How long after its start a restore job is not found."""
    verdicts_on_restore_tests_only: bool = False
    """Whether AWS Backup refuses verdicts on restore jobs outside restore testing plans: not documented either."""
    executions_at_once: int = 1_000_000
    """How many executions of Step Functions may run in a Region."""
    asynchronous_retry_seconds: tuple[float, float] = (0.5, 1.0)
    delivery_retry_seconds: float = 0.2
    """How long EventBridge and its Scheduler wait before they try a delivery again."""
    wait_factor: float = 1.0
    """Multiplies the seconds of the Wait states of Step Functions."""
    retry_factor: float = 1.0
    """Multiplies the intervals between its retries."""
    rate_factor: float = 1.0
    """Multiplies the calls per second that DynamoDB allows."""
    history_events: int = 25_000
    """The event of this number ends an execution."""

    @property
    def settling_seconds(self) -> float:
        """How long smaller changes to tables take: seconds on AWS, where a restore takes minutes."""
        return self.restore_seconds / 5

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def change(self, values: Mapping[str, object]) -> None:
        """Changes settings while the local AWS runs. Operations under way, such as a restore, are not affected."""
        for name, value in values.items():
            if name == "port" or name not in self.__dataclass_fields__:
                raise ValueError(f"{name} is not a setting that can be changed")
            kind = type(getattr(self, name))
            setattr(self, name, kind(value))


settings = Settings()
"""Filled by `__main__`, before anything is served, and changed through the local AWS's own API."""
