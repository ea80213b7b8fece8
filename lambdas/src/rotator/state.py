"""The state of an execution: each key that a function or the state machine reads or writes, once.

The first seven keys of `RotationState` are those of awslabs/aws-backup-dynamodb-rotator. All points in time are
ISO 8601 in UTC.
"""

import json
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from rotator.timestamps import to_iso8601


class BackupSnsMessage(TypedDict):
    """What AWS Backup announced."""

    StatusMessage: str
    RecoveryPointArn: str
    BackedUpResourceArn: str
    BackupJobID: str
    StartTime: str


class RestoreTableFromBackupOutput(TypedDict):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html."""

    TableDescription: dict[str, Any]


class DescribeTableOutput(TypedDict):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html.

    `SecondsToNextCheck` is ours: how long to wait before looking again.
    """

    Table: dict[str, Any]
    SecondsToNextCheck: int


class UpdateSSMParameterOutput(TypedDict):
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html."""

    Version: int
    Tier: str


class RotationState(TypedDict):
    """What goes into an execution, and what the states add to it."""

    BackupSnsMessage: BackupSnsMessage
    SourcePattern: str
    ReplacementPattern: str
    SSMParameterName: str
    RestoreTableFromBackupOutput: NotRequired[RestoreTableFromBackupOutput]
    DescribeTableOutput: NotRequired[DescribeTableOutput]
    UpdateSSMParameterOutput: NotRequired[UpdateSSMParameterOutput]
    Rule: str
    TargetTableName: str
    TargetParameterName: str
    Failure: NotRequired[dict[str, str]]


def to_state(response: Any) -> Any:  # noqa: ANN401 (a boto3 response of any shape)
    """A boto3 response, or a part of one, as it goes into the state."""

    def convert(value: object) -> str:
        if isinstance(value, datetime):
            return to_iso8601(value)
        raise TypeError(f"A response of AWS holds a {type(value).__name__}, which has no place in the state")

    return json.loads(json.dumps(response, default=convert))
