"""What a rule wants of a restore, and how each kind of recovery point takes it.

DynamoDB takes all of it when it restores a backup. AWS Backup only takes the key: the rest follows after the restore.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rotator.aws_errors import translated_errors
from rotator.errors import RestoreOptionImpossible
from rotator.rules import Rule
from rotator.source_table import describe_backup, describe_source_table
from rotator.state import OnDemandThroughput, RestoreOptions, RotationState
from rotator.target_table import AWS_MANAGED, AWS_OWNED, PROVISIONED

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import SSESpecificationTypeDef


def options_of(rule: Rule) -> RestoreOptions:
    """The rule's `restore`, with DynamoDB's names and groups, and without what the rule leaves open."""
    asked = rule.restore
    options: RestoreOptions = {}
    if "billing_mode" in asked:
        options["BillingMode"] = asked["billing_mode"]
    if asked.get("billing_mode") == PROVISIONED:
        options["ProvisionedThroughput"] = {
            "ReadCapacityUnits": asked["read_capacity_units"],
            "WriteCapacityUnits": asked["write_capacity_units"],
        }
    on_demand: OnDemandThroughput = {}
    if "max_read_request_units" in asked:
        on_demand["MaxReadRequestUnits"] = asked["max_read_request_units"]
    if "max_write_request_units" in asked:
        on_demand["MaxWriteRequestUnits"] = asked["max_write_request_units"]
    if on_demand:
        options["OnDemandThroughput"] = on_demand
    if "encryption" in asked:
        options["Encryption"] = asked["encryption"]
    if asked.get("excluded_indexes"):
        options["ExcludedIndexes"] = sorted(asked["excluded_indexes"])
    return options


def overrides(state: RotationState, dynamodb: "DynamoDBClient") -> dict[str, Any]:
    """The overrides of `RestoreTableFromBackup`. None is empty, because DynamoDB does not treat that as left out.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html
    """
    options = state["Restore"]
    wanted: dict[str, Any] = {}
    if "BillingMode" in options:
        wanted["BillingModeOverride"] = options["BillingMode"]
    if "ProvisionedThroughput" in options:
        wanted["ProvisionedThroughputOverride"] = options["ProvisionedThroughput"]
    if "OnDemandThroughput" in options:
        wanted["OnDemandThroughputOverride"] = options["OnDemandThroughput"]
    if "Encryption" in options:
        wanted["SSESpecificationOverride"] = sse_specification(options["Encryption"])
    if "ExcludedIndexes" in options or "ProvisionedThroughput" in options:
        wanted |= _index_overrides(options, state["BackupSnsMessage"]["RecoveryPointArn"], dynamodb)
    return wanted


def sse_specification(encryption: str) -> "SSESpecificationTypeDef":
    if encryption == AWS_OWNED:
        return {"Enabled": False}
    if encryption == AWS_MANAGED:
        return {"Enabled": True, "SSEType": "KMS"}
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": encryption}


def restore_job_metadata(options: RestoreOptions) -> dict[str, str]:
    """The encryption in the metadata of `StartRestoreJob`, which takes a customer managed key or an AWS owned one.

    AWS documents two defaults, so none is relied on.
    https://docs.aws.amazon.com/aws-backup/latest/devguide/restoring-dynamodb.html
    """
    encryption = options.get("Encryption", AWS_OWNED)
    if encryption in (AWS_OWNED, AWS_MANAGED):
        return {"encryptionType": "Default"}
    return {"encryptionType": "KMS", "kmsMasterKeyArn": encryption}


def check_restore_job_options(state: RotationState, dynamodb: "DynamoDBClient") -> None:
    """Raises `RestoreOptionImpossible` where the rule leaves out a local secondary index."""
    excluded = state["Restore"].get("ExcludedIndexes", [])
    source = describe_source_table(state, dynamodb) if excluded else None
    local = {index["IndexName"] for index in (source or {}).get("LocalSecondaryIndexes", [])}
    if impossible := sorted(local.intersection(excluded)):
        raise local_indexes_stay(impossible)


def local_indexes_stay(names: Iterable[str]) -> RestoreOptionImpossible:
    return RestoreOptionImpossible(
        f"The rule leaves out {', '.join(names)}, but a local secondary index cannot be deleted, and AWS Backup "
        "restores advanced recovery points with all indexes. Remove it from the rule's restore.excluded_indexes."
    )


def _index_overrides(
    options: RestoreOptions, recovery_point_arn: str, dynamodb: "DynamoDBClient"
) -> dict[str, list[dict[str, Any]]]:
    """The indexes to restore. An override names all of them, because DynamoDB drops those that it does not name."""
    with translated_errors():
        backup = describe_backup(recovery_point_arn, dynamodb)
    features = backup.get("SourceTableFeatureDetails", {})
    excluded = options.get("ExcludedIndexes", [])
    indexes: dict[str, list[dict[str, Any]]] = {}
    if there := features.get("GlobalSecondaryIndexes"):
        billing_mode = options.get("BillingMode") or backup["SourceTableDetails"].get("BillingMode", PROVISIONED)
        throughput = options.get("ProvisionedThroughput")
        indexes["GlobalSecondaryIndexOverride"] = [
            _global_index(index, throughput, billing_mode) for index in there if index["IndexName"] not in excluded
        ]
    if there := features.get("LocalSecondaryIndexes"):
        indexes["LocalSecondaryIndexOverride"] = [
            {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
            for index in there
            if index["IndexName"] not in excluded
        ]
    return indexes


def _global_index(index: Mapping[str, Any], throughput: Any, billing_mode: str) -> dict[str, Any]:  # noqa: ANN401
    wanted = {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
    if billing_mode == PROVISIONED:
        return wanted | {"ProvisionedThroughput": throughput or index["ProvisionedThroughput"]}
    if on_demand := index.get("OnDemandThroughput"):
        return wanted | {"OnDemandThroughput": on_demand}
    return wanted
