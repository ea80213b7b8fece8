"""The functions in docs/recipes.md, run on moto."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.support.recipes import code
from tests.support.rotations import TARGET, TARGET_ARN

PARAMETER = "/staging/orders/table-arn"


def handler_under(heading: str) -> Callable[[Any, Any], Any]:
    module: dict[str, Any] = {}
    exec(code("python", heading), module)  # noqa: S102
    handler: Callable[[Any, Any], Any] = module["handler"]
    return handler


@pytest.mark.parametrize(
    ("output", "printed"),
    [
        ({"UpdateSSMParameterOutput": {"Value": TARGET_ARN}}, f"{PARAMETER} points at {TARGET_ARN}"),
        ({"UpdateSSMParameterOutput": {"Value": TARGET}}, f"{PARAMETER} points at {TARGET}"),
        ({"UpdateSSMParameterOutput": {"Value": TARGET_ARN.replace("20261123", "20261124")}}, ""),
        ({}, ""),
    ],
    ids=["ARN", "name", "left alone", "no parameter"],
)
def test_a_function_reacts_to_a_switch(
    output: dict[str, Any], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    state = {"Rule": "staging", "TargetTableName": TARGET, "TargetParameterName": PARAMETER, **output}

    handler_under("Reacting to a switch")({"detail": {"output": json.dumps(state)}}, None)

    assert capsys.readouterr().out.partition(", ")[0] == printed


@pytest.mark.usefixtures("clients")
def test_a_function_reads_from_the_copy_that_the_parameter_points_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_PARAMETER", PARAMETER)
    item = {"id": "1", "text": "first"}
    boto3.client("ssm").put_parameter(Name=PARAMETER, Type="String", Value=TARGET_ARN)
    table = boto3.resource("dynamodb").create_table(
        TableName=TARGET,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table.put_item(Item=item)

    assert handler_under("Reading the parameter from a Lambda function")({"id": "1"}, None) == item


@pytest.mark.usefixtures("clients")
def test_a_function_asks_for_a_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTER", "shop")
    monkeypatch.setenv("SERVICE", "orders")
    ecs = boto3.client("ecs")

    def deployments() -> list[str]:
        (service,) = ecs.describe_services(cluster="shop", services=["orders"])["services"]
        return [deployment["id"] for deployment in service["deployments"]]

    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(
        family="orders", containerDefinitions=[{"name": "orders", "image": "orders", "memory": 256}]
    )
    ecs.create_service(cluster="shop", serviceName="orders", taskDefinition="orders", desiredCount=1)
    before = deployments()

    handler_under("Redeploying an ECS service")({}, None)

    assert deployments() != before
