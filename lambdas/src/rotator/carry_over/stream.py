"""The DynamoDB stream.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
"""

from typing import Any

from rotator.tables import Tables


def carry_over_stream(tables: Tables) -> bool:
    wanted = _view_type(_recorded(tables) if tables.source_is_gone else tables.source.get("StreamSpecification", {}))
    if wanted is None:
        return False
    if _view_type(tables.target.get("StreamSpecification", {})) != wanted:
        tables.update_target(StreamSpecification={"StreamEnabled": True, "StreamViewType": wanted})
    return True


def _recorded(tables: Tables) -> dict[str, Any]:
    return dict(tables.recorded.get("StreamDescription", {}))


def _view_type(specification: dict[str, Any]) -> str | None:
    return specification.get("StreamViewType") if specification.get("StreamEnabled") else None
