"""Source tables that the tests make."""

import json
from collections.abc import Callable
from typing import Any

from tests.support.aws import client

CAPACITY = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


def make_table(
    name: str,
    *indexes: dict[str, Any],
    account: str | None = None,
    region: str | None = None,
    **settings: Any,  # noqa: ANN401
) -> str:
    """A table on demand with one item, where no account or Region is given in the environment's; gives its ARN."""
    keys = (key["AttributeName"] for index in indexes for key in index["KeySchema"])
    attributes = dict.fromkeys(["id", *keys])
    dynamodb = client("dynamodb", account, region)
    table = dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"} for attribute in attributes],
        **({"GlobalSecondaryIndexes": list(indexes)} if indexes else {}),
        **({"BillingMode": "PAY_PER_REQUEST"} | settings),
    )["TableDescription"]
    dynamodb.put_item(TableName=name, Item={"id": {"S": name}})
    arn: str = table["TableArn"]
    return arn


def table_names(prefix: str = "") -> list[str]:
    pages = client("dynamodb").get_paginator("list_tables").paginate()
    return [name for page in pages for name in page["TableNames"] if name.startswith(prefix)]


def index(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": name.removeprefix("by-"), "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        **more,
    }


def make_table_to_resize(name: str) -> str:
    """A table of which the rule leaves one index out, and carries over Contributor Insights to a copy with a key."""
    arn = make_table(name, index("by-day"), index("by-hour"))
    _enable_contributor_insights(arn, name)
    return arn


def make_table_with_every_setting(name: str) -> str:
    """Gives its ARN."""
    return make_table_with_settings(name, *_AT_CREATION, *_AFTERWARDS)


def make_table_with_settings(name: str, *settings: str) -> str:
    """A table that has these of the settings that `carry_over` knows; gives its ARN."""
    arn = make_table(
        name,
        index("by-day", ProvisionedThroughput=CAPACITY),
        BillingMode="PROVISIONED",
        ProvisionedThroughput=CAPACITY,
        **{option: value for setting in settings for option, value in _AT_CREATION.get(setting, {}).items()},
    )
    for setting in settings:
        if enable := _AFTERWARDS.get(setting):
            enable(arn, name)
    return arn


def _enable_time_to_live(_arn: str, name: str) -> None:
    specification = {"Enabled": True, "AttributeName": "expires"}
    client("dynamodb").update_time_to_live(TableName=name, TimeToLiveSpecification=specification)


def _enable_point_in_time_recovery(_arn: str, name: str) -> None:
    specification = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    client("dynamodb").update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=specification)


def _put_resource_policy(arn: str, _name: str) -> None:
    reader = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "dynamodb:GetItem", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [reader]})
    client("dynamodb").put_resource_policy(ResourceArn=arn, Policy=policy)


def _enable_kinesis_destination(_arn: str, name: str) -> None:
    kinesis, stream = client("kinesis"), name.replace("settings", "changes")
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    client("dynamodb").enable_kinesis_streaming_destination(
        TableName=name,
        StreamArn=kinesis.describe_stream(StreamName=stream)["StreamDescription"]["StreamARN"],
        EnableKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MICROSECOND"},
    )


def _enable_contributor_insights(_arn: str, name: str) -> None:
    for of in ({}, {"IndexName": "by-day"}):
        client("dynamodb").update_contributor_insights(TableName=name, ContributorInsightsAction="ENABLE", **of)


def _enable_auto_scaling(_arn: str, name: str) -> None:
    scaling = client("application-autoscaling")
    for resource_id, kind in ((f"table/{name}", "table"), (f"table/{name}/index/by-day", "index")):
        target = {
            "ServiceNamespace": "dynamodb",
            "ResourceId": resource_id,
            "ScalableDimension": f"dynamodb:{kind}:ReadCapacityUnits",
        }
        scaling.register_scalable_target(**target, MinCapacity=5, MaxCapacity=50)
        scaling.put_scaling_policy(
            **target,
            PolicyName=f"$DynamoDBReadCapacityUtilization:{resource_id}",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 70.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
            },
        )


_AT_CREATION: dict[str, dict[str, Any]] = {
    "tags": {"Tags": [{"Key": "team", "Value": "orders"}, {"Key": "stage", "Value": "production"}]},
    "stream": {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}},
    "table_class": {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
    "deletion_protection": {"DeletionProtectionEnabled": True},
}
_AFTERWARDS: dict[str, Callable[[str, str], None]] = {
    "time_to_live": _enable_time_to_live,
    "point_in_time_recovery": _enable_point_in_time_recovery,
    "resource_policy": _put_resource_policy,
    "kinesis_destination": _enable_kinesis_destination,
    "contributor_insights": _enable_contributor_insights,
    "auto_scaling": _enable_auto_scaling,
}
