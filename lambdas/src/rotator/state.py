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


class StartRestoreJobOutput(TypedDict):
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_StartRestoreJob.html."""

    RestoreJobId: str


class DescribeTableOutput(TypedDict):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html.

    The other two are ours: whether the restore has ended, and if not, how long to wait before looking again. Before
    a restore job makes the table, `Table` is empty.
    """

    Table: dict[str, Any]
    RestoreComplete: bool
    SecondsToNextCheck: int


class UpdateSSMParameterOutput(TypedDict):
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html.

    `Value` is ours: the target table's ARN, or that of the copy of a later backup, which the parameter keeps.
    """

    Version: int
    Tier: str
    Value: str


class Failure(TypedDict):
    """What a `Catch` leaves: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html."""

    Error: str
    Cause: str


class RotationState(TypedDict):
    """What goes into an execution, and what the states add to it."""

    BackupSnsMessage: BackupSnsMessage
    SourcePattern: str
    ReplacementPattern: str
    SSMParameterName: str
    RestoreTableFromBackupOutput: NotRequired[RestoreTableFromBackupOutput]
    StartRestoreJobOutput: NotRequired[StartRestoreJobOutput]
    DescribeTableOutput: NotRequired[DescribeTableOutput]
    UpdateSSMParameterOutput: NotRequired[UpdateSSMParameterOutput]
    Rule: str
    TargetTableName: str
    TargetParameterName: str
    Failure: NotRequired[Failure]


class Execution(TypedDict):
    """What a function reads of the execution in the context object of Step Functions.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
    """

    Id: str
    StartTime: str
    RedriveTime: NotRequired[str]


class Invocation(TypedDict):
    """What the state machine gives to a function."""

    State: RotationState
    Execution: Execution


def to_state(response: Any) -> Any:  # noqa: ANN401 (a boto3 response of any shape)
    """A boto3 response, or a part of one, as it goes into the state."""

    def convert(value: object) -> str:
        if isinstance(value, datetime):
            return to_iso8601(value)
        raise TypeError(f"A response of AWS holds a {type(value).__name__}, which has no place in the state")

    return json.loads(json.dumps(response, default=convert))
