"""What a rule wants of a restore, and how each kind of recovery point takes it.

DynamoDB takes all of it when it restores a backup. AWS Backup only takes the encryption: the rest follows after the
restore.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from botocore import __version__ as botocore_version

from rotator.aws_errors import translated_errors
from rotator.errors import RestoreOptionImpossible
from rotator.indexes import GLOBAL, KINDS, LOCAL, VECTOR, definition_of, indexes_of, unknown_kinds
from rotator.rules import Rule
from rotator.source_table import describe_backed_up_table, describe_backup
from rotator.state import Invocation, OnDemandThroughput, RestoreOptions, RotationState
from rotator.target_table import AWS_MANAGED, AWS_OWNED, PROVISIONED
from rotator.unknown_members import UNKNOWN, member

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
    """The overrides of `RestoreTableFromBackup`. Raises `RestoreOptionImpossible`.

    None is empty, except for the list of a kind of index that is left out altogether: DynamoDB does not treat an empty
    override as left out.
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
    if _concern_indexes(options):
        wanted |= _index_overrides(options, state["BackupSnsMessage"]["RecoveryPointArn"], dynamodb)
    return wanted


def sse_specification(encryption: str) -> "SSESpecificationTypeDef":
    if encryption == AWS_OWNED:
        return {"Enabled": False}
    if encryption == AWS_MANAGED:
        return {"Enabled": True, "SSEType": "KMS"}
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": encryption}


def restore_job_metadata(options: RestoreOptions) -> dict[str, str]:
    """The encryption in the metadata of `StartRestoreJob`.

    AWS documents two defaults, so none is relied on.
    https://docs.aws.amazon.com/aws-backup/latest/devguide/restoring-dynamodb.html
    """
    encryption = options.get("Encryption", AWS_OWNED)
    if encryption == AWS_OWNED:
        return {"encryptionType": "Default"}
    if encryption == AWS_MANAGED:
        return {"encryptionType": "KMS"}
    return {"encryptionType": "KMS", "kmsMasterKeyArn": encryption}


def check_restore_job_options(invocation: Invocation, dynamodb: "DynamoDBClient") -> None:
    """Raises `RestoreOptionImpossible` where the source table tells that the rule cannot be met.

    Where it tells nothing, the copy does, after the restore: `rotator.configure.restore_options` checks the same.
    """
    options = invocation["State"]["Restore"]
    if not _concern_indexes(options):
        return
    source, _ = describe_backed_up_table(invocation, dynamodb)
    if source is None:
        return
    excluded = options.get("ExcludedIndexes", [])
    check_indexes_exist(excluded, source)
    if local := sorted(indexes_of(source, LOCAL).keys() & {*excluded}):
        raise local_indexes_stay(local)
    check_billing_mode(options, indexes_of(source, VECTOR).keys() - {*excluded})


def check_indexes_exist(excluded: Iterable[str], described: Mapping[str, Any]) -> None:
    """Raises `RestoreOptionImpossible` where the rule leaves out an index that this description does not have."""
    there = indexes_of(described)
    if missing := [name for name in excluded if name not in there]:
        raise RestoreOptionImpossible(
            f"The rule leaves out {', '.join(missing)}, but the table has these indexes: "
            f"{', '.join([*sorted(there), *unknown_kinds(described)]) or 'none'}. Correct the rule's "
            "restore.excluded_indexes."
        )


def check_billing_mode(options: RestoreOptions, vector_indexes: Collection[str]) -> None:
    """Raises `RestoreOptionImpossible` where a table with these vector indexes cannot have the rule's billing mode.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
    """
    if options.get("BillingMode") == PROVISIONED and vector_indexes:
        raise RestoreOptionImpossible(
            f"The rule asks for billing mode {PROVISIONED}, but a table with vector indexes can only be on demand. "
            f"Remove restore.billing_mode from the rule, or leave out {', '.join(sorted(vector_indexes))} with "
            "restore.excluded_indexes."
        )


def local_indexes_stay(names: Iterable[str]) -> RestoreOptionImpossible:
    return RestoreOptionImpossible(
        f"The rule leaves out {', '.join(names)}, but a local secondary index cannot be deleted, and AWS Backup "
        "restores advanced recovery points with all indexes. Remove it from the rule's restore.excluded_indexes."
    )


def _concern_indexes(options: RestoreOptions) -> bool:
    return "ExcludedIndexes" in options or options.get("BillingMode") == PROVISIONED


def _index_overrides(
    options: RestoreOptions, recovery_point_arn: str, dynamodb: "DynamoDBClient"
) -> dict[str, list[dict[str, Any]]]:
    """The indexes to restore. An override names all of them, because DynamoDB drops those that it does not name."""
    with translated_errors():
        backup = describe_backup(recovery_point_arn, dynamodb)
    features = member(backup, "SourceTableFeatureDetails")
    excluded = options.get("ExcludedIndexes", [])
    check_indexes_exist(excluded, features)
    if unknown := [path for path in features.get(UNKNOWN, []) if "Indexes" in path]:
        raise RestoreOptionImpossible(
            f"The rule changes indexes, so that all of them have to be named, but botocore {botocore_version} does not "
            f"know {', '.join(unknown)} of this backup. Leave restore.excluded_indexes and a restore.billing_mode of "
            f"{PROVISIONED} out of the rule until Lambda's runtime has a botocore that does."
        )
    check_billing_mode(options, indexes_of(features, VECTOR).keys() - {*excluded})
    billing_mode = options.get("BillingMode") or backup["SourceTableDetails"].get("BillingMode", PROVISIONED)
    throughput = options.get("ProvisionedThroughput")
    return {
        kind.override: [
            definition_of(index) | (_capacity(index, throughput, billing_mode) if kind is GLOBAL else {})
            for name, index in there.items()
            if name not in excluded
        ]
        for kind in KINDS
        if (there := indexes_of(features, kind))
    }


def _capacity(index: Mapping[str, Any], throughput: Any, billing_mode: str) -> dict[str, Any]:  # noqa: ANN401
    if billing_mode == PROVISIONED:
        return {"ProvisionedThroughput": throughput or index["ProvisionedThroughput"]}
    return {key: index[key] for key in ("OnDemandThroughput",) if index.get(key)}
