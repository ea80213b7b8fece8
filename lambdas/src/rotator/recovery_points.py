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

_NATIVE_ARN = re.compile(r"arn:[^:]+:dynamodb:")


def kind_of(recovery_point_arn: str) -> RecoveryPointKind:
    return NATIVE if _NATIVE_ARN.match(recovery_point_arn) else ADVANCED
