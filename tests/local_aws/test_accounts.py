"""Several accounts on one server, each with its own IAM."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.canaries import ACCOUNT, OTHER_ACCOUNT, REGION, allow, code, policy, zipped

Aws = Callable[..., Any]
TABLE = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture
def other(aws: Aws) -> Aws:
    """Makes clients of another account's administrator."""
    return lambda service: aws(service, aws_access_key_id=OTHER_ACCOUNT)


def test_an_access_key_id_that_is_a_number_is_the_administrator_of_that_account(aws: Aws, other: Aws) -> None:
    assert other("sts").get_caller_identity()["Account"] == OTHER_ACCOUNT
    assert aws("sts").get_caller_identity()["Account"] == ACCOUNT


def test_accounts_share_nothing(aws: Aws, other: Aws, name: str) -> None:
    trust = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})
    arn = other("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    assert arn == f"arn:aws:iam::{OTHER_ACCOUNT}:role/{name}"
    assert code(aws("iam").get_role, RoleName=name) == "NoSuchEntity"
    arn = other("dynamodb").create_table(TableName=name, **TABLE)["TableDescription"]["TableArn"]
    assert arn == f"arn:aws:dynamodb:{REGION}:{OTHER_ACCOUNT}:table/{name}"
    assert code(aws("dynamodb").describe_table, TableName=name) == "ResourceNotFoundException"


def test_an_arn_of_another_account_is_denied_to_roles_and_administrators(
    aws: Aws, other: Aws, role: Callable[..., str], name: str
) -> None:
    """Even where the caller has something with the same name."""
    for client in (aws("dynamodb"), other("dynamodb")):
        client.create_table(TableName=name, **TABLE)
    theirs = f"arn:aws:dynamodb:{REGION}:{OTHER_ACCOUNT}:table/{name}"
    for client in (aws("dynamodb"), acting(aws, role("lambda.amazonaws.com", allow("*")), "dynamodb")):
        with pytest.raises(ClientError) as error:
            client.describe_table(TableName=theirs)
        assert error.value.response["Error"]["Code"] == "AccessDeniedException"
        assert error.value.response["Error"]["Message"].endswith(
            f"is not authorized to perform: dynamodb:DescribeTable on resource: {theirs} "
            "because no resource-based policy allows the dynamodb:DescribeTable action"
        )


@pytest.mark.parametrize(
    "trusted", [f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/{{caller}}", "*"]
)
def test_a_role_of_another_account_can_be_assumed_by_whom_it_trusts(
    aws: Aws, other: Aws, role: Callable[..., str], name: str, trusted: str
) -> None:
    caller = role("lambda.amazonaws.com", allow("sts:AssumeRole"))
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    theirs = other("iam").create_role(
        RoleName=name,
        AssumeRolePolicyDocument=policy(trust | {"Principal": {"AWS": trusted.format(caller=caller.split("/")[1])}}),
    )["Role"]["Arn"]
    keys = acting(aws, caller, "sts").assume_role(RoleArn=theirs, RoleSessionName="canary")["Credentials"]
    assert identity(aws, keys)["Account"] == OTHER_ACCOUNT

    nobody = policy(trust | {"Principal": {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}})
    other("iam").update_assume_role_policy(RoleName=name, PolicyDocument=nobody)
    for client in (aws("sts"), acting(aws, caller, "sts")):
        assert code(client.assume_role, RoleArn=theirs, RoleSessionName="canary") == "AccessDenied"


def test_a_function_has_the_credentials_of_its_own_account(other: Aws, name: str) -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    role = other("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    source = "import boto3\ndef handler(*_): return boto3.client('sts').get_caller_identity()['Account']"
    other("lambda").create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.13",
        Handler="app.handler",
        Timeout=30,
        Code={"ZipFile": zipped({"app.py": source})},
    )
    try:
        assert json.loads(other("lambda").invoke(FunctionName=name)["Payload"].read()) == OTHER_ACCOUNT
    finally:
        # This also ends its process.
        other("lambda").delete_function(FunctionName=name)


def acting(aws: Aws, role_arn: str, service: str) -> Any:  # noqa: ANN401
    keys = aws("sts").assume_role(RoleArn=role_arn, RoleSessionName="canary")["Credentials"]
    return client_with(aws, service, keys)


def identity(aws: Aws, keys: dict[str, str]) -> dict[str, str]:
    return dict(client_with(aws, "sts", keys).get_caller_identity())


def client_with(aws: Aws, service: str, keys: dict[str, str]) -> Any:  # noqa: ANN401
    return aws(
        service,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
