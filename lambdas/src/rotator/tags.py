"""The tags of a copy: those of ownership, those that its rule adds, and those of the source table.

They are written in one call, because DynamoDB takes only five such calls per second and account
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html).
"""

from typing import TYPE_CHECKING, Any

from rotator.aws_errors import translated_errors
from rotator.clients import Clients
from rotator.errors import SettingsNotApplied, TooManyTags
from rotator.ownership import PREFIX, ownership_tags, tags_of
from rotator.source_table import describe_source_table, is_elsewhere, source_table_name
from rotator.state import Invocation

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient

# https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html: tags that AWS itself sets.
_RESERVED_PREFIX = "aws:"

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
_MOST_TAGS = 50
_MOST_BYTES = 10 * 1024

# An id that DynamoDB has yet to assign.
_SOME_TABLE_ID = "00000000-0000-0000-0000-000000000000"


def claim(table: dict[str, Any], invocation: Invocation, module: str, clients: Clients) -> None:
    """Tags an `ACTIVE` table as created by this rotation, and with all other tags that it is to have."""
    own = ownership_tags(invocation["State"], invocation["Execution"], module, table["TableId"])
    tags = _other_tags(invocation, clients) | own
    with translated_errors():
        clients.dynamodb.tag_resource(
            ResourceArn=table["TableArn"], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
        )


def check_tags(invocation: Invocation, module: str, clients: Clients) -> None:
    """Raises `TooManyTags` where the copy would have more than DynamoDB accepts, and `SettingsNotApplied`."""
    state = invocation["State"]
    others = _other_tags(invocation, clients)
    own = ownership_tags(state, invocation["Execution"], module, _SOME_TABLE_ID)
    size = sum(len(text.encode()) for tag in (others | own).items() for text in tag)
    if len(others) + len(own) > _MOST_TAGS or size > _MOST_BYTES:
        raise TooManyTags(
            f"The copy would have {len(others) + len(own)} tags of {size} bytes: {len(own)} of the module, "
            f"{len(state['Tags'])} of the rule, and the others of the source table {source_table_name(state)}. A table "
            f"has at most {_MOST_TAGS} tags of {_MOST_BYTES} bytes. Remove some from the rule's tags, or tags from its "
            "carry_over."
        )


def _other_tags(invocation: Invocation, clients: Clients) -> dict[str, str]:
    """Where the source table and the rule both have a tag, the rule's wins."""
    state = invocation["State"]
    if "tags" not in state["CarryOver"]:
        return state["Tags"]
    found = _tags_of_source_table(invocation, clients)
    # The source may be a copy itself.
    carried = {key: value for key, value in found.items() if not key.startswith((_RESERVED_PREFIX, PREFIX))}
    return carried | state["Tags"]


def _tags_of_source_table(invocation: Invocation, clients: Clients) -> dict[str, str]:
    """Its tags as they are now or, where it is elsewhere, as its recovery point records them."""
    state = invocation["State"]
    message = state["BackupSnsMessage"]
    if is_elsewhere(invocation):
        return _tags_of_recovery_point(message["RecoveryPointArn"], clients.backup)
    if describe_source_table(invocation, clients.dynamodb) is None:
        raise SettingsNotApplied(
            f"tags failed: the table {source_table_name(state)} is gone, and its backup does not record them"
        )
    return tags_of(message["BackedUpResourceArn"], clients.dynamodb)


def _tags_of_recovery_point(arn: str, backup: "BackupClient") -> dict[str, str]:
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListTags.html."""
    tags: dict[str, str] = {}
    start: Any = {}
    with translated_errors():
        while True:
            page = backup.list_tags(ResourceArn=arn, **start)
            tags |= page["Tags"]
            if not page.get("NextToken"):
                return tags
            start = {"NextToken": page["NextToken"]}
