"""Auto scaling of DynamoDB tables."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.canaries import code

TRACKING = {
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
    },
}


@pytest.fixture
def targets(aws: Callable[..., Any], name: str) -> list[dict[str, str]]:
    """Scalable targets of a table and of its index, each with a policy."""
    found = [
        {
            "ServiceNamespace": "dynamodb",
            "ResourceId": f"table/{name}{suffix}",
            "ScalableDimension": f"dynamodb:{kind}:ReadCapacityUnits",
        }
        for kind, suffix in (("table", ""), ("index", "/index/by-day"))
    ]
    for target in found:
        aws("application-autoscaling").register_scalable_target(**target, MinCapacity=5, MaxCapacity=50)
        aws("application-autoscaling").put_scaling_policy(**target, PolicyName=name, **TRACKING)
    return found


def policies(scaling: Any, target: dict[str, str]) -> list[Any]:  # noqa: ANN401
    found: list[Any] = scaling.describe_scaling_policies(ServiceNamespace="dynamodb", ResourceId=target["ResourceId"])[
        "ScalingPolicies"
    ]
    return found


def test_only_the_policies_of_the_requested_resource_are_described(
    aws: Callable[..., Any], targets: list[dict[str, str]]
) -> None:
    for target in targets:
        (policy,) = policies(aws("application-autoscaling"), target)
        assert policy["ResourceId"] == target["ResourceId"]


def test_policies_and_alarms_are_deleted_with_their_target(
    aws: Callable[..., Any], targets: list[dict[str, str]], name: str
) -> None:
    scaling = aws("application-autoscaling")
    table, index = targets

    def alarms() -> int:
        found = aws("cloudwatch").describe_alarms()["MetricAlarms"]
        return sum(f"policyName/{name}" in alarm["AlarmDescription"] for alarm in found)

    before = alarms()
    scaling.deregister_scalable_target(**table)

    assert policies(scaling, table) == []
    assert len(policies(scaling, index)) == 1
    assert 0 < alarms() < before
    assert code(scaling.deregister_scalable_target, **table) == "ObjectNotFoundException"
