"""The copy whose settings are changed, and the source table that it takes them from."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from rotator.aws_errors import translated_errors
from rotator.clients import Clients
from rotator.errors import NotYet, SettingsNotApplied
from rotator.indexes import GLOBAL, indexes_of
from rotator.source_table import (
    absence_of_source_table,
    describe_recovery_point,
    describe_source_table,
    source_table_name,
)
from rotator.state import Invocation, RotationState
from rotator.unknown_members import member


@dataclass(frozen=True)
class Tables:
    """The source table, and its copy as `DescribeTable` described it a moment ago."""

    invocation: Invocation
    target: dict[str, Any]
    clients: Clients

    @property
    def state(self) -> RotationState:
        return self.invocation["State"]

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
    def target_global_indexes(self) -> list[str]:
        """The names of the global secondary indexes, which have settings of their own."""
        return list(indexes_of(self.target, GLOBAL))

    @property
    def source_is_gone(self) -> bool:
        return self._source is None

    @property
    def source(self) -> dict[str, Any]:
        """What DynamoDB says of the source table. Raises `SettingsNotApplied` where it says nothing."""
        if self._source is None:
            raise self._not_recorded()
        return self._source

    @cached_property
    def recorded(self) -> dict[str, Any]:
        """What a native backup records of the stream and time to live, for when the source table is gone."""
        backup = describe_recovery_point(self.state, self.clients.dynamodb)
        if backup is None:
            raise self._not_recorded()
        return member(backup, "SourceTableFeatureDetails")

    @cached_property
    def _source(self) -> dict[str, Any] | None:
        return describe_source_table(self.invocation, self.clients.dynamodb)

    def _not_recorded(self) -> SettingsNotApplied:
        why = absence_of_source_table(self.invocation)
        return SettingsNotApplied(f"the table {self.source_name} {why}, and its backup does not record it")

    def update_target(self, **change: Any) -> NoReturn:  # noqa: ANN401
        """Starts one change of the copy, and raises `NotYet`, because DynamoDB takes time and one change at a time.

        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
        """
        with translated_errors():
            self.clients.dynamodb.update_table(TableName=self.target_name, **change)
        raise NotYet(f"The table {self.target_name} is being changed: {', '.join(change)}")
