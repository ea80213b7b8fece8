"""A rotation that rotates: copies beyond the newest ones go, and nothing else does."""

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import get_session

from local_aws import Fault, changed_settings, injected
from tests.support.aws import ENDPOINT, client, local_only, recovery_points
from tests.support.deployment import Deployment
from tests.support.tables import make_table, make_table_with_settings

pytestmark = local_only

SOURCE = "rotator-test-keep"
PARAMETER = "/rotator-test/kept/table-arn"
PREFIX = "backup-dynamodb-rotator:"


@pytest.fixture(scope="module")
def survivors(deployment: Deployment) -> dict[str, str]:
    """Tables that look like copies, and are not this rule's to delete."""
    names = {
        "made by a person": "rotator-test-kept-20200101-00-00-01",
        "another rule's": "rotator-test-kept-20200101-00-00-02",
        "another module instance's": "rotator-test-kept-20200101-00-00-03",
    }
    for what, name in names.items():
        arn = make_table(name)
        tags = {
            "module": "another" if "module" in what else deployment.rotator["state_machine_name"],
            "rule": "another" if "rule" in what else "kept",
            "source-table": arn.replace(name, SOURCE),
            "recovery-point": "arn:aws:backup:us-east-1:123456789012:recovery-point:another",
            "backup-time": "2020-01-01T00:00:00.000Z",
            "table-id": client("dynamodb").describe_table(TableName=name)["Table"]["TableId"],
        }
        if what != "made by a person":
            client("dynamodb").tag_resource(
                ResourceArn=arn, Tags=[{"Key": PREFIX + key, "Value": value} for key, value in tags.items()]
            )
    return names


@pytest.fixture(scope="module")
def states(deployment: Deployment, survivors: dict[str, str]) -> Iterator[list[dict[str, Any]]]:
    """Ten rotations, after the first of which a copy loses a tag, and after the second one is protected.

    Once, DynamoDB does not delete a table, because it is changing it: the next rotation does.
    """
    table_arn = make_table_with_settings(SOURCE, "auto_scaling")
    states = []
    in_use = Fault(operation="DeleteTable", error="ResourceInUseException", times=1, role="rotator-test-*")
    with (
        recovery_points(native=True),
        changed_settings(os.environ[ENDPOINT], restore_seconds=0.01, backup_seconds=0.1),
        injected(os.environ[ENDPOINT], in_use) as fault,
    ):
        for number in range(10):
            # The names of copies have seconds.
            time.sleep(1)
            job = deployment.end_of_backup(deployment.start_backup(table_arn))
            states.append(deployment.rotate("kept", job))
            copy = states[-1]["DescribeTableOutput"]["Table"]
            if number == 0:
                client("dynamodb").untag_resource(ResourceArn=copy["TableArn"], TagKeys=[f"{PREFIX}rule"])
            if number == 1:
                client("dynamodb").update_table(TableName=copy["TableName"], DeletionProtectionEnabled=True)
    assert fault.struck == 1
    kept = [found["Reason"] for state in states for found in state["DeleteOldTablesOutput"]["Kept"]]
    assert kept.count("DynamoDB is changing it") == 1
    yield states
    client("dynamodb").update_table(TableName=states[1]["TargetTableName"], DeletionProtectionEnabled=False)
    for name in (SOURCE, *survivors.values()):
        client("dynamodb").delete_table(TableName=name)


def tables() -> set[str]:
    pages = client("dynamodb").get_paginator("list_tables").paginate()
    return {name for page in pages for name in page["TableNames"] if name.startswith(("rotator-test-kept-", SOURCE))}


def test_the_newest_copies_stay_with_all_that_is_not_the_rules(
    states: list[dict[str, Any]], survivors: dict[str, str]
) -> None:
    copies = [state["TargetTableName"] for state in states]
    without_tag, protected = copies[:2]

    assert tables() == {SOURCE, *survivors.values(), without_tag, protected, *copies[-3:]}
    assert states[-1]["DeleteOldTablesOutput"] == {
        "Deleted": [copies[-4]],
        "Kept": [{"TableName": protected, "Reason": "it is protected against deletion"}],
    }


def test_auto_scaling_goes_with_the_copies(states: list[dict[str, Any]]) -> None:
    pages = client("application-autoscaling").get_paginator("describe_scalable_targets")
    scaled = {
        target["ResourceId"]
        for page in pages.paginate(ServiceNamespace="dynamodb")
        for target in page["ScalableTargets"]
    }
    pages = client("cloudwatch").get_paginator("describe_alarms")
    alarms = [alarm["AlarmName"] for page in pages.paginate() for alarm in page["MetricAlarms"]]
    copies = {state["TargetTableName"] for state in states}
    left = copies & tables()

    assert copies - left
    assert {name for name in copies if f"table/{name}" in scaled} == left
    assert {name for name in copies if f"table/{name}/index/by-day" in scaled} == left
    assert {name for name in copies if any(name in alarm for alarm in alarms)} == left


def test_the_parameter_is_on_a_live_table_and_can_be_rolled_back_to_another(
    deployment: Deployment, states: list[dict[str, Any]]
) -> None:
    before, last = (state["DescribeTableOutput"]["Table"]["TableArn"] for state in states[-2:])

    answer = deployment.invoke("update_ssm_parameter", {"RollBack": {"Parameter": PARAMETER}})

    assert answer == {"Parameter": PARAMETER, "From": last, "To": before, "Held": False}
    assert client("ssm").get_parameter(Name=PARAMETER)["Parameter"]["Value"] == before


def test_the_function_may_delete_nothing_but_copies_by_the_rule(
    deployment: Deployment, states: list[dict[str, Any]], survivors: dict[str, str]
) -> None:
    role_arn = deployment.rotator["function_roles"]["delete_old_tables"]["arn"]
    keys = client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    acting: Any = get_session().create_client(
        "dynamodb",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )

    for name in (SOURCE, *survivors.values(), states[0]["TargetTableName"]):
        with pytest.raises(acting.exceptions.ClientError, match="dynamodb:DeleteTable"):
            acting.delete_table(TableName=name)
