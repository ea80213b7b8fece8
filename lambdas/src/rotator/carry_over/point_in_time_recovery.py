"""Point-in-time recovery, with its recovery period.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html
"""

from typing import TYPE_CHECKING, Any

from rotator.aws_errors import translated_errors
from rotator.tables import Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import PointInTimeRecoverySpecificationTypeDef


def carry_over_point_in_time_recovery(tables: Tables) -> bool:
    wanted = _specification_of(tables.source_name, tables)
    if wanted is None:
        return False
    if _specification_of(tables.target_name, tables) != wanted:
        with translated_errors():
            tables.clients.dynamodb.update_continuous_backups(
                TableName=tables.target_name, PointInTimeRecoverySpecification=wanted
            )
    return True


def _specification_of(table_name: str, tables: Tables) -> "PointInTimeRecoverySpecificationTypeDef | None":
    with translated_errors():
        answer = tables.clients.dynamodb.describe_continuous_backups(TableName=table_name)
    recovery: Any = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
        return None
    if "RecoveryPeriodInDays" not in recovery:
        return {"PointInTimeRecoveryEnabled": True}
    return {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": recovery["RecoveryPeriodInDays"]}
