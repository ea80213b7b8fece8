"""The examples that no other test applies."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pytest_terraform.tf import TerraformTestApi

from tests.support.aws import client, items, recovery_points
from tests.support.deployment import Deployment
from tests.support.fixtures import PATIENCE_SECONDS
from tests.support.permissions import statements, without
from tests.support.polling import wait_until


@pytest.mark.parametrize("kind", ["native", "advanced"])
def test_the_complete_example_rotates_within_its_boundary(kind: str, complete: TerraformTestApi) -> None:
    outputs = complete.outputs["complete"]["value"]
    rotator = {
        "state_machine_arn": outputs["state_machine_arn"],
        "failed_notifications_queue": {"url": outputs["failed_notifications_queue_url"]},
    }
    values = {
        "rotator": rotator,
        "vault_name": outputs["backup_vault_name"],
        "backup_role_arn": outputs["backup_role_arn"],
    }
    deployment = Deployment({name: {"value": value} for name, value in values.items()}, PATIENCE_SECONDS)
    inbox = subscribe_queue_to(outputs["rotations_topic_arn"], f"inbox-{kind}")
    item = {"id": {"S": "1"}}
    client("dynamodb").put_item(TableName="shop-orders-production", Item=item)

    with recovery_points(native=kind == "native"):
        job = deployment.end_of_backup(deployment.start_backup(outputs["table_arns"]["orders"]))
    states = {rule: deployment.rotate(rule, job) for rule in ("staging", "reporting")}

    for state in states.values():
        assert items(state["TargetTableName"]) == [item]
    parameter = client("ssm").get_parameter(Name=f"{outputs['ssm_parameter_path']}/orders/table-arn")["Parameter"]
    assert parameter["Value"] == states["staging"]["DescribeTableOutput"]["Table"]["TableArn"]
    reported: set[str] = set()

    def both_are_reported() -> bool:
        reported.update(message["Subject"] for message in deployment.messages_at(inbox))
        return {f"Complete: rotation of shop-orders-production by rule {rule}" for rule in states} <= reported

    wait_until("reports", both_are_reported)


def test_each_function_of_the_complete_example_needs_each_permission_on_its_network(complete: TerraformTestApi) -> None:
    assert complete.outputs["complete"]["value"]["state_machine_arn"]
    pages = client("lambda").get_paginator("list_functions").paginate()
    functions = [one for page in pages for one in page["Functions"] if one["FunctionName"].startswith("shop-rotator-")]
    tried = set()

    for function in functions:
        for role, sid, action in statements(function["Role"].rpartition("/")[2]):
            if sid in ("DescribeNetwork", "ManageNetworkInterfaces"):
                with without(action, role, sid), pytest.raises(ClientError, match=action.removeprefix("ec2:")):
                    client("lambda").update_function_configuration(
                        FunctionName=function["FunctionName"], Role=function["Role"]
                    )
                tried.add((role, action))

    assert len(functions) == 9
    assert len(tried) == 9 * 6


def test_the_example_with_a_topic_rotates(sns_topic: TerraformTestApi) -> None:
    deployment = deployment_of(sns_topic.outputs["sns_topic"]["value"])
    item = {"invoice_id": {"S": "1"}}
    client("dynamodb").put_item(TableName=deployment.outputs["table_name"]["value"], Item=item)

    table_arn = deployment.outputs["table_arn"]["value"]
    state = deployment.rotate("staging", deployment.end_of_backup(deployment.start_backup(table_arn)))

    assert items(state["TargetTableName"], key="invoice_id") == [item]
    name = deployment.outputs["ssm_parameter_name"]["value"]
    table = state["DescribeTableOutput"]["Table"]["TableArn"]
    assert client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == table


def test_the_hook_example_masks_addresses_in_the_copy_and_nowhere_else(hook: TerraformTestApi) -> None:
    outputs = hook.outputs["hook"]["value"]
    deployment = deployment_of(outputs)
    addresses = {"1": "ann@example.com", "2": "Ann@Example.com", "3": None}
    for customer, address in addresses.items():
        email = {"email": {"S": address}} if address else {}
        client("dynamodb").put_item(TableName=outputs["table_name"], Item={"customer_id": {"S": customer}, **email})

    state = deployment.rotate("staging", deployment.end_of_backup(deployment.start_backup(outputs["table_arn"])))

    copied = {
        item["customer_id"]["S"]: item.get("email", {}).get("S")
        for item in items(state["TargetTableName"], key="customer_id")
    }
    assert copied.keys() == addresses.keys()
    assert copied["1"] == copied["2"]
    assert str(copied["1"]).endswith("@masked.invalid")
    assert copied["3"] is None
    assert state["BeforeSwitchOutput"] == {"Output": {"MaskedAddresses": 2}}
    assert "ann@example.com" in json.dumps(items(outputs["table_name"], key="customer_id"))


def deployment_of(outputs: dict[str, Any]) -> Deployment:
    """An example as a deployment."""
    values = outputs | {"vault_name": outputs["backup_vault_name"]}
    return Deployment({name: {"value": value} for name, value in values.items()}, PATIENCE_SECONDS)


def subscribe_queue_to(topic_arn: str, name: str) -> str:
    """The URL of a new queue that receives what the topic receives."""
    policy = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    attributes = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [policy]})}
    url: str = client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)
    return url
