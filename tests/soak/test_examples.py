"""The examples that no other test applies, with the commands of their READMEs."""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.support.aws import client, items, recovery_points
from tests.support.examples import Reader, applied
from tests.support.pages import answer
from tests.support.permissions import statements, without
from tests.support.polling import wait_until


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with applied("complete", tmp_path_factory.mktemp("complete")) as reader:
        yield reader


@pytest.fixture(scope="module")
def sns_topic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with applied("sns-topic", tmp_path_factory.mktemp("sns_topic")) as reader:
        yield reader


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with applied("hook", tmp_path_factory.mktemp("hook")) as reader:
        yield reader


@pytest.mark.parametrize("kind", ["native", "advanced"])
def test_the_complete_example_rotates_within_its_boundary(kind: str, complete: Reader) -> None:
    outputs = complete.outputs
    rotator = {
        "state_machine_arn": outputs["state_machine_arn"],
        "failed_notifications_queue": {"url": outputs["failed_notifications_queue_url"]},
    }
    deployment = complete.deployment(rotator=rotator)
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
    printed = complete.shell.run(complete.commands("Apply")[1])
    assert f"{parameter['Name']}\t{parameter['Value']}" in printed.splitlines()
    reported: set[str] = set()

    def both_are_reported() -> bool:
        reported.update(message["Subject"] for message in deployment.messages_at(inbox))
        return {f"Complete: rotation of shop-orders-production by rule {rule}" for rule in states} <= reported

    wait_until("reports", both_are_reported)
    if kind == "advanced":
        jobs = [state["StartRestoreJobOutput"]["RestoreJobId"] for state in states.values()]
        verdicts = [client("backup").describe_restore_job(RestoreJobId=job)["ValidationStatus"] for job in jobs]
        assert verdicts == ["SUCCESSFUL", "SUCCESSFUL"]


def test_each_function_of_the_complete_example_needs_each_permission_on_its_network(complete: Reader) -> None:
    assert complete.outputs["state_machine_arn"]
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


def test_the_complete_example_leaves_nothing_behind(complete: Reader) -> None:
    complete.shell.run(*complete.commands("Destroy"))

    path = complete.outputs["ssm_parameter_path"]
    assert client("ssm").get_parameters_by_path(Path=path, Recursive=True)["Parameters"] == []
    names = client("dynamodb").list_tables()["TableNames"]
    assert [name for name in names if name.startswith("shop-")] == []
    assert complete.shell.run("terraform state list\n").strip() == ""


def test_the_example_with_a_topic_rotates(sns_topic: Reader) -> None:
    deployment = sns_topic.deployment()
    item = {"invoice_id": {"S": "1"}}
    client("dynamodb").put_item(TableName=sns_topic.outputs["table_name"], Item=item)
    start, look = sns_topic.commands("Start a backup by hand")

    job = deployment.end_of_backup(answer(sns_topic.shell.run(start))["BackupJobId"])
    state = deployment.rotate("staging", job)

    assert items(state["TargetTableName"], key="invoice_id") == [item]
    assert sns_topic.shell.run(look).strip() == state["DescribeTableOutput"]["Table"]["TableArn"]


def test_the_hook_example_masks_addresses_in_the_copy_and_nowhere_else(hook: Reader) -> None:
    outputs, deployment = hook.outputs, hook.deployment()
    # What the commands put is the first one.
    for customer, email in {"2": {"email": {"S": "Ann@Example.com"}}, "3": {}}.items():
        client("dynamodb").put_item(TableName=outputs["table_name"], Item={"customer_id": {"S": customer}, **email})
    start, look = hook.commands("See it work")

    job = deployment.end_of_backup(answer(hook.shell.run(start))["BackupJobId"])
    state = deployment.rotate("staging", job)

    copied = {
        item["customer_id"]["S"]: item.get("email", {}).get("S") for item in answer(hook.shell.run(look))["Items"]
    }
    assert copied.keys() == {"1", "2", "3"}
    assert copied["1"] == copied["2"]
    assert str(copied["1"]).endswith("@masked.invalid")
    assert copied["3"] is None
    assert state["BeforeSwitchOutput"] == {"Output": {"MaskedAddresses": 2}}
    assert "ann@example.com" in json.dumps(items(outputs["table_name"], key="customer_id"))


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
