"""The two kinds of recovery point of a DynamoDB table.

https://docs.aws.amazon.com/aws-backup/latest/devguide/advanced-ddb-backup.html
"""

import re
from typing import Final, Literal

RecoveryPointKind = Literal["native", "advanced"]

NATIVE: Final = "native"
"""A backup of DynamoDB itself."""
ADVANCED: Final = "advanced"
"""A recovery point in AWS Backup's own format, by its advanced features for DynamoDB."""

_NATIVE_ARN = re.compile(r"(arn:[^:]+:dynamodb:[^:]+:[^:]+:table/[^/]+)/backup/.+")


def kind_of(recovery_point_arn: str) -> RecoveryPointKind:
    return NATIVE if _NATIVE_ARN.match(recovery_point_arn) else ADVANCED


def source_table_of(recovery_point_arn: str) -> str | None:
    """The ARN of the table that a native recovery point belongs to. That of an advanced one does not tell."""
    match = _NATIVE_ARN.fullmatch(recovery_point_arn)
    return match[1] if match else None
