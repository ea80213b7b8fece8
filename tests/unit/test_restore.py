"""Beginning a restore and looking after it, as far as one process can show it; the rest is end to end."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from rotator.errors import (
    InvalidParameterName,
    InvalidTableName,
    TableNotFound,
    UnexpectedTableStatus,
    UnsupportedRecoveryPoint,
)
from rotator.restore import check_restore_status, seconds_to_next_check, start_restore
from rotator.state import RotationState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TARGET = "orders-staging-20261123-02-07-00"


@pytest.fixture
def dynamodb() -> "Iterator[DynamoDBClient]":
    with mock_aws():
        yield boto3.client("dynamodb")


@pytest.fixture
def recovery_point_arn(dynamodb: "DynamoDBClient") -> str:
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return dynamodb.create_backup(TableName="orders", BackupName="backup")["BackupDetails"]["BackupArn"]


def state(recovery_point_arn: str = "", target: str = TARGET, parameter: str = "") -> RotationState:
    return {
        "BackupSnsMessage": {
            "StatusMessage": "An AWS Backup job was completed successfully.",
            "RecoveryPointArn": recovery_point_arn,
            "BackedUpResourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/orders",
            "BackupJobID": "5a772b5a-36d5-4a69-9b18-ed2f5213c659",
            "StartTime": "2026-11-23T02:07:00.000Z",
        },
        "SourcePattern": ".*",
        "ReplacementPattern": "$0-staging",
        "SSMParameterName": "",
        "Rule": "staging",
        "TargetTableName": target,
        "TargetParameterName": parameter,
    }


def test_the_recovery_point_is_restored_to_the_target_table(
    recovery_point_arn: str, dynamodb: "DynamoDBClient"
) -> None:
    output = start_restore(state(recovery_point_arn), dynamodb)

    assert output["TableDescription"]["TableName"] == TARGET
    assert TARGET in dynamodb.list_tables()["TableNames"]


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        ({"target": "a" * 256}, InvalidTableName),
        ({"parameter": "/aws/orders"}, InvalidParameterName),
        (
            {"recovery_point_arn": "arn:aws:backup:us-east-1:123456789012:recovery-point:1eb3b5e7"},
            UnsupportedRecoveryPoint,
        ),
    ],
)
def test_what_can_not_end_well_fails_before_anything_is_restored(
    broken: dict[str, str], error: type[Exception], recovery_point_arn: str, dynamodb: "DynamoDBClient"
) -> None:
    with pytest.raises(error):
        start_restore(state(**({"recovery_point_arn": recovery_point_arn} | broken)), dynamodb)
    assert dynamodb.list_tables()["TableNames"] == ["orders"]


def test_points_in_time_are_iso_8601_in_utc(recovery_point_arn: str, dynamodb: "DynamoDBClient") -> None:
    output = start_restore(state(recovery_point_arn), dynamodb)

    created: Any = output["TableDescription"]["CreationDateTime"]
    assert created.endswith("Z")


def test_a_table_that_is_gone_is_an_error_that_names_it(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(TableNotFound, match=TARGET):
        check_restore_status(state(), dynamodb)


def test_a_status_that_no_restore_leads_through_is_an_error_that_names_it(dynamodb: "DynamoDBClient") -> None:
    with Stubber(dynamodb) as stub:
        stub.add_response("describe_table", {"Table": {"TableName": TARGET, "TableStatus": "DELETING"}})
        with pytest.raises(UnexpectedTableStatus, match=f"{TARGET} is DELETING"):
            check_restore_status(state(), dynamodb)


@pytest.mark.parametrize(
    ("waited", "seconds"),
    [
        (timedelta(0), 10),
        (timedelta(minutes=2), 12),
        (timedelta(hours=2), 720),
        (timedelta(days=5), 3600),
    ],
)
def test_the_wait_grows_with_the_time_waited_within_bounds(waited: timedelta, seconds: int) -> None:
    assert seconds_to_next_check(waited) == seconds
