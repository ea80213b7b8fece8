"""DynamoDB: what the stream of a table and its Kinesis data streams are told of changes to its items.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/streamsmain.html
"""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamRecord, StreamShard, Table
from moto.kinesis.exceptions import ResourceNotFoundError
from moto.kinesis.models import kinesis_backends

from local_aws.patching import replaces

_PER_SECOND = {"MILLISECOND": 10**3, "MICROSECOND": 10**6}


class _Telling(threading.local):
    """Whether this thread tells of changes at once."""

    suspended = False


_telling = _Telling()


@contextmanager
def untold() -> Iterator[None]:
    """Nobody is told of the changes in the block, because they may be undone."""
    _telling.suspended = True
    try:
        yield
    finally:
        _telling.suspended = False


def tell(table: Table, old: Item | None, new: Item | None) -> None:
    """Tells whoever listens of a change."""
    if table.stream_shard is not None and not (old is None and new is None):
        table.stream_shard.add(old, new)


def watch(table: Table) -> None:
    """Has moto tell of changes to the table, which it does only if the table has a shard."""
    table.stream_shard = table.stream_shard or StreamShard(table.account_id, table)


@replaces(
    StreamShard,
    "add",
    because="moto tells no Kinesis data streams, tells of updates that change nothing, and fails for a stream that "
    "has been disabled",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html",
    written_against="357dc6da",
)
def add(original: Any, shard: StreamShard, old: Item | None, new: Item | None) -> None:  # noqa: ANN401
    """Tells of a change."""
    if _telling.suspended:
        return
    if (old and old.to_json()) == (new and new.to_json()):
        return
    if (shard.table.stream_specification or {}).get("StreamEnabled"):
        original(shard, old, new)
    # While a destination is being enabled AWS may stream already, so that a leak would show.
    for stream_arn, (_, precision) in (shard.table.streaming or {}).items():
        _stream(shard.table, stream_arn, precision, old, new)


def _stream(table: Table, stream_arn: str, precision: str, old: Item | None, new: Item | None) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_using-shards-and-metrics.html"""
    _, _, _, region, account, *_ = stream_arn.split(":")
    name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
    record = StreamRecord(table, "NEW_AND_OLD_IMAGES", name, old, new, 0).record
    change = {
        key: value for key, value in record["dynamodb"].items() if key not in ("StreamViewType", "SequenceNumber")
    }
    change["ApproximateCreationDateTime"] = int(time.time() * _PER_SECOND[precision])
    change["ApproximateCreationDateTimePrecision"] = precision
    told = {
        "awsRegion": region,
        "eventID": record["eventID"],
        "eventName": name,
        "userIdentity": None,
        "recordFormat": "application/json",
        "tableName": table.name,
        "dynamodb": change,
        "eventSource": "aws:dynamodb",
    }
    try:
        stream = kinesis_backends[account][region].describe_stream(stream_arn, None)
    except ResourceNotFoundError:
        return
    data = base64.b64encode(json.dumps(told).encode()).decode()
    stream.put_record(json.dumps(change["Keys"]), None, data)
