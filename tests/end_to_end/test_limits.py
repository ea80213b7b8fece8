"""Limits of AWS that no waiting helps against."""

import json
import os

import pytest

from local_aws import changed_settings
from tests.support.aws import ENDPOINT, client, local_only, recovery_points
from tests.support.deployment import Deployment
from tests.support.tables import make_table, table_names

pytestmark = [local_only, pytest.mark.usefixtures("_quick_restores")]


@pytest.mark.parametrize(
    ("kind", "error", "step"),
    [
        ("native", "LimitExceededException", "Start Restore"),
        ("advanced", "RestoreJobFailed", "Start Restore Job"),
    ],
)
def test_a_rotation_fails_at_once_where_the_quota_of_tables_is_used_up(
    kind: str, error: str, step: str, deployment: Deployment
) -> None:
    table_arn = make_table(f"rotator-test-{kind}-quota-production")
    # The quota is that of the account.
    deployment.end_of_all_rotations()
    with changed_settings(os.environ[ENDPOINT], table_quota=1), recovery_points(native=kind == "native"):
        job = deployment.end_of_backup(deployment.start_backup(table_arn))
        execution = deployment.end_of_rotation("staging", job)

    assert (execution["status"], execution["error"]) == ("FAILED", error)
    assert "Subscriber limit exceeded: There is a limit of 1 tables per subscriber" in execution["cause"]
    history = deployment.history("staging", job)
    steps = [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]
    assert steps.count(step) == 1
    assert [event["type"] for event in history].count("TaskFailed") == 1, "no step is retried"


def test_more_tags_than_a_table_can_have_fail_before_anything_is_restored(deployment: Deployment) -> None:
    tags = [{"Key": f"source-{number}", "Value": "production"} for number in range(30)]
    table_arn = make_table("rotator-test-many-tags", Tags=tags)
    execution = deployment.end_of_rotation("tagged", deployment.end_of_backup(deployment.start_backup(table_arn)))

    assert (execution["status"], execution["error"]) == ("FAILED", "TooManyTags")
    assert "The copy would have 57 tags" in execution["cause"]
    assert "7 of the module, 20 of the rule" in execution["cause"]
    assert json.loads(execution["input"])["TargetTableName"] not in table_names()


def test_a_parameter_without_room_for_a_version_fails_before_anything_is_restored(deployment: Deployment) -> None:
    table_arn, parameter = make_table("rotator-test-full-production"), "/rotator-test/full/table-arn"
    description = (
        f"Copy of {table_arn} from the backup of 2020-01-01T00:00:00.000Z, x, "
        "by the rule staging of the module rotator-test"
    )
    value = table_arn.replace("-production", "-staging-20200101-00-00-00")
    for _ in range(100):
        client("ssm").put_parameter(Name=parameter, Value=value, Type="String", Description=description, Overwrite=True)
    client("ssm").label_parameter_version(Name=parameter, ParameterVersion=1, Labels=["stable"])

    execution = deployment.end_of_rotation("staging", deployment.end_of_backup(deployment.start_backup(table_arn)))

    assert (execution["status"], execution["error"]) == ("FAILED", "ParameterFull")
    assert "the oldest, 1, has the label stable" in execution["cause"]
    assert json.loads(execution["input"])["TargetTableName"] not in table_names()
