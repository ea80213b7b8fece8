"""The clients of AWS, on moto."""

import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from botocore.loaders import Loader, create_loader
from botocore.session import Session, get_session
from moto import mock_aws
from moto.dynamodb.models import DynamoDBBackend

from rotator.clients import Clients


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    with mock_aws():
        monkeypatch.setattr(DynamoDBBackend, "list_tables", _list_tables)
        monkeypatch.setattr("rotator.clients.get_session", _session)
        clients = Clients()
        clients.dynamodb.meta.events.register("after-call.dynamodb.DescribeTable", _identify)
        yield clients


def _session() -> Session:
    """Each test has a session of its own, but does not read the models of AWS's services again."""
    session = get_session()
    session.register_component("data_loader", _models())
    return session


@cache
def _models() -> Loader:
    return create_loader()


def _list_tables(backend: DynamoDBBackend, limit: int, start: str | None) -> tuple[list[str], str | None]:
    """Unlike AWS, moto lists tables in no order, and none after a name that is not there."""
    names = sorted(name for name in backend.tables if not start or name > start)
    return names[:limit], names[limit - 1] if len(names) > limit else None


def _identify(parsed: dict[str, Any], **_: object) -> None:
    """Unlike AWS, moto gives a table no id."""
    table = parsed.get("Table", {})
    if "CreationDateTime" in table:
        made = f"{table['TableName']} {table['CreationDateTime']}"
        table.setdefault("TableId", str(uuid.uuid5(uuid.NAMESPACE_OID, made)))
