"""The state of an execution: every key that a function or the state machine reads or writes.

The first seven keys of `RotationState` are those of awslabs/aws-backup-dynamodb-rotator. All timestamps are ISO 8601 in
UTC.
"""

import json
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from rotator.recovery_points import RecoveryPointKind
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
    """The maxima of a table on demand."""

    MaxReadRequestUnits: int
    MaxWriteRequestUnits: int


class RestoreOptions(TypedDict, total=False):
    """What a rule wants of a restore. `Encryption` is `AWS_OWNED`, `AWS_MANAGED` or the ARN of a KMS key."""

    BillingMode: Literal["PAY_PER_REQUEST", "PROVISIONED"]
    ProvisionedThroughput: ProvisionedThroughput
    OnDemandThroughput: OnDemandThroughput
    Encryption: str
    ExcludedIndexes: list[str]


class RestoreTableFromBackupOutput(TypedDict):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html."""

    TableDescription: dict[str, Any]


class StartRestoreJobOutput(TypedDict):
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_StartRestoreJob.html.

    Without an id where no job was started, because the copy of another backup of the same second is in place.
    """

    RestoreJobId: str


RestoreStatus = Literal["IN_PROGRESS", "CLAIMED", "COMPLETE", "SUPERSEDED", "START_OVER"]


class DescribeTableOutput(TypedDict):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html.

    The other keys are ours: how far the restore is, how long it has taken, how many seconds to wait before checking it
    again or starting it over, and what AWS Backup said of the job that has to start over. `Table` is empty until a
    restore job has created the table, and the copy of another rotation where that supersedes this one.
    """

    Table: dict[str, Any]
    RestoreStatus: RestoreStatus
    RestoreSeconds: int
    SecondsToNextCheck: int
    StatusMessage: NotRequired[str]


class ConfigureTableOutput(TypedDict):
    """The outcome of each setting that shapes the copy: `applied` or `absent at the source`."""

    Settings: dict[str, str]


class CarryOverSettingsOutput(TypedDict):
    """The outcome of each setting that is carried over after the hook: `applied` or `absent at the source`."""

    Settings: dict[str, str]


class BeforeSwitchOutput(TypedDict):
    """What the hook returned."""

    Output: Any


class VerifyTableOutput(TypedDict):
    """The proof that the copy is what was backed up. `Verified` is `None` where there was nothing to prove it with.

    The size is that of the backup, where AWS reports it.
    """

    Verified: bool | None
    ComparedWith: str
    Comparisons: list[str]
    BackupSizeBytes: int | None


class UpdateSSMParameterOutput(TypedDict):
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html.

    `Value` is ours: the target table's ARN, or that of the copy of a later backup, which the parameter keeps.
    """

    Version: int
    Tier: str
    Value: str


class KeptTable(TypedDict):
    """A copy that is older than those to keep, and still exists."""

    TableName: str
    Reason: str


class DeleteOldTablesOutput(TypedDict):
    """The copies of the source table beyond the newest ones: which were deleted, and which not."""

    Deleted: list[str]
    Kept: list[KeptTable]


class RotationState(TypedDict):
    """The input of an execution, and what its states add."""

    BackupSnsMessage: BackupSnsMessage
    SourcePattern: str
    ReplacementPattern: str
    SSMParameterName: str
    RestoreTableFromBackupOutput: NotRequired[RestoreTableFromBackupOutput]
    StartRestoreJobOutput: NotRequired[StartRestoreJobOutput]
    DescribeTableOutput: NotRequired[DescribeTableOutput]
    UpdateSSMParameterOutput: NotRequired[UpdateSSMParameterOutput]
    Rule: str
    RecoveryPointKind: RecoveryPointKind
    TargetTableName: str
    TargetParameterName: str
    AdoptParameter: NotRequired[bool]
    BackupVaultArn: NotRequired[str]
    Restore: RestoreOptions
    CarryOver: list[str]
    Tags: dict[str, str]
    BeforeSwitch: str
    Verify: bool
    Keep: int
    ConfigureTableOutput: NotRequired[ConfigureTableOutput]
    BeforeSwitchOutput: NotRequired[BeforeSwitchOutput]
    CarryOverSettingsOutput: NotRequired[CarryOverSettingsOutput]
    VerifyTableOutput: NotRequired[VerifyTableOutput]
    DeleteOldTablesOutput: NotRequired[DeleteOldTablesOutput]


class Execution(TypedDict):
    """What a function reads of the execution in the context object of Step Functions.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
    """

    Id: str
    StartTime: str
    RedriveCount: int
    RedriveTime: NotRequired[str]


class Invocation(TypedDict):
    """What the state machine passes to a function."""

    State: RotationState
    Execution: Execution


def missing_keys(state: object) -> list[str]:
    """The keys of `RotationState` that the state of any rotation has, and this one lacks.

    A key that is new in a version of the module is `NotRequired`, because running executions lack it.
    """
    rotation = state if isinstance(state, dict) else {}
    missing = sorted(RotationState.__required_keys__ - rotation.keys())
    if "BackupSnsMessage" not in missing:
        message = rotation["BackupSnsMessage"]
        announced = message.keys() if isinstance(message, dict) else ()
        missing += [
            f"BackupSnsMessage.{key}" for key in sorted(BackupSnsMessage.__required_keys__.difference(announced))
        ]
    return missing


def to_state(response: Any) -> Any:  # noqa: ANN401 (a boto3 response of any shape)
    """A boto3 response, or a part of one, as it goes into the state."""

    def convert(value: object) -> str:
        if isinstance(value, datetime):
            return to_iso8601(value)
        raise TypeError(f"A response of AWS holds a {type(value).__name__}, which does not belong in the state")

    return json.loads(json.dumps(response, default=convert))
