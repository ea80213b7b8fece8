"""Policies decide what the credentials of a role may do."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import used_permissions
from tests.support.canaries import ACCOUNT, DECRYPTING_BACKUPS, REGION, allow, code, policy

Aws = Callable[..., Any]
Make = Callable[..., str]
TABLE = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
AWS_OWNED = {"Enabled": False}


@pytest.fixture
def acting(aws: Aws, role: Make, name: str) -> Callable[..., Any]:
    """`acting("ssm", statement, ...)` returns a client with the credentials of a role with those statements."""

    def client(service: str, *statements: dict[str, Any], **options: Any) -> Any:  # noqa: ANN401
        arn = role("lambda.amazonaws.com", *statements, **options)
        keys = aws("sts").assume_role(RoleArn=arn, RoleSessionName="canary")["Credentials"]
        return aws(
            service,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    return client


def denied(call: Callable[[], object]) -> str:
    """The text of the denial."""
    with pytest.raises(ClientError) as error:
        call()
    assert error.value.response["Error"]["Code"] in ("AccessDeniedException", "AuthorizationError", "AccessDenied")
    return str(error.value.response["Error"]["Message"])


def test_an_action_that_no_policy_allows_is_denied_in_the_wording_of_aws(acting: Aws, name: str) -> None:
    ssm = acting("ssm", allow("ssm:GetParameter", on=f"arn:aws:ssm:*:*:parameter/{name}/*"))
    resource = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/another"
    assert denied(lambda: ssm.get_parameter(Name="/another")) == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{name}-lambda/canary is not authorized to perform: "
        f"ssm:GetParameter on resource: {resource} because no identity-based policy allows the ssm:GetParameter action"
    )
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name=f"/{name}/colour")


def test_a_change_of_policy_takes_effect_at_once(aws: Aws, acting: Aws, name: str) -> None:
    ssm = acting("ssm")
    denied(lambda: ssm.put_parameter(Name=f"/{name}", Value="green", Type="String"))
    document = policy(allow("ssm:PutParameter"))
    aws("iam").put_role_policy(RoleName=f"{name}-lambda", PolicyName="all", PolicyDocument=document)
    ssm.put_parameter(Name=f"/{name}", Value="green", Type="String")
    aws("iam").delete_role_policy(RoleName=f"{name}-lambda", PolicyName="all")
    denied(lambda: ssm.put_parameter(Name=f"/{name}", Value="blue", Type="String", Overwrite=True))


def test_allowed_actions_are_counted(aws: Aws, acting: Aws, local_aws: str, name: str) -> None:
    ssm = acting("ssm", allow("ssm:GetParameter", "ssm:PutParameter"))
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name=name)
    used = used_permissions(local_aws)
    assert used[f"{name}-lambda ssm:GetParameter"] == 1
    assert f"{name}-lambda ssm:PutParameter" not in used


def test_managed_policies_count_and_an_explicit_deny_wins(aws: Aws, acting: Aws, name: str) -> None:
    sqs = acting("sqs")
    arn = aws("iam").create_policy(PolicyName=name, PolicyDocument=policy(allow("sqs:*")))["Policy"]["Arn"]
    aws("iam").attach_role_policy(RoleName=f"{name}-lambda", PolicyArn=arn)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    deny = policy(allow("sqs:SendMessage", effect="Deny"))
    aws("iam").put_role_policy(RoleName=f"{name}-lambda", PolicyName="deny", PolicyDocument=deny)
    assert "with an explicit deny in an identity-based policy" in denied(
        lambda: sqs.send_message(QueueUrl=url, MessageBody="green")
    )


def test_aws_managed_policies_can_be_attached(aws: Aws, acting: Aws, name: str) -> None:
    logs = acting("logs")
    aws("iam").attach_role_policy(
        RoleName=f"{name}-lambda", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    )
    logs.create_log_group(logGroupName=name)
    denied(lambda: logs.delete_log_group(logGroupName=name))


def test_a_permissions_boundary_limits_the_role(aws: Aws, acting: Aws, name: str) -> None:
    boundary = aws("iam").create_policy(PolicyName=name, PolicyDocument=policy(allow("ssm:*")))["Policy"]["Arn"]
    sns = acting("sns", allow("*"), PermissionsBoundary=boundary)
    assert "because no permissions boundary allows the sns:CreateTopic action" in denied(
        lambda: sns.create_topic(Name=name)
    )


CONDITIONS = [
    ({"StringEquals": {"aws:RequestedRegion": REGION}}, True),
    ({"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-north-1"]}}, False),
    ({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}, True),
    ({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", REGION]}}, False),
    ({"StringLike": {"AWS:requestedregion": "us-*"}}, True),
    ({"StringNotLike": {"aws:RequestedRegion": "us-*"}}, False),
    ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/canary-*"}}, True),
    ({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/another-*"}}, False),
    ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/another-*"}}, True),
    ({"Bool": {"aws:SecureTransport": "true"}}, True),
    ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}, "Bool": {"aws:SecureTransport": "false"}}, False),
    ({"Null": {"aws:ResourceTag/colour": "true"}}, True),
    ({"Null": {"aws:PrincipalArn": "true"}}, False),
    ({"StringEquals": {"aws:ResourceTag/colour": "green"}}, False),
    ({"StringEqualsIfExists": {"aws:ResourceTag/colour": "green"}}, True),
    ({"ForAnyValue:StringEquals": {"aws:CalledVia": "x"}}, False),
    ({"ForAllValues:StringEquals": {"aws:CalledVia": "x"}}, True),
    ({"ForAnyValue:StringLike": {"aws:RequestedRegion": ["eu-*", "us-*"]}}, True),
]


@pytest.mark.parametrize(("condition", "allowed"), CONDITIONS, ids=lambda value: json.dumps(value))
def test_conditions(acting: Aws, name: str, condition: dict[str, Any], allowed: bool) -> None:
    sns = acting("sns", allow("sns:CreateTopic", Condition=condition))
    if allowed:
        sns.create_topic(Name=name)
    else:
        denied(lambda: sns.create_topic(Name=name))


def test_an_unknown_operator_is_an_error_and_neither_allows_nor_denies(acting: Aws, name: str) -> None:
    condition = {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}
    sns = acting("sns", allow("sns:CreateTopic", Condition=condition))
    with pytest.raises(ClientError, match="cannot evaluate the condition operator DateLessThan"):
        sns.create_topic(Name=name)


def test_policy_variables_are_filled_in(acting: Aws, name: str) -> None:
    own = "arn:aws:ssm:${aws:RequestedRegion}:${aws:PrincipalAccount}:parameter/*"
    acting("ssm", allow("ssm:PutParameter", on=own)).put_parameter(Name=f"/{name}", Value="green", Type="String")


def test_conditions_can_use_the_tags_of_a_table(aws: Aws, acting: Aws, name: str) -> None:
    for suffix, tags in (("-tagged", [{"Key": "rule", "Value": "staging"}]), ("-plain", [])):
        aws("dynamodb").create_table(TableName=name + suffix, Tags=tags, **TABLE)
    condition = {"StringEquals": {"aws:ResourceTag/rule": "staging"}}
    dynamodb = acting("dynamodb", allow("dynamodb:DeleteTable", Condition=condition))
    denied(lambda: dynamodb.delete_table(TableName=f"{name}-plain"))
    dynamodb.delete_table(TableName=f"{name}-tagged")


def test_a_restore_needs_the_backup_the_target_and_the_targets_data(aws: Aws, acting: Aws, name: str) -> None:
    aws("dynamodb").create_table(TableName=name, **TABLE)
    backup = aws("dynamodb").create_backup(TableName=name, BackupName=name)["BackupDetails"]["BackupArn"]
    target = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}-copy"
    restore = "dynamodb:RestoreTableFromBackup"
    data = [
        f"dynamodb:{action}"
        for action in ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
    ]
    dynamodb = acting("dynamodb")

    def try_with(*statements: dict[str, Any]) -> Callable[[], object]:
        aws("iam").put_role_policy(
            RoleName=f"{name}-lambda", PolicyName="all", PolicyDocument=policy(*statements, allow("iam:GetRole"))
        )
        return lambda: dynamodb.restore_table_from_backup(TargetTableName=f"{name}-copy", BackupArn=backup)

    assert backup in denied(try_with(allow(restore, on=target)))
    assert target in denied(try_with(allow(restore, on=backup)))
    for missing in data:
        others = [action for action in data if action != missing]
        assert missing in denied(try_with(allow(restore, on=backup), allow(restore, *others, on=target)))
    try_with(allow(restore, on=backup), allow(restore, *data, on=target))()


@pytest.mark.parametrize("via", ["dynamodb", "s3"])
def test_a_restore_to_a_customers_key_needs_the_key_through_dynamodb(
    aws: Aws, acting: Aws, key: Make, name: str, via: str
) -> None:
    aws("dynamodb").create_table(TableName=name, **TABLE)
    backup = aws("dynamodb").create_backup(TableName=name, BackupName=name)["BackupDetails"]["BackupArn"]
    key_arn = key()
    condition = {"StringEquals": {"kms:ViaService": f"{via}.{REGION}.amazonaws.com"}}
    dynamodb = acting("dynamodb", allow("dynamodb:*"), allow("kms:*", on=key_arn, Condition=condition))

    def restore() -> object:
        return dynamodb.restore_table_from_backup(
            TargetTableName=f"{name}-copy",
            BackupArn=backup,
            SSESpecificationOverride={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key_arn},
        )

    if via == "dynamodb":
        restore()
    else:
        assert "kms:" in denied(restore)


@pytest.mark.parametrize("lacking", [*DECRYPTING_BACKUPS, None])
def test_a_restore_needs_the_key_that_the_backup_is_encrypted_with(
    aws: Aws, acting: Aws, key: Make, name: str, lacking: str | None
) -> None:
    key_arn = key()
    encryption = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key_arn}
    aws("dynamodb").create_table(TableName=name, SSESpecification=encryption, **TABLE)
    backup = aws("dynamodb").create_backup(TableName=name, BackupName=name)["BackupDetails"]["BackupArn"]
    via = {"kms:ViaService": f"dynamodb.{REGION}.amazonaws.com"}
    conditions = {action: {"StringEquals": via} for action in DECRYPTING_BACKUPS if action != lacking}
    if "kms:CreateGrant" in conditions:
        conditions["kms:CreateGrant"]["Bool"] = {"kms:GrantIsForAWSResource": "true"}
    use = [allow(action, on=key_arn, Condition=condition) for action, condition in conditions.items()]
    dynamodb = acting("dynamodb", allow("dynamodb:*"), *use)

    def restore(**override: object) -> object:
        return dynamodb.restore_table_from_backup(TargetTableName=f"{name}-copy", BackupArn=backup, **override)

    if lacking:
        assert f"{lacking} on resource: {key_arn}" in denied(lambda: restore(SSESpecificationOverride=AWS_OWNED))
    else:
        # The copy keeps the key unless that is overridden.
        assert f"kms:Encrypt on resource: {key_arn}" in denied(restore)
        restore(SSESpecificationOverride=AWS_OWNED)


CALLS_THAT_DECRYPT: list[tuple[str, dict[str, Any]]] = [
    ("scan", {}),
    ("put_item", {"Item": {"id": {"S": "1"}}}),
    ("update_contributor_insights", {"ContributorInsightsAction": "ENABLE"}),
]


@pytest.mark.parametrize(("call", "given"), CALLS_THAT_DECRYPT)
@pytest.mark.parametrize("owner", ["customer", "aws"])
def test_a_table_with_a_customers_key_is_used_with_that_key(
    aws: Aws, acting: Aws, key: Make, name: str, owner: str, call: str, given: dict[str, Any]
) -> None:
    key_arn = key()
    own = {"KMSMasterKeyId": key_arn} if owner == "customer" else {}
    aws("dynamodb").create_table(TableName=name, SSESpecification={"Enabled": True, "SSEType": "KMS", **own}, **TABLE)
    dynamodb = acting("dynamodb", allow("dynamodb:*"))

    def use() -> object:
        return getattr(dynamodb, call)(TableName=name, **given)

    if owner == "customer":
        assert f"kms:Decrypt on resource: {key_arn}" in denied(use)
        condition = {"StringEquals": {"kms:ViaService": f"dynamodb.{REGION}.amazonaws.com"}}
        permitted = policy(allow("dynamodb:*"), allow("kms:Decrypt", on=key_arn, Condition=condition))
        aws("iam").put_role_policy(RoleName=f"{name}-lambda", PolicyName="all", PolicyDocument=permitted)
    use()


KEEPING_ALARMS = {"cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"}
POLICY = {
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
    },
}


@pytest.mark.parametrize(
    ("lacking", "refused"),
    [
        ("dynamodb:DescribeTable", {"register_scalable_target"}),
        ("dynamodb:UpdateTable", {"register_scalable_target"}),
        ("cloudwatch:DeleteAlarms", {"put_scaling_policy", "deregister_scalable_target"}),
        ("cloudwatch:DescribeAlarms", {"put_scaling_policy", "deregister_scalable_target"}),
        ("cloudwatch:PutMetricAlarm", {"put_scaling_policy"}),
    ],
)
def test_auto_scaling_validates_the_permissions_of_its_caller(
    aws: Aws, acting: Aws, name: str, lacking: str, refused: set[str]
) -> None:
    aws("dynamodb").create_table(TableName=name, **TABLE)
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
    statements = [
        allow("application-autoscaling:*"),
        allow(*{"dynamodb:DescribeTable", "dynamodb:UpdateTable"} - {lacking}, on=table),
        allow(*KEEPING_ALARMS - {lacking}, on=f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:*"),
    ]
    scaling = acting("application-autoscaling", *statements)
    target = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": f"table/{name}",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
    calls: dict[str, dict[str, Any]] = {
        "register_scalable_target": {**target, "MinCapacity": 5, "MaxCapacity": 50},
        "put_scaling_policy": {**target, "PolicyName": name, **POLICY},
        "deregister_scalable_target": target,
    }
    aws("application-autoscaling").register_scalable_target(**calls["register_scalable_target"])
    for call, given in calls.items():
        if call not in refused:
            getattr(scaling, call)(**given)
            continue
        with pytest.raises(ClientError, match=f"not authorized to perform: {lacking}") as error:
            getattr(scaling, call)(**given)
        assert error.value.response["Error"]["Code"] == "ValidationException"


def test_a_transaction_needs_the_permissions_of_its_parts(aws: Aws, acting: Aws, name: str) -> None:
    aws("dynamodb").create_table(TableName=name, **TABLE)
    statement = allow("dynamodb:PutItem", on=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
    dynamodb = acting("dynamodb", statement, allow("dynamodb:TransactWriteItems"))
    put = {"Put": {"TableName": name, "Item": {"id": {"S": "1"}}}}
    dynamodb.transact_write_items(TransactItems=[put])
    delete = {"Delete": {"TableName": name, "Key": {"id": {"S": "2"}}}}
    assert "dynamodb:DeleteItem" in denied(lambda: dynamodb.transact_write_items(TransactItems=[put, delete]))


def test_conditions_can_use_the_service_namespace_of_auto_scaling(acting: Aws) -> None:
    condition = {"StringEquals": {"application-autoscaling:service-namespace": "ecs"}}
    scaling = acting("application-autoscaling", allow("application-autoscaling:*", Condition=condition))
    table = {"ResourceId": "table/t", "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
    denied(lambda: scaling.register_scalable_target(ServiceNamespace="dynamodb", **table))


BACKUP_OF_T = "dynamodb:{here}:table/t/backup/01700000000000-abcdef01"
BACKUP = f"arn:aws:{BACKUP_OF_T}"

# Each call with the one statement that allows it: action and resource as in the Service Authorization Reference.
CALLS = [
    ("dynamodb", "describe_table", {"TableName": "t"}, "dynamodb:DescribeTable", "dynamodb:{here}:table/t"),
    ("dynamodb", "describe_backup", {"BackupArn": BACKUP}, "dynamodb:DescribeBackup", BACKUP_OF_T),
    (
        "dynamodb",
        "query",
        {"TableName": "t", "IndexName": "index", "KeyConditionExpression": "id = :i"},
        "dynamodb:Query",
        "dynamodb:{here}:table/t/index/index",
    ),
    (
        "dynamodb",
        "describe_contributor_insights",
        {"TableName": "t", "IndexName": "index"},
        "dynamodb:DescribeContributorInsights",
        "dynamodb:{here}:table/t/index/index",
    ),
    ("dynamodb", "list_tables", {}, "dynamodb:ListTables", None),
    (
        "application-autoscaling",
        "register_scalable_target",
        {
            "ServiceNamespace": "dynamodb",
            "ResourceId": "table/t",
            "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
        },
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:{here}:scalable-target/*",
    ),
    (
        "application-autoscaling",
        "describe_scalable_targets",
        {"ServiceNamespace": "dynamodb"},
        "application-autoscaling:DescribeScalableTargets",
        None,
    ),
    ("ssm", "get_parameters", {"Names": ["/a/b"]}, "ssm:GetParameters", "ssm:{here}:parameter/a/b"),
    ("ssm", "get_parameter", {"Name": "/a/b:3"}, "ssm:GetParameter", "ssm:{here}:parameter/a/b"),
    (
        "sts",
        "assume_role",
        {"RoleArn": "arn:aws:iam::{account}:role/another", "RoleSessionName": "canary"},
        "sts:AssumeRole",
        "iam::{account}:role/another",
    ),
    (
        "stepfunctions",
        "start_execution",
        {"stateMachineArn": "arn:aws:states:{here}:stateMachine:m"},
        "states:StartExecution",
        "states:{here}:stateMachine:m",
    ),
    (
        "stepfunctions",
        "describe_execution",
        {"executionArn": "arn:aws:states:{here}:execution:m:e"},
        "states:DescribeExecution",
        "states:{here}:execution:m:e",
    ),
    (
        "stepfunctions",
        "get_execution_history",
        {"executionArn": "arn:aws:states:{here}:execution:m:e"},
        "states:GetExecutionHistory",
        "states:{here}:execution:m:e",
    ),
    (
        "stepfunctions",
        "redrive_execution",
        {"executionArn": "arn:aws:states:{here}:execution:m:e"},
        "states:RedriveExecution",
        "states:{here}:execution:m:e",
    ),
    (
        "events",
        "put_events",
        {"Entries": [{"Source": "s", "DetailType": "t", "Detail": "{}"}]},
        "events:PutEvents",
        "events:{here}:event-bus/default",
    ),
    ("events", "describe_rule", {"Name": "r"}, "events:DescribeRule", "events:{here}:rule/r"),
    ("events", "list_targets_by_rule", {"Rule": "r"}, "events:ListTargetsByRule", "events:{here}:rule/r"),
    ("lambda", "invoke", {"FunctionName": "f"}, "lambda:InvokeFunction", "lambda:{here}:function:f"),
    ("lambda", "get_function", {"FunctionName": "f"}, "lambda:GetFunction", "lambda:{here}:function:f"),
    ("sns", "publish", {"TopicArn": "arn:aws:sns:{here}:t", "Message": "m"}, "sns:Publish", "sns:{here}:t"),
    (
        "sqs",
        "send_message",
        {"QueueUrl": "http://localhost/{account}/q", "MessageBody": "m"},
        "sqs:SendMessage",
        "sqs:{here}:q",
    ),
    (
        "logs",
        "create_log_stream",
        {"logGroupName": "/g", "logStreamName": "s"},
        "logs:CreateLogStream",
        "logs:{here}:log-group:/g:*",
    ),
    (
        "backup",
        "start_restore_job",
        {"RecoveryPointArn": "arn:aws:backup:{here}:recovery-point:1", "Metadata": {}, "IamRoleArn": "r"},
        "backup:StartRestoreJob",
        "backup:{here}:recovery-point:1",
    ),
    ("backup", "describe_restore_job", {"RestoreJobId": "1"}, "backup:DescribeRestoreJob", None),
    (
        "backup",
        "describe_recovery_point",
        {"BackupVaultName": "v", "RecoveryPointArn": "arn:aws:backup:{here}:recovery-point:1"},
        "backup:DescribeRecoveryPoint",
        "backup:{here}:recovery-point:1",
    ),
    (
        "backup",
        "list_recovery_points_by_backup_vault",
        {"BackupVaultName": "v"},
        "backup:ListRecoveryPointsByBackupVault",
        "backup:{here}:backup-vault:v",
    ),
    (
        "backup",
        "list_tags",
        {"ResourceArn": "arn:aws:backup:{here}:recovery-point:1"},
        "backup:ListTags",
        "backup:{here}:recovery-point:1",
    ),
    ("cloudwatch", "list_metrics", {}, "cloudwatch:ListMetrics", None),
]


@pytest.mark.parametrize(("service", "call", "given", "action", "resource"), CALLS, ids=lambda value: str(value)[:40])
def test_a_call_needs_its_action_on_its_resource(
    aws: Aws, acting: Aws, name: str, service: str, call: str, given: dict[str, Any], action: str, resource: str | None
) -> None:
    def filled(value: object) -> Any:  # noqa: ANN401
        if isinstance(value, str):
            return value.replace("{here}", f"{REGION}:{ACCOUNT}").replace("{account}", ACCOUNT)
        return [filled(item) for item in value] if isinstance(value, list) else value

    arn = f"arn:aws:{filled(resource)}" if resource else "*"
    client = acting(service, allow(action, on=f"{arn}-another" if resource else "arn:aws:another"))
    parameters = {key: filled(value) for key, value in given.items()}
    assert action in denied(lambda: getattr(client, call)(**parameters))
    aws("iam").put_role_policy(
        RoleName=f"{name}-lambda", PolicyName="all", PolicyDocument=policy(allow(action, on=arn), allow("iam:PassRole"))
    )
    try:
        getattr(client, call)(**parameters)
    except ClientError as error:
        # The resource does not exist, but only a caller with the permission learns that.
        assert "AccessDenied" not in error.response["Error"]["Code"]  # noqa: PT017


def test_get_caller_identity_needs_no_permission(acting: Aws, name: str) -> None:
    caller = acting("sts").get_caller_identity()
    assert caller["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}-lambda/canary"


def test_other_credentials_are_the_administrators(aws: Aws, name: str) -> None:
    aws("sns", aws_access_key_id="anything").create_topic(Name=name)


@pytest.mark.parametrize("lacking", ["kms:GenerateDataKey", "kms:Decrypt"])
@pytest.mark.parametrize("batch", [False, True])
def test_an_encrypted_queue_needs_its_key(
    aws: Aws, acting: Aws, key: Callable[..., str], name: str, lacking: str, batch: bool
) -> None:
    key_arn = key()
    queue = aws("sqs").create_queue(QueueName=name, Attributes={"KmsMasterKeyId": key_arn})["QueueUrl"]
    uses = {"kms:GenerateDataKey", "kms:Decrypt"}
    sqs = acting("sqs", allow("sqs:SendMessage"), allow(*uses - {lacking}, on=key_arn))

    def send() -> None:
        if batch:
            sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": "1", "MessageBody": "green"}])
        else:
            sqs.send_message(QueueUrl=queue, MessageBody="green")

    with pytest.raises(ClientError, match=f"not authorized to perform: {lacking} on resource: {key_arn}") as error:
        send()
    assert error.value.response["Error"]["Code"] == "KMS.AccessDeniedException"
    permitted = policy(allow("sqs:SendMessage"), allow(*uses, on=key_arn))
    aws("iam").put_role_policy(RoleName=f"{name}-lambda", PolicyName="all", PolicyDocument=permitted)
    send()
    assert len(aws("sqs").receive_message(QueueUrl=queue)["Messages"]) == 1


def test_aws_own_key_for_queues_needs_no_permission(aws: Aws, acting: Aws, name: str) -> None:
    queue = aws("sqs").create_queue(QueueName=name, Attributes={"KmsMasterKeyId": "alias/aws/sqs"})["QueueUrl"]
    acting("sqs", allow("sqs:SendMessage")).send_message(QueueUrl=queue, MessageBody="green")


def test_a_queue_whose_key_does_not_exist_accepts_nothing(aws: Aws, acting: Aws, name: str) -> None:
    gone = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
    queue = aws("sqs").create_queue(QueueName=name, Attributes={"KmsMasterKeyId": gone})["QueueUrl"]
    sqs = acting("sqs", allow("*"))
    assert code(sqs.send_message, QueueUrl=queue, MessageBody="green") == "KMS.NotFoundException"
