"""Copies that are ready to use: what a rule carries over from the source table, and what it asks of a restore."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.aws import client, held_up, local_only, recovery_points
from tests.support.deployment import BackupJob, Deployment
from tests.support.tables import index, make_table, make_table_with_settings

pytestmark = local_only

OWNERSHIP = "backup-dynamodb-rotator:"


def settings_of(name: str) -> dict[str, Any]:
    """Every setting that can be carried over, without what names the table."""
    dynamodb, scaling = client("dynamodb"), client("application-autoscaling")
    table = dynamodb.describe_table(TableName=name)["Table"]
    resources = [f"table/{name}", *(f"table/{name}/index/{found['IndexName']}" for found in indexes_of(table))]
    tags = dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    streams = dynamodb.describe_kinesis_streaming_destination(TableName=name)["KinesisDataStreamDestinations"]
    recovery = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    found = {
        "tags": {tag["Key"]: tag["Value"] for tag in tags if not tag["Key"].startswith(OWNERSHIP)},
        "time_to_live": dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
        "stream": table.get("StreamSpecification", {}),
        "point_in_time_recovery": {
            key: recovery["PointInTimeRecoveryDescription"].get(key)
            for key in ("PointInTimeRecoveryStatus", "RecoveryPeriodInDays")
        },
        "deletion_protection": table["DeletionProtectionEnabled"],
        "table_class": table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
        "contributor_insights": [
            dynamodb.describe_contributor_insights(TableName=name, **of)["ContributorInsightsStatus"]
            for of in ({}, *({"IndexName": found["IndexName"]} for found in indexes_of(table)))
        ],
        "auto_scaling": [
            (target["ResourceId"], target["ScalableDimension"], target["MinCapacity"], target["MaxCapacity"])
            for target in scaling.describe_scalable_targets(ServiceNamespace="dynamodb", ResourceIds=resources)[
                "ScalableTargets"
            ]
        ],
        "scaling_policies": [
            (policy["PolicyName"], policy["PolicyType"], policy["TargetTrackingScalingPolicyConfiguration"])
            for resource in resources
            for policy in scaling.describe_scaling_policies(ServiceNamespace="dynamodb", ResourceId=resource)[
                "ScalingPolicies"
            ]
        ],
        "resource_policy": policy_of(table["TableArn"]),
        "kinesis_destination": streams,
    }
    named: dict[str, Any] = json.loads(json.dumps(found).replace(name, "<table>"))
    return named


def indexes_of(table: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.get("GlobalSecondaryIndexes", [])
    return found


def policy_of(table_arn: str) -> Any:  # noqa: ANN401
    try:
        return json.loads(client("dynamodb").get_resource_policy(ResourceArn=table_arn)["Policy"])
    except ClientError as error:
        assert error.response["Error"]["Code"] == "PolicyNotFoundException"  # noqa: PT017
        return None


@dataclass(frozen=True)
class Copies:
    """The states in which the rotations of one source table ended, by rule, and its settings."""

    source: dict[str, Any]
    states: dict[str, dict[str, Any]]

    def settings(self, rule: str) -> dict[str, Any]:
        return settings_of(self.states[rule]["TargetTableName"])


@pytest.fixture(scope="module", params=["native", "advanced"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def copies(kind: str, deployment: Deployment, early_jobs: dict[str, BackupJob]) -> Iterator[Copies]:
    job = early_jobs[f"{kind}-settings"]
    states = {rule: deployment.rotate(rule, job) for rule in ("complete", "bare")}
    yield Copies(settings_of(f"rotator-test-{kind}-settings"), states)
    for name in (f"rotator-test-{kind}-settings", states["complete"]["TargetTableName"]):
        client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)


def test_a_copy_has_every_setting_of_its_source(copies: Copies) -> None:
    carried = copies.settings("complete")

    assert carried.pop("tags") == {"team": "orders", "stage": "staging"}
    for name, setting in carried.items():
        assert setting == copies.source[name], name
    outcomes = {
        **copies.states["complete"]["ConfigureTableOutput"]["Settings"],
        **copies.states["complete"]["CarryOverSettingsOutput"]["Settings"],
    }
    assert outcomes == dict.fromkeys(outcomes, "applied")
    # The tags came with those of ownership.
    assert len(outcomes) == 9


def test_without_asking_a_copy_has_no_setting_but_the_tags_of_ownership(copies: Copies) -> None:
    bare = copies.settings("bare")

    # A setting that were off at the source as well would prove nothing.
    assert not [name for name, setting in bare.items() if setting == copies.source[name]]
    assert bare["tags"] == {}
    table = client("dynamodb").describe_table(TableName=copies.states["bare"]["TargetTableName"])["Table"]
    tags = client("dynamodb").list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    assert {tag["Key"].removeprefix(OWNERSHIP): tag["Value"] for tag in tags}["table-id"] == table["TableId"]


def test_a_rotation_proves_that_the_backup_restores(kind: str, copies: Copies, deployment: Deployment) -> None:
    state = copies.states["bare"]
    proof = state["VerifyTableOutput"]

    assert proof["Verified"] is True
    assert proof["ComparedWith"] == ("backup" if kind == "native" else "source table")
    assert proof["BackupSizeBytes"] > 0
    metrics = [line for line in deployment.log_lines("verify_table", "RestoreSeconds") if line["rule"] == "bare"]
    assert state["DescribeTableOutput"]["RestoreSeconds"] in [line["RestoreSeconds"][0] for line in metrics]
    assert {line["Verified"][0] for line in metrics} == {1.0}
    (described,) = metrics[0]["_aws"]["CloudWatchMetrics"]
    assert (described["Namespace"], {*described["Dimensions"][0]}) == ("BackupDynamoDBRotator", {"rule", "service"})
    assert metrics[0]["service"] == deployment.rotator["state_machine_name"]
    # The rule asks for nothing after its verification.
    succeeded = [line for line in deployment.log_lines("verify_table", "Succeeded") if line["rule"] == "bare"]
    assert len(succeeded) == len(metrics)


def test_capacity_key_and_indexes_are_as_the_rule_asks(
    kind: str, deployment: Deployment, early_jobs: dict[str, BackupJob]
) -> None:
    state = deployment.rotate("resized", early_jobs[f"{kind}-resize"])

    table = client("dynamodb").describe_table(TableName=state["TargetTableName"])["Table"]
    for described in (table, *table["GlobalSecondaryIndexes"]):
        throughput = described["ProvisionedThroughput"]
        assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (3, 2)
    assert table["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert table["SSEDescription"]["KMSMasterKeyArn"] == deployment.outputs["key_arn"]["value"]
    assert [found["IndexName"] for found in table["GlobalSecondaryIndexes"]] == ["by-hour"]
    insights = client("dynamodb").describe_contributor_insights(TableName=table["TableName"])
    assert insights["ContributorInsightsStatus"] == "ENABLED"


def test_maxima_and_the_key_of_aws_are_as_the_rule_asks(
    kind: str, deployment: Deployment, early_jobs: dict[str, BackupJob]
) -> None:
    state = deployment.rotate("capped", early_jobs[f"{kind}-resize"])

    table = client("dynamodb").describe_table(TableName=state["TargetTableName"])["Table"]
    assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": 9, "MaxWriteRequestUnits": 8}
    assert table["SSEDescription"]["Status"] == "ENABLED"
    assert len(table["GlobalSecondaryIndexes"]) == 2


@pytest.mark.usefixtures("_quick_restores")
def test_a_setting_that_fails_ends_the_rotation_and_is_named(deployment: Deployment) -> None:
    name = "rotator-test-gone-settings"
    with recovery_points(native=True), held_up(name):
        job = deployment.end_of_backup(deployment.start_backup(make_table(name, index("by-day"))))
        client("dynamodb").delete_table(TableName=name)
    execution = deployment.end_of_rotation("complete", job)

    assert (execution["status"], execution["error"]) == ("FAILED", "SettingsNotApplied")
    assert f"tags failed: the table {name} is gone" in execution["cause"]


@pytest.mark.usefixtures("_quick_restores")
def test_auto_scaling_that_is_left_over_at_a_table_on_demand_is_absent(deployment: Deployment) -> None:
    name = "rotator-test-leftover-settings"
    table_arn = make_table_with_settings(name, "auto_scaling")
    client("dynamodb").update_table(TableName=name, BillingMode="PAY_PER_REQUEST")
    with recovery_points(native=True):
        state = deployment.rotate("complete", deployment.end_of_backup(deployment.start_backup(table_arn)))

    assert settings_of(name)["auto_scaling"]
    assert settings_of(state["TargetTableName"])["auto_scaling"] == []
    assert state["CarryOverSettingsOutput"]["Settings"]["auto_scaling"] == "absent at the source"
