"""What the canaries of the local AWS share."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.polling import wait_until

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
REGION = "us-east-1"
DECRYPTING_BACKUPS = ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey")


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


class Queue:
    """A queue for what a service such as `sns` delivers to it, once it lets the source in."""

    def __init__(self, aws: Callable[..., Any], name: str, service: str, account: str = ACCOUNT) -> None:
        self._sqs, self._service = aws("sqs"), service
        self.url: str = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        self.arn = f"arn:aws:sqs:{REGION}:{account}:{name}"

    def let_in(self, source_arn: str) -> None:
        """Lets the topic or rule with this ARN send to it, and no other."""
        principal = {"Service": f"{self._service}.amazonaws.com"}
        condition = {"ArnEquals": {"aws:SourceArn": source_arn}}
        self._set(Policy=policy(allow("sqs:SendMessage", on=self.arn, Principal=principal, Condition=condition)))

    def encrypt(self, key: str) -> None:
        self._set(KmsMasterKeyId=key)

    def _set(self, **attributes: str) -> None:
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes=attributes)

    def received(self, wait: float = 10) -> dict[str, Any]:
        """The message in it."""

        def messages() -> list[dict[str, Any]]:
            answer = self._sqs.receive_message(QueueUrl=self.url, MessageAttributeNames=["All"])
            return list(answer.get("Messages", []))

        (message,) = wait_until("message", messages, wait)
        return message


class Listener:
    """A function that writes its events to its log; `function` deploys it."""

    def __init__(self, aws: Callable[..., Any], function: Callable[..., str], name: str, service: str) -> None:
        self._aws, self._service, self._log = aws, service, f"/aws/lambda/{name}"
        aws("logs").create_log_group(logGroupName=self._log)
        source = """
            import json
            def handler(event, context):
                print(json.dumps(event))
            """
        self.arn = function(source, allow("logs:*"), Timeout=20)

    def let_in(self, source_arn: str) -> None:
        """Lets the topic or rule with this ARN invoke it."""
        self._aws("lambda").add_permission(
            FunctionName=self.arn,
            StatementId="source",
            Action="lambda:InvokeFunction",
            Principal=f"{self._service}.amazonaws.com",
            SourceArn=source_arn,
        )

    def seen(self) -> list[dict[str, Any]]:
        """The events that it received."""
        events = self._aws("logs").filter_log_events(logGroupName=self._log)["events"]
        return [json.loads(event["message"]) for event in events if event["message"].startswith("{")]


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
