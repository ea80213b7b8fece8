"""Source tables that the tests make."""

import json
from typing import Any

from tests.end_to_end.deployment import client

CAPACITY = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


def make_table(name: str, *indexes: dict[str, Any], **settings: Any) -> str:  # noqa: ANN401
    """A table on demand with one item; gives its ARN."""
    attributes = ["id", *(index["KeySchema"][0]["AttributeName"] for index in indexes)]
    table = client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"} for attribute in attributes],
        **({"GlobalSecondaryIndexes": list(indexes)} if indexes else {}),
        **({"BillingMode": "PAY_PER_REQUEST"} | settings),
    )["TableDescription"]
    client("dynamodb").put_item(TableName=name, Item={"id": {"S": name}})
    arn: str = table["TableArn"]
    return arn


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
    client("dynamodb").update_contributor_insights(TableName=name, ContributorInsightsAction="ENABLE")
    return arn


def make_table_with_every_setting(name: str) -> str:
    dynamodb, kinesis, scaling = client("dynamodb"), client("kinesis"), client("application-autoscaling")
    arn = make_table(
        name,
        index("by-day", ProvisionedThroughput=CAPACITY),
        BillingMode="PROVISIONED",
        ProvisionedThroughput=CAPACITY,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        TableClass="STANDARD_INFREQUENT_ACCESS",
        DeletionProtectionEnabled=True,
        Tags=[{"Key": "team", "Value": "orders"}, {"Key": "stage", "Value": "production"}],
    )
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    dynamodb.update_continuous_backups(
        TableName=name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
    )
    reader = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "dynamodb:GetItem", "Resource": arn}
    dynamodb.put_resource_policy(ResourceArn=arn, Policy=json.dumps({"Version": "2012-10-17", "Statement": [reader]}))
    stream = name.replace("settings", "changes")
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    dynamodb.enable_kinesis_streaming_destination(
        TableName=name,
        StreamArn=kinesis.describe_stream(StreamName=stream)["StreamDescription"]["StreamARN"],
        EnableKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MICROSECOND"},
    )
    for of in ({}, {"IndexName": "by-day"}):
        dynamodb.update_contributor_insights(TableName=name, ContributorInsightsAction="ENABLE", **of)
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
    return arn
