"""AWS Backup: what backup, copy and restore jobs share."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from moto.backup.models import BackupBackend
from moto.core.exceptions import JsonRESTError
from moto.core.utils import utcnow

from local_aws.backup.operations import Request, require_trust


@dataclass(kw_only=True)
class Job:
    """A job, from its start to its end. It goes on while it is serialized, so operations answer with a copy of it."""

    account_id: str
    iam_role_arn: str
    idempotency_token: str | None
    id: str = field(default_factory=lambda: str(uuid.uuid4()).upper())
    resource_type: str = "DynamoDB"
    status_message: str | None = None
    percent_done: str = "0.0"
    backup_size_in_bytes: int = 0
    creation_date: datetime = field(default_factory=utcnow)
    completion_date: datetime | None = None


SomeJob = TypeVar("SomeJob", bound=Job)

_starting = threading.Lock()


def start(
    jobs: dict[str, SomeJob],
    backend: BackupBackend,
    request: Request,
    make: Callable[..., SomeJob],
    run: Callable[[SomeJob], None],
    after_seconds: float = 0.0,
) -> SomeJob:
    """Makes a job and runs it, or gives the one that an earlier call with the same idempotency token has started.

    `make` gets the fields that come from every request.
    """
    require_trust(request["IamRoleArn"])
    token = request.get("IdempotencyToken")
    with _starting:
        if earlier := next((job for job in jobs.values() if token and job.idempotency_token == token), None):
            return earlier
        job = make(account_id=backend.account_id, iam_role_arn=request["IamRoleArn"], idempotency_token=token)
        jobs[job.id] = job
    timer = threading.Timer(after_seconds, run, [job])
    timer.daemon = True
    timer.start()
    return job


def message(error: Exception) -> str:
    """The status message of a job that ended with the error."""
    return error.message if isinstance(error, JsonRESTError) else repr(error)
