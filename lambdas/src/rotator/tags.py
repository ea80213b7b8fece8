"""The tags of a copy: those of ownership, those that its rule adds, and those of the source table.

They are written in one call, because DynamoDB takes only five such calls per second and account
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html).
"""

from typing import TYPE_CHECKING, Any

from rotator.aws_errors import translated_errors
from rotator.errors import SettingsNotApplied, TooManyTags
from rotator.ownership import PREFIX, ownership_tags, tags_of
from rotator.source_table import describe_source_table, source_table_name
from rotator.state import Execution, RotationState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html: tags that AWS itself sets.
_RESERVED_PREFIX = "aws:"

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
_MOST_TAGS = 50
_MOST_BYTES = 10 * 1024

# An id that DynamoDB has yet to assign.
_SOME_TABLE_ID = "00000000-0000-0000-0000-000000000000"


def claim(
    table: dict[str, Any], state: RotationState, execution: Execution, module: str, dynamodb: "DynamoDBClient"
) -> None:
    """Tags an `ACTIVE` table as created by this rotation, and with all other tags that it is to have."""
    own = ownership_tags(state, execution, module, table["TableId"])
    tags = _other_tags(state, dynamodb) | own
    with translated_errors():
        dynamodb.tag_resource(
            ResourceArn=table["TableArn"], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
        )


def check_tags(state: RotationState, execution: Execution, module: str, dynamodb: "DynamoDBClient") -> None:
    """Raises `TooManyTags` where the copy would have more than DynamoDB accepts, and `SettingsNotApplied`."""
    others = _other_tags(state, dynamodb)
    own = ownership_tags(state, execution, module, _SOME_TABLE_ID)
    size = sum(len(text.encode()) for tag in (others | own).items() for text in tag)
    if len(others) + len(own) > _MOST_TAGS or size > _MOST_BYTES:
        raise TooManyTags(
            f"The copy would have {len(others) + len(own)} tags of {size} bytes: {len(own)} of the module, "
            f"{len(state['Tags'])} of the rule, and the others of the source table {source_table_name(state)}. A table "
            f"has at most {_MOST_TAGS} tags of {_MOST_BYTES} bytes. Remove some from the rule's tags, or tags from its "
            "carry_over."
        )


def _other_tags(state: RotationState, dynamodb: "DynamoDBClient") -> dict[str, str]:
    """Where the source table and the rule both have a tag, the rule's wins."""
    if "tags" not in state["CarryOver"]:
        return state["Tags"]
    if describe_source_table(state, dynamodb) is None:
        raise SettingsNotApplied(
            f"tags failed: the table {source_table_name(state)} is gone, and its backup does not record them"
        )
    found = tags_of(state["BackupSnsMessage"]["BackedUpResourceArn"], dynamodb)
    # The source may be a copy itself.
    carried = {key: value for key, value in found.items() if not key.startswith((_RESERVED_PREFIX, PREFIX))}
    return carried | state["Tags"]
