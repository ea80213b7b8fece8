"""The state of an execution: each key that a function or the state machine reads or writes, once.

The first seven keys of `RotationState` are those of awslabs/aws-backup-dynamodb-rotator. All points in time are
ISO 8601 in UTC.
"""

import json
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from rotator.timestamps import to_iso8601


class BackupSnsMessage(TypedDict):
    """What AWS Backup announced."""

    StatusMessage: str
    RecoveryPointArn: str
    BackedUpResourceArn: str
    BackupJobID: str
    StartTime: str


class ProvisionedThroughput(TypedDict):
    """Of the table, and of each of its global secondary indexes."""

    ReadCapacityUnits: int
    WriteCapacityUnits: int


class OnDemandThroughput(TypedDict, total=False):
    """The most that the table takes on demand."""

    MaxReadRequestUnits: int
    MaxWriteRequestUnits: int


class RestoreOptions(TypedDict, total=False):
    """What a rule asks of a restore; `Encryption` is `AWS_OWNED`, `AWS_MANAGED` or the ARN of a KMS key."""

    BillingMode: Literal["PAY_PER_REQUEST", "PROVISIONED"]
    ProvisionedThroughput: ProvisionedThroughput
    OnDemandThroughput: OnDemandThroughput
    Encryption: str
    ExcludedIndexes: list[str]


class RestoreTableFromBackupOutput(TypedDict):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html."""

    TableDescription: dict[str, Any]


class StartRestoreJobOutput(TypedDict):
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_StartRestoreJob.html."""

    RestoreJobId: str


class DescribeTableOutput(TypedDict):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html.

    The others are ours: whether the restore has ended, how long it has taken, and how long to wait before looking
    again. Before a restore job makes the table, `Table` is empty.
    """

    Table: dict[str, Any]
    RestoreComplete: bool
    RestoreSeconds: int
    SecondsToNextCheck: int


class ConfigureTableOutput(TypedDict):
    """What became of each setting that the rule asks for, and if some failed, which ones and why; otherwise empty."""

    Settings: dict[str, str]
    Failure: str


class BeforeSwitchOutput(TypedDict):
    """What the rule's own function or state machine returned."""

    Output: Any


class VerifyTableOutput(TypedDict):
    """Whether the table is what was backed up, and in what it differs; the size is that of the backup, if AWS tells."""

    Verified: bool
    Differences: list[str]
    ComparedWith: str
    BackupSizeBytes: int | None


class UpdateSSMParameterOutput(TypedDict):
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html.

    `Value` is ours: the target table's ARN, or that of the copy of a later backup, which the parameter keeps.
    """

    Version: int
    Tier: str
    Value: str


class KeptTable(TypedDict):
    """A copy that is older than those to be kept, and is still there."""

    TableName: str
    Reason: str


class DeleteOldTablesOutput(TypedDict):
    """What became of the copies of the source table beyond the newest ones."""

    Deleted: list[str]
    Kept: list[KeptTable]


class Failure(TypedDict):
    """What a `Catch` leaves: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html.

    `RedriveCount` is ours: how often the execution had been redriven when it failed.
    """

    Error: str
    Cause: str
    RedriveCount: int


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
    Restore: RestoreOptions
    CarryOver: list[str]
    Tags: dict[str, str]
    BeforeSwitch: str
    Verify: bool
    Keep: int
    StartedOver: NotRequired[int]
    ConfigureTableOutput: NotRequired[ConfigureTableOutput]
    BeforeSwitchOutput: NotRequired[BeforeSwitchOutput]
    VerifyTableOutput: NotRequired[VerifyTableOutput]
    DeleteOldTablesOutput: NotRequired[DeleteOldTablesOutput]
    Failure: NotRequired[Failure]


class Execution(TypedDict):
    """What a function reads of the execution in the context object of Step Functions.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
    """

    Id: str
    StartTime: str
    RedriveCount: int
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
