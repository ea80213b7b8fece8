"""The DynamoDB stream.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
"""

from typing import Any

from rotator.tables import Tables
from rotator.unknown_members import completely_known, member


def carry_over_stream(tables: Tables) -> bool:
    if tables.source_is_gone:
        stream = member(tables.recorded, "StreamDescription")
    else:
        stream = member(tables.source, "StreamSpecification")
    wanted = _view_type(completely_known(stream))
    if wanted is None:
        return False
    if _view_type(tables.target.get("StreamSpecification", {})) != wanted:
        tables.update_target(StreamSpecification={"StreamEnabled": True, "StreamViewType": wanted})
    return True


def _view_type(specification: dict[str, Any]) -> str | None:
    return specification.get("StreamViewType") if specification.get("StreamEnabled") else None
