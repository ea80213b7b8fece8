"""A rotation, before it starts: what it is called, and the input of its execution."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from rotator.recovery_points import RecoveryPoint, kind_of
from rotator.restore.options import options_of
from rotator.rules import Rule
from rotator.state import RotationState
from rotator.timestamps import to_iso8601

_BYTES_OF_A_GB = 2**30


class RotationSummary(TypedDict):
    """What `start_workflow` says of a rotation. Size and cost, in USD, are `None` where the channel does not tell."""

    Rule: str
    SourceTable: str
    RecoveryPoint: str
    BackupTime: str
    SizeBytes: int | None
    TargetTable: str
    Parameter: str
    Execution: str
    RestoreCost: float | None


@dataclass(frozen=True)
class Rotation:
    """A recovery point, to be restored by a rule. A refresh has the time of its request."""

    recovery_point: RecoveryPoint
    rule: Rule
    request_time: datetime | None = None

    @property
    def name(self) -> str:
        """The name of the execution, by which a recovery point is rotated once by each rule, and for each refresh."""
        name = f"{self.rule.name}-{self.recovery_point.id}"
        return f"{name}-{self.request_time:%Y%m%d%H%M%S}" if self.request_time else name

    @property
    def target_table_name(self) -> str:
        point = self.recovery_point
        return self.rule.target_table_name(point.source_table_name, self.request_time or point.backup_time)

    @property
    def target_parameter_name(self) -> str:
        return self.rule.target_parameter_name(self.recovery_point.source_table_name)

    def initial_state(self) -> RotationState:
        point, rule = self.recovery_point, self.rule
        state: RotationState = {
            "BackupSnsMessage": {
                "StatusMessage": point.status_message,
                "RecoveryPointArn": point.arn,
                "BackedUpResourceArn": point.source_table_arn,
                "BackupJobID": point.job_id,
                "StartTime": to_iso8601(point.backup_time),
            },
            "SourcePattern": rule.source_pattern,
            "ReplacementPattern": rule.replacement_pattern,
            "SSMParameterName": rule.ssm_parameter_name or "",
            "Rule": rule.name,
            "RecoveryPointKind": kind_of(point.arn),
            "TargetTableName": self.target_table_name,
            "TargetParameterName": self.target_parameter_name,
            "AdoptParameter": rule.ssm_parameter_adopt,
            "ParameterValue": rule.ssm_parameter_value,
            "Restore": options_of(rule),
            "CarryOver": sorted(rule.carry_over),
            "Tags": dict(rule.tags),
            "BeforeSwitch": rule.before_switch or "",
            "Verify": rule.verify,
            "Keep": rule.keep or 0,
        }
        if point.vault_arn:
            state["BackupVaultArn"] = point.vault_arn
        if self.request_time:
            state["RequestTime"] = to_iso8601(self.request_time)
        return state

    def summary(self, price_per_gb: float) -> RotationSummary:
        """`price_per_gb` is what AWS charges in USD for restoring a GB."""
        point = self.recovery_point
        cost = None if point.size_bytes is None else round(point.size_bytes / _BYTES_OF_A_GB * price_per_gb, 4)
        return {
            "Rule": self.rule.name,
            "SourceTable": point.source_table_arn,
            "RecoveryPoint": point.arn,
            "BackupTime": to_iso8601(point.backup_time),
            "SizeBytes": point.size_bytes,
            "TargetTable": self.target_table_name,
            "Parameter": self.target_parameter_name,
            "Execution": self.name,
            "RestoreCost": cost,
        }
