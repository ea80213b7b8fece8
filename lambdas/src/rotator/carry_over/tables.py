"""The two tables between which settings are carried over."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rotator.clients import Clients
from rotator.errors import SettingsNotApplied
from rotator.source_table import describe_recovery_point, describe_source_table, source_table_name
from rotator.state import RotationState


@dataclass(frozen=True)
class Tables:
    """The source table, and its copy as `DescribeTable` said a moment ago."""

    state: RotationState
    target: dict[str, Any]
    clients: Clients

    @property
    def source_arn(self) -> str:
        return self.state["BackupSnsMessage"]["BackedUpResourceArn"]

    @property
    def source_name(self) -> str:
        return source_table_name(self.state)

    @property
    def target_arn(self) -> str:
        return str(self.target["TableArn"])

    @property
    def target_name(self) -> str:
        return str(self.target["TableName"])

    @property
    def target_index_names(self) -> list[str]:
        return [index["IndexName"] for index in self.target.get("GlobalSecondaryIndexes", [])]

    @cached_property
    def source(self) -> dict[str, Any] | None:
        """What DynamoDB says of the source table; `None` where it is gone."""
        return describe_source_table(self.state, self.clients.dynamodb)

    @property
    def existing_source(self) -> dict[str, Any]:
        """Raises `SettingsNotApplied` where the source table is gone."""
        if self.source is None:
            raise SettingsNotApplied(f"the table {self.source_name} is gone, and its backup does not record it")
        return self.source

    @cached_property
    def recorded(self) -> dict[str, Any]:
        """What a native backup records of the stream and time to live, where the source table is gone."""
        backup = describe_recovery_point(self.state, self.clients.dynamodb)
        if backup is None:
            raise SettingsNotApplied(f"the table {self.source_name} is gone, and its backup does not record it")
        return dict(backup.get("SourceTableFeatureDetails", {}))


Setting = Callable[[Tables], bool]
