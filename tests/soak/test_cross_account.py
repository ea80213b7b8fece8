"""The example with two accounts: a backup of production is copied to staging, and rotated there."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.session import get_session
from pytest_terraform.tf import TerraformTestApi

from tests.support.aws import client, items
from tests.support.deployment import Deployment
from tests.support.fixtures import PATIENCE_SECONDS
from tests.support.polling import wait_until

PRODUCTION = "111122223333"
ITEM = {"order_id": {"S": "1"}}


def production(service: str) -> Any:  # noqa: ANN401 (a client of any service)
    return get_session().create_client(service, aws_access_key_id=PRODUCTION, aws_secret_access_key="any")


@pytest.fixture(scope="session")
def _role_for_terraform(_aws: None) -> None:
    """What an organization has in each of its accounts."""
    name = "OrganizationAccountAccessRole"
    staging = client("sts").get_caller_identity()["Account"]
    trust = {"Effect": "Allow", "Principal": {"AWS": staging}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam = production("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
    iam.put_role_policy(RoleName=name, PolicyName="administrator", PolicyDocument=policy(everything))


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.usefixtures("_role_for_terraform")
@pytest.mark.parametrize("forwarded", [True, False])
def test_a_copied_backup_is_rotated_with_and_without_a_forwarded_event(
    *, forwarded: bool, cross_account: TerraformTestApi
) -> None:
    outputs = cross_account.outputs["cross_account"]["value"]
    deployment = Deployment({"rotator": {"value": outputs["rotator"]}}, PATIENCE_SECONDS)
    if not forwarded:
        production("events").disable_rule(Name="backup-dynamodb-rotator-forward-copies")
    production("dynamodb").put_item(TableName=outputs["table_name"], Item=ITEM)

    copied = copy(back_up(outputs), outputs)
    if not forwarded:
        function = deployment.rotator["functions"]["start_workflow"]["name"]
        client("lambda").invoke(FunctionName=function, Payload=json.dumps({"Sweep": {}}))
    execution = deployment.end_of_execution(f"staging-{copied.rpartition(':')[2]}")

    assert execution["status"] == "SUCCEEDED", f"{execution.get('error')}: {execution.get('cause')}"
    state = json.loads(execution["output"])
    assert items(state["TargetTableName"], key="order_id") == [ITEM]
    parameter = client("ssm").get_parameter(Name=outputs["ssm_parameter_name"])["Parameter"]
    assert parameter["Value"] == state["DescribeTableOutput"]["Table"]["TableArn"]
    tables = production("dynamodb").list_tables()["TableNames"]
    assert tables == [outputs["table_name"]]


def back_up(outputs: dict[str, Any]) -> str:
    """The ARN of the recovery point in production."""
    job_id = production("backup").start_backup_job(
        BackupVaultName=outputs["backup_vault_name"],
        ResourceArn=outputs["table_arn"],
        IamRoleArn=outputs["backup_role_arn"],
    )["BackupJobId"]
    job = completed(lambda: production("backup").describe_backup_job(BackupJobId=job_id))
    return str(job["RecoveryPointArn"])


def copy(recovery_point_arn: str, outputs: dict[str, Any]) -> str:
    """The ARN of the recovery point in staging."""
    job_id = production("backup").start_copy_job(
        RecoveryPointArn=recovery_point_arn,
        SourceBackupVaultName=outputs["backup_vault_name"],
        DestinationBackupVaultArn=outputs["destination_vault_arn"],
        IamRoleArn=outputs["backup_role_arn"],
    )["CopyJobId"]
    job = completed(lambda: production("backup").describe_copy_job(CopyJobId=job_id)["CopyJob"])
    return str(job["DestinationRecoveryPointArn"])


def completed(describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    def job() -> dict[str, Any] | None:
        described = describe()
        assert described["State"] != "FAILED", described["StatusMessage"]
        return described if described["State"] == "COMPLETED" else None

    return wait_until("end of the job", job, PATIENCE_SECONDS)
