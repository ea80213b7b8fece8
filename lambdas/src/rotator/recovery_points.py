"""Recovery points of DynamoDB tables, of which there are two kinds.

https://docs.aws.amazon.com/aws-backup/latest/devguide/advanced-ddb-backup.html
"""

import hashlib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

RecoveryPointKind = Literal["native", "advanced"]

NATIVE: Final = "native"
"""A backup of DynamoDB itself."""
ADVANCED: Final = "advanced"
"""A recovery point in AWS Backup's own format, by its advanced features for DynamoDB."""

TABLE_ARN = re.compile(r"arn:[^:]+:dynamodb:[^:]+:[^:]+:table/([a-zA-Z0-9_.-]+)", re.ASCII)

_NATIVE_ARN = re.compile(r"(arn:[^:]+:dynamodb:[^:]+:[^:]+:table/[^/]+)/backup/.+")
_ADVANCED_ARN = re.compile(r"arn:[^:]+:backup:[^:]+:[^:]+:recovery-point:.+")

_LONGEST_ID = 36
_ID = re.compile(rf"[0-9A-Za-z_-]{{1,{_LONGEST_ID}}}")


@dataclass(frozen=True)
class RecoveryPoint:
    """A completed backup, whichever channel it became known through. What a channel does not tell is empty or `None`.

    `original_vault_arn` is the vault that AWS Backup copied it from. Within an account it does not tell.
    """

    arn: str
    source_table_arn: str
    backup_time: datetime
    completion_time: datetime | None = None
    vault_arn: str | None = None
    original_vault_arn: str | None = None
    job_id: str = ""
    status_message: str = ""
    size_bytes: int | None = None

    @property
    def id(self) -> str:
        """Unique, and fit for the name of an execution: `5a772b5a-…` or `01568804569000-d3306d76`.

        AWS promises no form. One that an execution cannot be named after is replaced by a digest.
        """
        last = re.split("[:/]", self.arn)[-1]
        return last if _ID.fullmatch(last) else hashlib.sha256(self.arn.encode()).hexdigest()[:_LONGEST_ID]

    @property
    def source_table_name(self) -> str:
        return self.source_table_arn.partition(":table/")[2]


def newest_of_each_table(recovery_points: Iterable[RecoveryPoint]) -> list[RecoveryPoint]:
    """The newest recovery point of each source table: of one that is in several vaults, the original."""
    newest: dict[str, RecoveryPoint] = {}
    for point in recovery_points:
        known = newest.get(point.source_table_arn)
        if known is None or _precedence(point) > _precedence(known):
            newest[point.source_table_arn] = point
    return list(newest.values())


def _precedence(point: RecoveryPoint) -> tuple[datetime, float, bool, str]:
    """Recovery points that AWS Backup copies keep the time of the backup, but are completed later.

    Where AWS tells none of it, the ARN at least makes every sweep choose the same one.
    """
    completed = point.completion_time.timestamp() if point.completion_time else math.inf
    return point.backup_time, -completed, point.original_vault_arn is None, point.arn


def is_recovery_point_arn(text: str) -> bool:
    """Whether it has the form of either kind."""
    return bool(_NATIVE_ARN.fullmatch(text) or _ADVANCED_ARN.fullmatch(text))


def kind_of(recovery_point_arn: str) -> RecoveryPointKind:
    return NATIVE if _NATIVE_ARN.match(recovery_point_arn) else ADVANCED


def source_table_of(recovery_point_arn: str) -> str | None:
    """The ARN of the table that a native recovery point belongs to. That of an advanced one does not tell."""
    match = _NATIVE_ARN.fullmatch(recovery_point_arn)
    return match[1] if match else None
