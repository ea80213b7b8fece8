"""The clients of AWS, on moto."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.loaders import create_loader
from botocore.session import Session, get_session
from moto import mock_aws
from moto.dynamodb.models import DynamoDBBackend

from rotator.clients import Clients


@pytest.fixture(scope="session", autouse=True)
def _models_read_once() -> Iterator[None]:
    """Each session of botocore would read the models of AWS's services again."""
    models = create_loader()

    def session() -> Session:
        session = get_session()
        session.register_component("data_loader", models)
        return session

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rotator.clients.get_session", session)
        yield


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    with mock_aws():
        monkeypatch.setattr(DynamoDBBackend, "list_tables", _list_tables)
        clients = Clients()
        clients.dynamodb.meta.events.register("after-call.dynamodb.DescribeTable", _identify)
        yield clients


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
