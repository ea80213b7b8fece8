"""The tags of the source table, and those that the rule adds."""

from rotator.aws_errors import translated_errors
from rotator.ownership import PREFIX, tags_of
from rotator.tables import Tables

# https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html: tags that AWS itself sets.
_RESERVED_PREFIX = "aws:"


def carry_over_tags(tables: Tables) -> bool:
    """Where both have a tag, the rule's wins. The tags of ownership stay those of the copy."""
    found = tags_of(tables.source_arn, tables.clients.dynamodb)
    # The source may be a copy itself.
    carried = {key: value for key, value in found.items() if not key.startswith((_RESERVED_PREFIX, PREFIX))}
    return _tag(carried | tables.state["Tags"], tables)


def add_tags(tables: Tables) -> bool:
    return _tag(tables.state["Tags"], tables)


def _tag(tags: dict[str, str], tables: Tables) -> bool:
    if tags:
        with translated_errors():
            tables.clients.dynamodb.tag_resource(
                ResourceArn=tables.target_arn, Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
            )
    return bool(tags)
