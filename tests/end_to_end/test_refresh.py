"""A fresh copy on request."""

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from local_aws import changed_settings
from tests.support.aws import ENDPOINT, REAL_AWS, client, items
from tests.support.deployment import BackupJob, Deployment
from tests.support.tables import make_table

pytestmark = pytest.mark.usefixtures("_quick_restores")


def back_up(table_arn: str, deployment: Deployment) -> BackupJob:
    """In one of the vaults that a refresh looks in."""
    return deployment.end_of_backup(deployment.start_backup(table_arn, deployment.vault("first")["name"]))


def back_up_users(deployment: Deployment) -> BackupJob:
    return back_up(deployment.source_table("users-production")["arn"], deployment)


def long_restores() -> AbstractContextManager[None]:
    """Restores that are under way for as long as it takes to ask for another copy, as they are on AWS."""
    if os.environ.get(REAL_AWS):
        return nullcontext()
    return changed_settings(os.environ[ENDPOINT], restore_seconds=5)


@pytest.fixture(scope="module")
def scheduled_job(deployment: Deployment) -> BackupJob:
    """A backup of a table that is only rotated by a rule with a schedule."""
    return back_up(make_table("rotator-test-by-hand"), deployment)


@pytest.fixture(scope="module")
def scheduled_rotation(deployment: Deployment, scheduled_job: BackupJob) -> dict[str, Any]:
    """A refresh of that table, once it has succeeded."""
    (rotation,) = refreshed(deployment, SourceTable="rotator-test-by-hand", RequestTime="2025-11-24T09:00:00.900Z")
    execution = deployment.end_of_execution(rotation["Execution"])
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    return rotation


def refreshed(deployment: Deployment, **request: object) -> list[dict[str, Any]]:
    """The rotations that a refresh leads to."""
    answer = deployment.refresh(**request)
    assert "Rotations" in answer, answer
    rotations: list[dict[str, Any]] = answer["Rotations"]
    return rotations


def refused(deployment: Deployment, **request: object) -> str:
    """What a person is told whose refresh starts nothing."""
    answer = deployment.refresh(**request)
    assert answer["errorType"] == "InvalidRefresh", answer
    message: str = answer["errorMessage"]
    return message


def test_a_recovery_point_that_was_rotated_before_gets_another_copy(deployment: Deployment) -> None:
    job = back_up_users(deployment)
    first = deployment.rotate("staging", job)

    (rotation,) = refreshed(deployment, Rule="staging", RecoveryPointArn=job.recovery_point_arn)

    execution = deployment.end_of_execution(rotation["Execution"])
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    assert rotation["TargetTable"] > first["TargetTableName"]
    assert items(rotation["TargetTable"]) == items(first["TargetTableName"])
    assert pointed_at(rotation["Parameter"]) == rotation["TargetTable"]


def test_a_refresh_during_a_rotation_of_the_same_recovery_point_makes_the_later_copy(deployment: Deployment) -> None:
    with long_restores():
        job = back_up_users(deployment)
        (rotation,) = refreshed(deployment, Rule="staging", RecoveryPointArn=job.recovery_point_arn)

    first = deployment.rotate("staging", job)
    second = deployment.end_of_execution(rotation["Execution"])
    assert second["status"] == "SUCCEEDED", second.get("cause")
    assert second["startDate"] < deployment.end_of_rotation("staging", job)["stopDate"]
    assert first["TargetTableName"] != rotation["TargetTable"]
    assert pointed_at(rotation["Parameter"]) == rotation["TargetTable"]


def test_a_rule_with_a_schedule_is_refreshed_by_hand_as_well(
    deployment: Deployment, scheduled_job: BackupJob, scheduled_rotation: dict[str, Any]
) -> None:
    assert scheduled_rotation["Rule"] == "scheduled"
    assert items(scheduled_rotation["TargetTable"]) == items("rotator-test-by-hand")
    assert deployment.executions(scheduled_job) == [scheduled_rotation["Execution"]]


def test_a_refresh_that_is_requested_twice_within_a_second_is_one_rotation(
    deployment: Deployment, scheduled_job: BackupJob, scheduled_rotation: dict[str, Any]
) -> None:
    (again,) = refreshed(deployment, SourceTable=scheduled_job.table_arn, RequestTime="2025-11-24T09:00:00.100Z")

    assert again == scheduled_rotation
    assert deployment.executions(scheduled_job) == [scheduled_rotation["Execution"]]


def test_a_copy_is_not_refreshed(deployment: Deployment, scheduled_rotation: dict[str, Any]) -> None:
    copy = scheduled_rotation["TargetTable"]
    back_up(client("dynamodb").describe_table(TableName=copy)["Table"]["TableArn"], deployment)

    message = refused(deployment, SourceTable=copy)

    assert message == f"Copies are not rotated, and these tables are copies: {copy}."


def test_a_dry_run_finds_the_newest_recovery_point_and_starts_nothing(deployment: Deployment) -> None:
    job = back_up_users(deployment)

    rotations = refreshed(deployment, SourceTable=deployment.source_table("users-production")["name"], DryRun=True)

    assert [(rotation["Rule"], rotation["RecoveryPoint"]) for rotation in rotations] == [
        ("staging", job.recovery_point_arn)
    ]
    assert rotations[0]["Execution"] not in deployment.executions(job)


def test_a_misspelt_table_is_answered_with_what_there_is(deployment: Deployment) -> None:
    back_up_users(deployment)
    name = deployment.source_table("users-production")["name"]

    message = refused(deployment, SourceTable=name.replace("users", "user"))

    assert f"The tables that have some are {name}, " in message


def test_a_table_that_no_rule_matches_is_answered_with_the_rules(deployment: Deployment) -> None:
    table = deployment.source_table("scratch")
    name = table["name"]
    back_up(table["arn"], deployment)

    message = refused(deployment, SourceTable=name)

    assert f"No rule matches {name}." in message
    assert "The rules are adopting (-adopt-(.+)$), " in message


def test_a_misspelt_recovery_point_is_answered_with_the_vaults(deployment: Deployment) -> None:
    wrong = back_up_users(deployment).recovery_point_arn[:-4] + "0000"

    message = refused(deployment, Rule="staging", RecoveryPointArn=wrong)

    assert deployment.vault("first")["arn"] in message


def test_a_misspelt_key_is_answered_with_what_is_accepted(deployment: Deployment) -> None:
    assert '"SourceTable"' in refused(deployment, SourcTable="rotator-test-users-production")


def pointed_at(parameter: str) -> str:
    value: str = client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]
    return value.rpartition("/")[2]
