"""The two kinds of recovery point of a DynamoDB table.

https://docs.aws.amazon.com/aws-backup/latest/devguide/advanced-ddb-backup.html
"""

import re

_NATIVE = re.compile(r"arn:[^:]+:dynamodb:")


def is_native(recovery_point_arn: str) -> bool:
    """Whether it is a backup of DynamoDB itself, and not of AWS Backup's advanced features."""
    return _NATIVE.match(recovery_point_arn) is not None
