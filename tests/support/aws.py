"""AWS as the tests reach it: the local AWS, or a real account where that is asked for."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from botocore.session import get_session

from local_aws import Fault, injected
from tests.support.polling import wait_until

ENDPOINT = "AWS_ENDPOINT_URL"
REAL_AWS = "ROTATOR_TEST_AWS"


@cache
def client(service: str, account: str | None = None, region: str | None = None) -> Any:  # noqa: ANN401 (of any service)
    """A client of the environment's account, or of another one's administrator: the latter on the local AWS only."""
    return get_session().create_client(
        service, region_name=region, aws_access_key_id=account, aws_secret_access_key=account and "any"
    )


def items(table: str, key: str = "id") -> list[dict[str, Any]]:
    pages = client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return sorted((item for page in pages for item in page["Items"]), key=lambda item: item[key]["S"])


@contextmanager
def recovery_points(*, native: bool) -> Iterator[None]:
    """Of which kind the recovery points of new backups are. An account can't go back to native ones, so local only."""
    before = client("backup").describe_region_settings()["ResourceTypeManagementPreference"]
    client("backup").update_region_settings(ResourceTypeManagementPreference={"DynamoDB": not native})
    try:
        yield
    finally:
        client("backup").update_region_settings(ResourceTypeManagementPreference=before)


@contextmanager
def held_up(containing: str) -> Iterator[None]:
    """No restore starts whose request contains the text, and one has tried to when the block ends."""
    fault = Fault(
        operation="*Restore*",
        error="LimitExceededException",
        role="rotator-test-*",
        containing=containing,
    )
    with injected(os.environ[ENDPOINT], fault) as active:
        yield
        wait_until(f"restore of {containing} that is held up", lambda: active.struck)


local_only = pytest.mark.skipif(
    bool(os.environ.get(REAL_AWS)), reason="injects a fault, which a real account would keep for minutes"
)
