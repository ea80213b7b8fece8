"""CloudWatch Contributor Insights, of the table and of each global secondary index.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContributorInsights.html
"""

from typing import Any

from rotator.aws_errors import translated_errors
from rotator.errors import NotYet, SettingsNotApplied
from rotator.indexes import GLOBAL, indexes_of
from rotator.tables import Tables

_ON = ("ENABLED", "ENABLING")


def carry_over_contributor_insights(tables: Tables) -> bool:
    source_indexes = indexes_of(tables.source, GLOBAL)
    common = [name for name in tables.target_global_indexes if name in source_indexes]
    # All are enabled before any is waited for.
    statuses = [_enable(of, tables) for of in ({}, *({"IndexName": name} for name in common))]
    if "ENABLING" in statuses:
        raise NotYet(f"Contributor Insights of {tables.target_name} is being enabled")
    return any(statuses)


def _enable(of: Any, tables: Tables) -> str | None:  # noqa: ANN401
    """The resulting status of the copy's insights, or `None` where the source has none."""
    wanted = _describe(tables.source_name, of, tables)
    if wanted["ContributorInsightsStatus"] not in _ON:
        return None
    status = str(_describe(tables.target_name, of, tables)["ContributorInsightsStatus"])
    if status == "FAILED":
        raise SettingsNotApplied(
            f"DynamoDB failed to enable Contributor Insights of {tables.target_name}; disable them before you "
            "redrive the execution"
        )
    if status in _ON:
        return status
    mode: Any = {key: wanted[key] for key in ("ContributorInsightsMode",) if key in wanted}
    with translated_errors():
        tables.clients.dynamodb.update_contributor_insights(
            TableName=tables.target_name, ContributorInsightsAction="ENABLE", **of, **mode
        )
    return "ENABLING"


def _describe(table_name: str, of: Any, tables: Tables) -> dict[str, Any]:  # noqa: ANN401
    with translated_errors():
        return dict(tables.clients.dynamodb.describe_contributor_insights(TableName=table_name, **of))
