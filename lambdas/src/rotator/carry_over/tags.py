"""The tags of the source table, and those that the rule adds."""

from rotator.aws_errors import answered
from rotator.carry_over.tables import Tables
from rotator.ownership import PREFIX, tags_of

# https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html: tags that AWS itself sets.
_RESERVED_PREFIX = "aws:"


def carry_over_tags(tables: Tables) -> bool:
    """Where both have a tag, the rule's wins; the tags of ownership stay those of the copy."""
    carried = _tags_of_source(tables) if "tags" in tables.state["CarryOver"] else {}
    tags = carried | tables.state["Tags"]
    if tags:
        with answered():
            tables.clients.dynamodb.tag_resource(
                ResourceArn=tables.target_arn, Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
            )
    return bool(tags)


def _tags_of_source(tables: Tables) -> dict[str, str]:
    tables.existing_source  # noqa: B018 (raises where there is none)
    found = tags_of(tables.source_arn, tables.clients.dynamodb)
    # The source may be a copy itself.
    return {key: value for key, value in found.items() if not key.startswith((_RESERVED_PREFIX, PREFIX))}
