"""Backups that leave little to compare a copy with: only what was compared counts as proof."""

import pytest

from tests.support.aws import client, held_up, items, local_only, recovery_points
from tests.support.deployment import Deployment
from tests.support.tables import make_table

pytestmark = [local_only, pytest.mark.usefixtures("_quick_restores")]


@pytest.mark.parametrize("kind", ["native", "advanced"])
def test_an_empty_copy_of_an_empty_table_is_neither_verified_nor_rejected(kind: str, deployment: Deployment) -> None:
    name = f"rotator-test-{kind}-empty-unproven"
    table_arn = make_table(name)
    client("dynamodb").delete_item(TableName=name, Key={"id": {"S": name}})
    with recovery_points(native=kind == "native"):
        state = deployment.rotate("unproven", deployment.end_of_backup(deployment.start_backup(table_arn)))

    assert state["VerifyTableOutput"] == {
        "Verified": None,
        "ComparedWith": "backup" if kind == "native" else "source table",
        "Comparisons": ["key", "indexes", "attribute types"],
        "BackupSizeBytes": 0,
    }
    assert items(state["TargetTableName"]) == []
    assert "Verified" not in newest_metrics(deployment)


def test_a_copy_of_an_advanced_recovery_point_is_not_verified_where_the_source_is_gone(deployment: Deployment) -> None:
    name = "rotator-test-deleted-unproven"
    with recovery_points(native=False), held_up("rotator-test-deleted-restored-"):
        job = deployment.end_of_backup(deployment.start_backup(make_table(name)))
        client("dynamodb").delete_table(TableName=name)
    state = deployment.rotate("unproven", job)

    proof = state["VerifyTableOutput"]
    assert proof["Verified"] is None
    assert proof["ComparedWith"] == "nothing, as the source table is gone"
    assert proof["Comparisons"] == ["items"]
    assert "Verified" not in newest_metrics(deployment)


def newest_metrics(deployment: Deployment) -> dict[str, object]:
    """Of the newest rotation by the rule that these tests use."""
    return [line for line in deployment.log_lines("verify_table", "RestoreSeconds") if line["rule"] == "unproven"][-1]
