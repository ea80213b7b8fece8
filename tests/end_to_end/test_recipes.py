"""The recipes in docs/recipes.md, applied beside the rotator."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import aws_lambda_powertools
import pytest
import typing_extensions

from demo.terraform import Terraform
from tests.support.aws import client, items, local_only
from tests.support.deployment import Deployment
from tests.support.polling import wait_until
from tests.support.recipes import code
from tests.support.tables import make_table

pytestmark = [local_only, pytest.mark.usefixtures("_quick_restores")]

SOURCE = "rotator-test-recipes-production"
RIG = Path(__file__).parent / "terraform" / "recipes"
POWERTOOLS = Path(aws_lambda_powertools.__file__).parent
HEADINGS = {
    "react": "Reacting to a switch",
    "read": "Reading the parameter from a Lambda function",
    "redeploy": "Redeploying an ECS service",
}


def write_zip(path: Path, function: str) -> None:
    """A function, with Powertools in place of the layer."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("recipe.py", function)
        archive.write(typing_extensions.__file__, "typing_extensions.py")
        for file in POWERTOOLS.rglob("*.py"):
            archive.write(file, file.relative_to(POWERTOOLS.parent))


def as_deployed(hcl: str, deployment: Deployment) -> str:
    """The HCL with the names of the rotator that the tests deploy, and of their functions."""
    name = deployment.rotator["state_machine_name"]
    names = {
        "module.rotator.state_machine_arn": json.dumps(deployment.rotator["state_machine_arn"]),
        "aws_lambda_function.react": 'aws_lambda_function.recipe["react"]',
        "/staging/orders/": f"/{name}/recipes/",
        "table/orders-staging": f"table/{name}-recipes-staging",
    }
    for written, deployed in names.items():
        assert written in hcl
        hcl = hcl.replace(written, deployed)
    return hcl


@pytest.fixture
def source_arn() -> str:
    return make_table(SOURCE)


@pytest.fixture
def first(deployment: Deployment, source_arn: str) -> dict[str, Any]:
    """The state of the rotation that created the parameter."""
    return deployment.rotate("staging", deployment.end_of_backup(deployment.start_backup(source_arn)))


@pytest.fixture
def recipes(deployment: Deployment, first: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """The outputs, once everything on the page is applied."""
    shutil.copy(RIG / "main.tf", tmp_path)
    (tmp_path / "recipes.tf").write_text(as_deployed(code("hcl"), deployment))
    for function, heading in HEADINGS.items():
        write_zip(tmp_path / f"{function}.zip", code("python", heading))
    terraform = Terraform(tmp_path, tmp_path)
    terraform.init()
    terraform.apply(lambda _: None)
    # Terraform's provider panics at moto's description of a service.
    client("ecs").create_cluster(clusterName="shop")
    client("ecs").create_service(cluster="shop", serviceName="orders", taskDefinition="orders", desiredCount=0)
    return terraform.outputs()


def reactions_to(parameter: str) -> list[str]:
    events = client("logs").filter_log_events(logGroupName="/aws/lambda/recipe-react")["events"]
    return [event["message"].strip() for event in events if event["message"].startswith(f"{parameter} ")]


def deployments() -> list[str]:
    (service,) = client("ecs").describe_services(cluster="shop", services=["orders"])["services"]
    return [each["id"] for each in service["deployments"]]


def test_a_switch_reaches_functions_containers_and_terraform(
    deployment: Deployment, source_arn: str, first: dict[str, Any], recipes: dict[str, Any]
) -> None:
    assert recipes["orders_table_arn"] == first["DescribeTableOutput"]["Table"]["TableArn"]
    assert recipes["orders_table_name"] == first["TargetTableName"]
    before = deployments()

    second = deployment.rotate("staging", deployment.end_of_backup(deployment.start_backup(source_arn)))

    parameter, arn = second["TargetParameterName"], second["DescribeTableOutput"]["Table"]["TableArn"]
    assert wait_until("reaction", lambda: reactions_to(parameter)) == [
        f"{parameter} points at {arn}, by the rule staging"
    ]
    wait_until("deployment", lambda: deployments() != before or None)
    (item,) = items(second["TargetTableName"])
    answer = client("lambda").invoke(FunctionName="recipe-read", Payload=json.dumps({"id": item["id"]["S"]}))
    assert json.load(answer["Payload"]) == {name: value["S"] for name, value in item.items()}
    definition = client("ecs").describe_task_definition(taskDefinition="orders")["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    assert container["secrets"] == [{"name": "TABLE_ARN", "valueFrom": parameter}]
