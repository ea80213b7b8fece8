"""What the canaries of the local AWS share."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
REGION = "us-east-1"


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(*actions: str, on: str = "*", effect: str = "Allow", **rest: Any) -> dict[str, Any]:  # noqa: ANN401
    """A statement of a policy."""
    return {"Effect": effect, "Action": list(actions), "Resource": on, **rest}


def code(call: Callable[..., Any], **request: object) -> str:
    """The name of the error that a call answers with."""
    with pytest.raises(ClientError) as error:
        call(**request)
    return str(error.value.response["Error"]["Code"])


def zipped(files: dict[str, str]) -> bytes:
    """A deployment package."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return buffer.getvalue()


def segments(aws: Callable[..., Any], name: str) -> list[dict[str, Any]]:
    """The segments with this name of all traces of the last minute."""
    xray, now = aws("xray"), time.time()
    summaries = xray.get_trace_summaries(StartTime=int(now) - 60, EndTime=int(now) + 60)["TraceSummaries"]
    traces = xray.batch_get_traces(TraceIds=[summary["Id"] for summary in summaries])["Traces"]
    found = [json.loads(segment["Document"]) for trace in traces for segment in trace["Segments"]]
    return [segment for segment in found if segment["name"] == name]
