"""A fresh copy on request."""

import pytest

from tests.support.aws import client, items
from tests.support.deployment import BackupJob, Deployment

pytestmark = pytest.mark.usefixtures("_quick_restores")


def back_up(deployment: Deployment) -> BackupJob:
    return deployment.back_up("users-production", deployment.vault("first")["name"])


def test_a_recovery_point_that_was_rotated_before_gets_another_copy(deployment: Deployment) -> None:
    job = back_up(deployment)
    first = deployment.rotate("staging", job)

    (rotation,) = deployment.refresh(Rule="staging", RecoveryPointArn=job.recovery_point_arn)["Rotations"]

    execution = deployment.end_of_execution(rotation["Execution"])
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    assert rotation["TargetTable"] > first["TargetTableName"]
    assert items(rotation["TargetTable"]) == items(first["TargetTableName"])
    value = client("ssm").get_parameter(Name=rotation["Parameter"])["Parameter"]["Value"]
    assert value.endswith(f"/{rotation['TargetTable']}")


def test_a_dry_run_finds_the_newest_recovery_point_and_starts_nothing(deployment: Deployment) -> None:
    job = back_up(deployment)

    rotations = deployment.refresh(SourceTable=job.table_arn.rpartition("/")[2], DryRun=True)["Rotations"]

    assert [(rotation["Rule"], rotation["RecoveryPoint"]) for rotation in rotations] == [
        ("staging", job.recovery_point_arn)
    ]
    assert rotations[0]["Execution"] not in deployment.executions(job)


def test_a_misspelt_table_is_answered_with_what_there_is(deployment: Deployment) -> None:
    back_up(deployment)
    name = deployment.source_table("users-production")["name"]

    answer = deployment.refresh(SourceTable=name.replace("users", "user"))

    assert answer["errorType"] == "InvalidRefresh"
    assert name in answer["errorMessage"]
