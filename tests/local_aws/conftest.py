"""One local AWS for all canaries, with very short times, and the resources that most of them need."""

import textwrap
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import running
from tests.support.canaries import ACCOUNT, REGION, allow, policy, zipped


@pytest.fixture(scope="session")
def local_aws() -> Iterator[str]:
    """The endpoint of a running local AWS."""
    with running(
        backup_seconds=0.1,
        backup_event_seconds=0.0,
        restore_seconds=0.5,
        vector_index_seconds=0.1,
        asynchronous_retry_seconds=(0.1, 0.2),
    ) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def aws(local_aws: str) -> Callable[..., Any]:
    """Makes clients of the local AWS: `aws("sns")` as administrator, or with the keys of an assumed role."""

    @cache
    def client(service: str, **options: object) -> Any:  # noqa: ANN401
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=local_aws,
            **{
                "config": Config(retries={"total_max_attempts": 1}),
                "region_name": REGION,
                "aws_access_key_id": "administrator",
                "aws_secret_access_key": "secret",
                **options,
            },
        )

    return client


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"canary-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def role(aws: Callable[..., Any], name: str) -> Callable[..., str]:
    """Makes roles: `role("lambda.amazonaws.com", allow("sqs:*"))` returns the ARN."""

    def make(service: str, *statements: dict[str, Any], suffix: str = "", **options: Any) -> str:  # noqa: ANN401
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        role_name = f"{name}-{service.split('.')[0]}{suffix}"
        arn: str = aws("iam").create_role(RoleName=role_name, AssumeRolePolicyDocument=policy(trust), **options)[
            "Role"
        ]["Arn"]
        if statements:
            aws("iam").put_role_policy(RoleName=role_name, PolicyName="all", PolicyDocument=policy(*statements))
        return arn

    return make


@pytest.fixture
def function(aws: Callable[..., Any], role: Callable[..., str], name: str) -> Iterator[Callable[..., str]]:
    """Deploys a function from its source code; returns its ARN."""
    made: list[str] = []

    def make(source: str, *statements: dict[str, Any], **options: Any) -> str:  # noqa: ANN401
        arn: str = aws("lambda").create_function(
            **{
                "FunctionName": name,
                "Role": options.pop("Role", None) or role("lambda.amazonaws.com", *statements),
                "Runtime": "python3.13",
                "Handler": "app.handler",
                "Code": {"ZipFile": zipped({"app.py": textwrap.dedent(source)})},
                **options,
            }
        )["FunctionArn"]
        made.append(arn)
        return arn

    yield make
    for arn in made:
        # This also ends its processes.
        with suppress(ClientError):
            aws("lambda").delete_function(FunctionName=arn)


@pytest.fixture
def key(aws: Callable[..., Any]) -> Callable[..., str]:
    """Creates a KMS key whose policy has these statements besides the usual one; returns its ARN."""

    def make(*statements: dict[str, Any]) -> str:
        owner = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
        arn: str = aws("kms").create_key(Policy=policy(owner, *statements))["KeyMetadata"]["Arn"]
        return arn

    return make
