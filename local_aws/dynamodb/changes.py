"""DynamoDB: what the stream of a table and its Kinesis data streams are told of changes to its items.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/streamsmain.html
"""

import base64
import json
import threading
import time
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamRecord, StreamShard, Table
from moto.kinesis.exceptions import ResourceNotFoundError
from moto.kinesis.models import kinesis_backends

from local_aws.patching import replaces

_PER_SECOND = {"MILLISECOND": 10**3, "MICROSECOND": 10**6}


class _Update(threading.local):
    """What moto says while it updates an item: where there is none yet, it first puts one with only its key."""

    changes: list[tuple[Item | None, Item | None]] | None = None


_update = _Update()


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
    if _update.changes is not None:
        _update.changes.append((old, new))
        return
    if (old and old.to_json()) == (new and new.to_json()):
        return
    if (shard.table.stream_specification or {}).get("StreamEnabled"):
        original(shard, old, new)
    # While a destination is being enabled AWS may stream already, so that a leak would show.
    for stream_arn, (_, precision) in (shard.table.streaming or {}).items():
        _stream(shard.table, stream_arn, precision, old, new)


@replaces(
    DynamoDBBackend,
    "update_item",
    because="moto tells twice of an update that creates an item",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html",
    written_against="21898458",
)
def update_item(original: Any, backend: DynamoDBBackend, table_name: str, *rest: Any, **named: Any) -> Item:  # noqa: ANN401
    """Tells of the whole update at once."""
    changes: list[tuple[Item | None, Item | None]] = []
    _update.changes = changes
    try:
        item: Item = original(backend, table_name, *rest, **named)
    finally:
        _update.changes = None
    if changes:
        old, new = changes[-1]
        backend.get_table(table_name).stream_shard.add(old, new)
    return item


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
