"""Settings that are carried over from the source table, call by call."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from rotator.carry_over.settings import carry_over_settings
from rotator.clients import Clients
from rotator.errors import NotYet, SettingsNotApplied
from tests.support.rotations import TARGET, TARGET_ARN, invocation

SOURCE = "orders"


def table(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"TableName": name, "TableArn": TARGET_ARN, **more}


class Aws:
    """Expects calls in their order."""

    def __init__(self, clients: Clients, dynamodb: Stubber, scaling: Stubber) -> None:
        self.clients = clients
        self.dynamodb = dynamodb
        self.scaling = scaling

    def tables(self, **both: Any) -> None:  # noqa: ANN401
        """Both tables are described, which differ in nothing but their names."""
        for name in (TARGET, SOURCE):
            self.dynamodb.add_response("describe_table", {"Table": table(name, **both)}, {"TableName": name})

    def rejects(self, operation: str, message: str) -> None:
        self.dynamodb.add_client_error(operation, "ValidationException", message)

    def outcome(self, setting: str) -> str:
        rotation = invocation()
        rotation["State"]["CarryOver"] = [setting]
        outcome = carry_over_settings(rotation, self.clients)["Settings"][setting]
        self.dynamodb.assert_no_pending_responses()
        self.scaling.assert_no_pending_responses()
        return outcome


@pytest.fixture
def aws(clients: Clients) -> Iterator[Aws]:
    with Stubber(clients.dynamodb) as dynamodb, Stubber(clients.application_autoscaling) as scaling:
        yield Aws(clients, dynamodb, scaling)


STREAM: Any = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
KINESIS = "arn:aws:kinesis:us-east-1:123456789012:stream/changes"


class TestRejectedChanges:
    """botocore repeats a call whose response was lost, and DynamoDB rejects what it has already done."""

    def time_to_live(self, aws: Aws, status: str) -> None:
        description = {"TimeToLiveStatus": status, "AttributeName": "expires"}
        aws.dynamodb.add_response("describe_time_to_live", {"TimeToLiveDescription": description})

    def destinations(self, aws: Aws, *statuses: str) -> None:
        streams = [{"StreamArn": KINESIS, "DestinationStatus": status} for status in statuses]
        aws.dynamodb.add_response("describe_kinesis_streaming_destination", {"KinesisDataStreamDestinations": streams})

    @pytest.mark.parametrize("at_second_look", ["ENABLED", "DISABLED"])
    def test_time_to_live_that_is_on_after_all_is_applied(self, at_second_look: str, aws: Aws) -> None:
        aws.tables()
        self.time_to_live(aws, "ENABLED")
        self.time_to_live(aws, "DISABLED")
        aws.rejects("update_time_to_live", "TimeToLive is already enabled")
        aws.tables()
        self.time_to_live(aws, "ENABLED")
        self.time_to_live(aws, at_second_look)

        if at_second_look == "ENABLED":
            assert aws.outcome("time_to_live") == "applied"
        else:
            aws.rejects("update_time_to_live", "not within an hour")
            with pytest.raises(SettingsNotApplied, match=r"time_to_live failed: ValidationException: .*within an hour"):
                aws.outcome("time_to_live")

    def test_a_kinesis_destination_that_is_being_enabled_after_all_is_waited_for(self, aws: Aws) -> None:
        aws.tables()
        self.destinations(aws, "ACTIVE")
        self.destinations(aws)
        aws.rejects(
            "enable_kinesis_streaming_destination",
            "Table is not in a valid state to enable Kinesis Streaming Destination",
        )
        aws.tables()
        self.destinations(aws, "ACTIVE")
        self.destinations(aws, "ENABLING")

        with pytest.raises(NotYet, match="is being enabled"):
            aws.outcome("kinesis_destination")

    def test_a_stream_that_is_there_after_all_is_applied(self, aws: Aws) -> None:
        aws.dynamodb.add_response("describe_table", {"Table": table(TARGET)})
        aws.dynamodb.add_response("describe_table", {"Table": table(SOURCE, **STREAM)})
        aws.rejects("update_table", "Table already has an enabled stream")
        aws.tables(**STREAM)

        assert aws.outcome("stream") == "applied"


INSIGHTS_MODE = "ACCESSED_AND_THROTTLED_KEYS"
BY_DAY: Any = {"GlobalSecondaryIndexes": [{"IndexName": "by-day"}]}


class TestContributorInsights:
    def are(self, aws: Aws, table_name: str, status: str, **of: str) -> None:
        aws.dynamodb.add_response(
            "describe_contributor_insights",
            {"ContributorInsightsStatus": status, "ContributorInsightsMode": INSIGHTS_MODE},
            {"TableName": table_name, **of},
        )

    def test_they_are_enabled_in_the_mode_of_the_source_of_table_and_indexes(self, aws: Aws) -> None:
        aws.tables(**BY_DAY)
        for of in ({}, {"IndexName": "by-day"}):
            self.are(aws, SOURCE, "ENABLED", **of)
            self.are(aws, TARGET, "DISABLED", **of)
            aws.dynamodb.add_response(
                "update_contributor_insights",
                {},
                {
                    "TableName": TARGET,
                    "ContributorInsightsAction": "ENABLE",
                    "ContributorInsightsMode": INSIGHTS_MODE,
                    **of,
                },
            )

        with pytest.raises(NotYet, match="being enabled"):
            aws.outcome("contributor_insights")

    @pytest.mark.parametrize(
        ("source", "copy", "outcome"), [("ENABLED", "ENABLED", "applied"), ("DISABLED", None, "absent at the source")]
    )
    def test_they_are_left_as_they_are_once_enabled_or_where_the_source_has_none(
        self, source: str, copy: str | None, outcome: str, aws: Aws
    ) -> None:
        aws.tables()
        self.are(aws, SOURCE, source)
        if copy:
            self.are(aws, TARGET, copy)

        assert aws.outcome("contributor_insights") == outcome

    def test_they_may_fail_to_be_enabled(self, aws: Aws) -> None:
        aws.tables()
        self.are(aws, SOURCE, "ENABLED")
        self.are(aws, TARGET, "FAILED")

        with pytest.raises(SettingsNotApplied, match="disable them before you redrive"):
            aws.outcome("contributor_insights")


class TestKinesisDestination:
    def are(self, aws: Aws, table_name: str, *destinations: dict[str, str]) -> None:
        aws.dynamodb.add_response(
            "describe_kinesis_streaming_destination",
            {"KinesisDataStreamDestinations": [{"StreamArn": KINESIS, **each} for each in destinations]},
            {"TableName": table_name},
        )

    @pytest.mark.parametrize("precision", [{"ApproximateCreationDateTimePrecision": "MICROSECOND"}, {}])
    def test_it_is_enabled_with_the_precision_of_the_source(self, precision: dict[str, str], aws: Aws) -> None:
        aws.tables()
        self.are(aws, SOURCE, {"DestinationStatus": "ACTIVE", **precision})
        self.are(aws, TARGET)
        aws.dynamodb.add_response(
            "enable_kinesis_streaming_destination",
            {},
            {
                "TableName": TARGET,
                "StreamArn": KINESIS,
                **({"EnableKinesisStreamingConfiguration": precision} if precision else {}),
            },
        )

        with pytest.raises(NotYet, match=f"to {KINESIS} is being enabled"):
            aws.outcome("kinesis_destination")

    def test_it_is_applied_once_it_is_active(self, aws: Aws) -> None:
        aws.tables()
        self.are(aws, SOURCE, {"DestinationStatus": "ACTIVE"})
        self.are(aws, TARGET, {"DestinationStatus": "ACTIVE"})

        assert aws.outcome("kinesis_destination") == "applied"

    @pytest.mark.parametrize("destinations", [[], [{"DestinationStatus": "DISABLED"}]])
    def test_it_is_absent_where_the_source_streams_nowhere(self, destinations: list[dict[str, str]], aws: Aws) -> None:
        aws.tables()
        self.are(aws, SOURCE, *destinations)

        assert aws.outcome("kinesis_destination") == "absent at the source"

    def test_it_may_fail_to_be_enabled(self, aws: Aws) -> None:
        aws.tables()
        self.are(aws, SOURCE, {"DestinationStatus": "ACTIVE"})
        self.are(aws, TARGET, {"DestinationStatus": "ENABLE_FAILED"})

        with pytest.raises(SettingsNotApplied, match="disable that before you redrive"):
            aws.outcome("kinesis_destination")


DIMENSION = "dynamodb:table:ReadCapacityUnits"
PROVISIONED: Any = {"BillingModeSummary": {"BillingMode": "PROVISIONED"}}
METRIC: Any = {
    "MetricName": "used",
    "Namespace": "shop",
    "Dimensions": [{"Name": "TableName", "Value": "<table>"}, {"Name": "Shop", "Value": f"{SOURCE}-2"}],
}


class TestAutoScaling:
    def has(self, aws: Aws, policy: dict[str, Any]) -> None:
        """The source has a target, which the copy gets, with this policy."""
        target = {
            "ServiceNamespace": "dynamodb",
            "ResourceId": f"table/{SOURCE}",
            "ScalableDimension": DIMENSION,
            "MinCapacity": 5,
            "MaxCapacity": 50,
        }
        described = target | {"RoleARN": "arn:aws:iam::123456789012:role/scaling", "CreationTime": 0}
        aws.scaling.add_response("describe_scalable_targets", {"ScalableTargets": [described]})
        aws.scaling.add_response("register_scalable_target", {}, target | {"ResourceId": f"table/{TARGET}"})
        aws.scaling.add_response(
            "describe_scaling_policies",
            {
                "ScalingPolicies": [
                    {
                        "PolicyARN": "arn",
                        "CreationTime": 0,
                        "ServiceNamespace": "dynamodb",
                        "ResourceId": f"table/{SOURCE}",
                        "ScalableDimension": DIMENSION,
                        "PolicyType": "TargetTrackingScaling",
                        **policy,
                    }
                ]
            },
        )

    def gets(self, aws: Aws, name: str, configuration: dict[str, Any]) -> None:
        aws.scaling.add_response(
            "put_scaling_policy",
            {"PolicyARN": "arn"},
            {
                "PolicyName": name,
                "ServiceNamespace": "dynamodb",
                "ResourceId": f"table/{TARGET}",
                "ScalableDimension": DIMENSION,
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": configuration,
            },
        )

    def test_targets_that_are_left_over_at_a_source_on_demand_count_as_absent(self, aws: Aws) -> None:
        aws.dynamodb.add_response(
            "describe_table", {"Table": table(TARGET, BillingModeSummary={"BillingMode": "PAY_PER_REQUEST"})}
        )
        aws.dynamodb.add_response("describe_table", {"Table": table(SOURCE)})

        assert aws.outcome("auto_scaling") == "absent at the source"

    @pytest.mark.parametrize(
        "metric",
        [METRIC | {"Statistic": "Sum"}, {"Metrics": [{"Id": "m", "MetricStat": {"Metric": METRIC, "Stat": "Sum"}}]}],
    )
    def test_a_customised_metric_is_that_of_the_copy(self, metric: dict[str, Any], aws: Aws) -> None:
        configuration = json.dumps({"TargetValue": 70.0, "CustomizedMetricSpecification": metric})
        of_source, of_target = (json.loads(configuration.replace("<table>", name)) for name in (SOURCE, TARGET))
        aws.tables(**PROVISIONED)
        self.has(aws, {"PolicyName": "used", "TargetTrackingScalingPolicyConfiguration": of_source})
        self.gets(aws, "used", of_target)

        assert aws.outcome("auto_scaling") == "applied"

    def test_a_policy_name_that_becomes_too_long_is_cut_and_stays_unique(self, clients: Clients) -> None:
        names = []
        for last in ("a", "b", "b"):
            with Stubber(clients.dynamodb) as dynamodb, Stubber(clients.application_autoscaling) as scaling:
                aws = Aws(clients, dynamodb, scaling)
                aws.tables(**PROVISIONED)
                configuration = {"TargetValue": 70.0}
                name = f"$read:table/{SOURCE}:" + "x" * 230 + last
                self.has(aws, {"PolicyName": name, "TargetTrackingScalingPolicyConfiguration": configuration})
                scaling.add_response("put_scaling_policy", {"PolicyARN": "arn"})
                clients.application_autoscaling.meta.events.register_first(
                    "provide-client-params.application-autoscaling.PutScalingPolicy",
                    lambda params, **_: names.append(params["PolicyName"]),
                    unique_id="names",
                )
                aws.outcome("auto_scaling")

        assert [len(name) for name in names] == [256] * 3
        assert names[0] != names[1] == names[2]
        assert names[0].startswith(f"$read:table/{TARGET}:xxx")

    def test_targets_of_many_indexes_are_asked_for_fifty_at_a_time(self, aws: Aws) -> None:
        aws.tables(**PROVISIONED, GlobalSecondaryIndexes=[{"IndexName": f"by-{n}"} for n in range(60)])
        ids = [f"table/{SOURCE}", *(f"table/{SOURCE}/index/by-{n}" for n in range(60))]
        for part in (ids[:50], ids[50:]):
            aws.scaling.add_response(
                "describe_scalable_targets",
                {"ScalableTargets": []},
                {"ServiceNamespace": "dynamodb", "ResourceIds": part},
            )

        assert aws.outcome("auto_scaling") == "absent at the source"
