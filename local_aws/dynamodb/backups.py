"""DynamoDB: on-demand backups."""

from collections.abc import Callable

from moto.core.responses import ActionResult
from moto.dynamodb.models.table import Backup
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from local_aws.dynamodb.vector_indexes import vector_indexes_of
from local_aws.dynamodb.writes import items_at_rest
from local_aws.patching import replaces


@replaces(
    Backup,
    "__init__",
    because="moto fails to copy a table during writes",
    source="tool",
    written_against="c043c317",
)
def _copy_table(original: Callable[..., None], self: Backup, *args: object, **kwargs: object) -> None:
    with items_at_rest:
        original(self, *args, **kwargs)


def size_bytes(backup: Backup) -> int:
    """The size of what was backed up; 0 for an empty table."""
    return sum(item.size() for item in backup.table.all_items())


@replaces(
    DynamoHandler,
    "describe_backup",
    because="moto leaves out the billing mode and SourceTableFeatureDetails, and gives every backup one size",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeBackup.html",
    written_against="14ac93b9",
)
def _describe_backup(_original: Callable[..., ActionResult], self: DynamoHandler) -> ActionResult:
    backup = self.dynamodb_backend.describe_backup(self.body["BackupArn"])
    table = backup.table
    source = backup.description["SourceTableDetails"]
    features = {
        "LocalSecondaryIndexes": source["LocalSecondaryIndexes"],
        "GlobalSecondaryIndexes": source["GlobalSecondaryIndexes"],
        "VectorIndexes": [index.definition for index in vector_indexes_of(table)],
        "StreamDescription": source.get("StreamSpecification"),
        "TimeToLiveDescription": table.ttl,
        "SSEDescription": source.get("SSEDescription"),
    }
    return DynamoResult(
        {
            "BackupDescription": {
                "BackupDetails": {**backup.details, "BackupSizeBytes": size_bytes(backup)},
                "SourceTableDetails": {**source, "BillingMode": table.billing_mode},
                "SourceTableFeatureDetails": {name: value for name, value in features.items() if value},
            }
        }
    )
