"""IAM: the permissions that a call needs besides the action of its own name.

A service acts on behalf of its caller, who must therefore be allowed to do the same.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Backup, Table

from local_aws.sqs.queues import KEY_USES, key_of

RESTORE_NEEDS_ON_TARGET = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
"""What the caller of RestoreTableFromBackup needs on the target besides it (Service Authorization Reference)."""

ENCRYPTION_NEEDS_OF_KEY = (
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
)
"""What whoever encrypts a table with a customer's key needs on it: DynamoDB uses the key on the caller's behalf.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
"""

DECRYPTION_NEEDS_OF_KEY = ("CreateGrant", "Decrypt", "DescribeKey")
"""What whoever restores a backup needs on the customer's key that encrypts it.

Of what AWS's own policy for restores allows, because no page says which part of it a restore of DynamoDB uses.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForRestores.html
"""

DIRECT_NEEDS_OF_KEY = ("CreateGrant", "DescribeKey")
"""What AWS Backup may do with a key itself, rather than through DynamoDB: its own policies allow it without
`kms:ViaService`.

https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html
"""

DECRYPTING = {
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "UpdateContributorInsights",
    "UpdateItem",
}
"""The operations that decrypt with the key of a table on the caller's behalf.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Contributor_Insights_IAM.html
"""

STREAMING_NEEDS = ("DescribeStream", "PutRecord", "PutRecords")
"""DynamoDB lists Kinesis data streams and writes to one on behalf of whoever enables the destination.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_iam.html
"""

DESCRIBING_STREAMS_NEEDS = ("DescribeStream", "DescribeStreamSummary")
"""It also describes the streams of a table on the caller's behalf."""

AUTO_SCALING_NEEDS = {
    "RegisterScalableTarget": ("dynamodb:DescribeTable", "dynamodb:UpdateTable"),
    "PutScalingPolicy": ("cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"),
    "DeregisterScalableTarget": ("cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"),
}
"""Application Auto Scaling validates the caller's permissions for what it is going to do.

https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html
"""


@dataclass(frozen=True)
class Need:
    """An action on a resource; `via` is the service that acts for the caller, `error` what AWS calls the denial."""

    action: str
    resource: str
    via: str | None = None
    error: str | None = None


def needs(action: str, resources: list[str], given: Mapping[str, Any]) -> Iterator[Need]:
    """What a call with these parameters on these resources needs besides the action itself."""
    service, operation = action.split(":")
    if action in KEY_USES and (key := key_of(resources[0])):
        yield from (Need(use, key.arn, error="KMS.AccessDeniedException") for use in KEY_USES[action])
    if service == "dynamodb":
        yield from _needs_of_dynamodb(operation, resources, given)
    if service == "application-autoscaling" and operation in AUTO_SCALING_NEEDS:
        yield from _needs_of_auto_scaling(operation, resources[0], given)


def _needs_of_dynamodb(operation: str, resources: list[str], given: Mapping[str, Any]) -> Iterator[Need]:
    if operation == "RestoreTableFromBackup":
        yield from (Need(f"dynamodb:{needed}", resources[-1]) for needed in RESTORE_NEEDS_ON_TARGET)
        backup = _backup(*resources)
        if backup and (key := customers_key_of(backup.table)):
            yield from (Need(f"kms:{needed}", key, via="dynamodb") for needed in DECRYPTION_NEEDS_OF_KEY)
            if "SSESpecificationOverride" not in given:
                yield from _encryption_needs(key)
    if operation in ("RestoreTableFromBackup", "UpdateTable"):
        sse = given.get("SSESpecificationOverride") or given.get("SSESpecification") or {}
        if key := sse.get("KMSMasterKeyId"):
            yield from _encryption_needs(key)
    if operation == "EnableKinesisStreamingDestination":
        yield Need("kinesis:ListStreams", "*")
        yield from (Need(f"kinesis:{needed}", given["StreamArn"]) for needed in STREAMING_NEEDS)
    if operation == "DescribeKinesisStreamingDestination":
        table = table_by_arn(resources[0])
        for stream in (table and table.streaming) or {}:
            yield from (Need(f"kinesis:{needed}", stream) for needed in DESCRIBING_STREAMS_NEEDS)
    if operation in DECRYPTING:
        keys = {customers_key_of(table) for table in map(table_by_arn, resources) if table}
        yield from (Need("kms:Decrypt", key, via="dynamodb") for key in keys if key)


def _encryption_needs(key: str) -> Iterator[Need]:
    return (Need(f"kms:{needed}", key, via="dynamodb") for needed in ENCRYPTION_NEEDS_OF_KEY)


def _needs_of_auto_scaling(operation: str, target: str, given: Mapping[str, Any]) -> Iterator[Need]:
    region_and_account = ":".join(target.split(":")[3:5])
    table = re.match(r"table/[^/]+", given.get("ResourceId", ""))
    resources = {
        "dynamodb": f"arn:{target.split(':')[1]}:dynamodb:{region_and_account}:{table[0] if table else ''}",
        # Without a name, because the validating request is meant to fail.
        "cloudwatch": f"arn:{target.split(':')[1]}:cloudwatch:{region_and_account}:alarm:",
    }
    for needed in AUTO_SCALING_NEEDS[operation]:
        yield Need(needed, resources[needed.split(":")[0]], error="ValidationException")


def table_by_arn(arn: str) -> Table | None:
    """The usable table to which an ARN, of a table or of an index, belongs."""
    found = re.fullmatch(r"arn:[^:]+:dynamodb:([^:]+):([^:]+):table/([^/]+)(/index/[^/]+)?", arn)
    return dynamodb_backends[found[2]][found[1]].tables.get(found[3]) if found else None


def _backup(arn: str, target_arn: str) -> Backup | None:
    _, _, _, region, account, *_ = target_arn.split(":")
    return dynamodb_backends[account][region].backups.get(arn)


def customers_key_of(table: Table) -> str | None:
    """The key of a table if it is a customer's."""
    sse = table.sse_specification or {}
    if not sse.get("Enabled"):
        return None
    key: str = sse["KMSMasterKeyId"]
    # Everybody in the account who may use a table may use AWS's own key for tables.
    return key if key != table._get_default_encryption_key(table.account_id, table.region_name) else None
