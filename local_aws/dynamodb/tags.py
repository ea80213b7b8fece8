"""DynamoDB: the tags of tables."""

import time
from collections.abc import Callable

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table

from local_aws.dynamodb.errors import error
from local_aws.patching import adds, replaces
from local_aws.settings import settings

LONGEST_TAG_VALUE = 256

Tags = list[dict[str, str]]

adds(
    Table,
    "former_tags",
    because="on AWS changed tags become visible after a while",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html",
)(())


@replaces(
    DynamoDBBackend,
    "tag_resource",
    because="moto ignores tags of a missing table, keeps old values beside new ones, and accepts values of any length",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html",
    written_against="eff4d4c0",
)
def _tag_resource(_original: Callable[..., None], self: DynamoDBBackend, arn: str, tags: dict[str, str]) -> None:
    for value in tags.values():
        if len(value) > LONGEST_TAG_VALUE:
            raise error("ValidationException", f"Value '{value}' at 'tags' failed to satisfy constraint")
    table = self.get_table(arn)
    kept = [tag for tag in table.tags if tag["Key"] not in tags]
    _change(table, [*kept, *({"Key": key, "Value": value} for key, value in tags.items())])


@replaces(
    DynamoDBBackend,
    "untag_resource",
    because="moto ignores that the table is missing",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UntagResource.html",
    written_against="6d45d7a1",
)
def _untag_resource(_original: Callable[..., None], self: DynamoDBBackend, arn: str, tag_keys: list[str]) -> None:
    table = self.get_table(arn)
    _change(table, [tag for tag in table.tags if tag["Key"] not in tag_keys])


def _change(table: Table, tags: Tags) -> None:
    """Sets the tags, and keeps the former ones for as long as they are listed."""
    now = time.monotonic()
    listed = [(until, former) for until, former in table.former_tags if until > now]
    table.former_tags = (*listed, (now + settings.tags_visible_after_seconds, table.tags))
    table.tags = tags


@replaces(
    DynamoDBBackend,
    "list_tags_of_resource",
    because="on AWS it may answer the former tags for a while after a change",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html",
    written_against="09d88109",
)
def _list_tags_of_resource(_original: Callable[..., Tags], self: DynamoDBBackend, table_arn: str) -> Tags:
    table = self.get_table(table_arn)
    now = time.monotonic()
    tags: Tags = next((former for until, former in table.former_tags if until > now), table.tags)
    return tags
