"""What the state machine passes to a function, for the unit tests."""

from datetime import UTC, datetime, timedelta

from rotator.recovery_points import kind_of
from rotator.settings import RotationSettings
from rotator.state import DescribeTableOutput, Invocation
from rotator.timestamps import to_iso8601

ACCOUNT = "123456789012"
TABLE_ARN = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"
ELSEWHERE = TABLE_ARN.replace(ACCOUNT, "210987654321")
"""A table of the same name in another account."""
TARGET = "orders-staging-20261123-02-07-00"
TARGET_ARN = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{TARGET}"
RECOVERY_POINT_ID = "01795422364460-083c1149"
EXECUTION_ARN = f"arn:aws:states:us-east-1:{ACCOUNT}:execution:rotator:staging-{RECOVERY_POINT_ID}"

SETTINGS = RotationSettings(
    module="rotator",
    restore_role_arn=f"arn:aws:iam::{ACCOUNT}:role/rotator-restore-job",
)


def invocation(
    recovery_point_arn: str = f"{TABLE_ARN}/backup/{RECOVERY_POINT_ID}",
    *,
    source_table_arn: str = TABLE_ARN,
    target: str = TARGET,
    parameter: str = "",
    tags: dict[str, str] | None = None,
    backup_time: str = "2026-11-23T02:07:00.000Z",
    running_for: timedelta = timedelta(0),
) -> Invocation:
    return {
        "State": {
            "BackupSnsMessage": {
                "StatusMessage": "An AWS Backup job was completed successfully.",
                "RecoveryPointArn": recovery_point_arn,
                "BackedUpResourceArn": source_table_arn,
                "BackupJobID": "5a772b5a-36d5-4a69-9b18-ed2f5213c659",
                "StartTime": backup_time,
            },
            "SourcePattern": ".*",
            "ReplacementPattern": "$0-staging",
            "SSMParameterName": "",
            "Rule": "staging",
            "RecoveryPointKind": kind_of(recovery_point_arn),
            "TargetTableName": target,
            "TargetParameterName": parameter,
            "Restore": {},
            "CarryOver": [],
            "Tags": tags or {},
            "BeforeSwitch": "",
            "Verify": True,
            "Keep": 0,
        },
        "Execution": {
            "Id": EXECUTION_ARN,
            "StartTime": to_iso8601(datetime.now(UTC) - running_for),
            "RedriveCount": 0,
        },
    }


def restored(table_arn: str = TARGET_ARN) -> DescribeTableOutput:
    """The output of the last check of a restore."""
    return {
        "Table": {"TableArn": table_arn},
        "RestoreStatus": "COMPLETE",
        "RestoreSeconds": 261,
        "SecondsToNextCheck": 0,
    }
