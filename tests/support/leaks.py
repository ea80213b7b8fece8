"""Everything that AWS has written down, to be searched for what nobody must read there."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from tests.support.aws import client


def seen_in(text: str, secrets: Iterable[str]) -> list[str]:
    """Which of these can be read in a text, also where they are escaped as JSON does, or in Base64."""
    readable = text + "".join(map(_decoded, re.findall(r"[A-Za-z0-9+/=_-]{16,}", text)))
    readable = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda escaped: chr(int(escaped[1], 16)), readable)
    readable = re.sub(r'\\+(["\\/])', r"\1", readable)
    return [secret for secret in secrets if secret in readable or re.sub(r'\\+(["\\/])', r"\1", secret) in readable]


def _decoded(token: str) -> str:
    try:
        return base64.b64decode(token.replace("-", "+").replace("_", "/") + "=" * (-len(token) % 4)).decode(
            errors="ignore"
        )
    except binascii.Error:
        return ""


def everything_written_down() -> Iterator[tuple[str, str]]:
    """Where, and what: of the whole account, but for what tables hold."""
    for group in _pages("logs", "describe_log_groups", "logGroups"):
        for text in log_texts(group["logGroupName"]):
            yield group["logGroupName"], text
    for machine in _pages("stepfunctions", "list_state_machines", "stateMachines"):
        arn = machine["stateMachineArn"]
        for execution in _pages("stepfunctions", "list_executions", "executions", stateMachineArn=arn):
            yield execution["executionArn"], text_of_execution(execution["executionArn"])
    for parameter in _pages("ssm", "describe_parameters", "Parameters"):
        for version in _pages("ssm", "get_parameter_history", "Parameters", Name=parameter["Name"]):
            yield parameter["Name"], json.dumps(version, default=str)
    for url in client("sqs").list_queues().get("QueueUrls", []):
        for message in _messages(url):
            yield url, json.dumps(message)


def log_texts(group: str, since: datetime | None = None) -> Iterator[str]:
    start = {"startTime": int(since.timestamp() * 1000)} if since else {}
    return (event["message"] for event in _pages("logs", "filter_log_events", "events", logGroupName=group, **start))


def text_of_execution(execution: str) -> str:
    """Its input, output, error and cause, and its whole history."""
    described = client("stepfunctions").describe_execution(executionArn=execution)
    history = _pages("stepfunctions", "get_execution_history", "events", executionArn=execution)
    return json.dumps([described, *history], default=str, ensure_ascii=False)


def text_of_stream(table: str) -> str:
    """All records of a table's stream."""
    streams = client("dynamodbstreams")
    arn = client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    records = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records += streams.get_records(ShardIterator=iterator)["Records"]
    return json.dumps(records, default=str, ensure_ascii=False)


def _pages(service: str, operation: str, key: str, **request: object) -> Iterator[Any]:
    for page in client(service).get_paginator(operation).paginate(**request):
        yield from page[key]


def _messages(url: str) -> Iterable[dict[str, Any]]:
    sqs = client("sqs")
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        yield from messages
