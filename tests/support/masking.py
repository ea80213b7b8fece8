"""What tests do with a deployed `modules/masking`, all of it through AWS's API."""

import base64
import gzip
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from tests.support.aws import client
from tests.support.masks import MESSAGE, Item, Masks
from tests.support.polling import wait_until
from tests.support.shop import make_shop

SUFFIX = "-20261123-02-07-00"
PATIENCE_SECONDS = 1800
# Little more than the minute that a worker keeps in reserve, so that it returns after a page or before.
SHORT_SECONDS = 62


def make_copy(stem: str, items: Iterable[Item], **settings: Any) -> str:  # noqa: ANN401
    """A table that looks as if a rotation had made it; gives its name."""
    name = f"rotator-test-{stem}{SUFFIX}"
    arn = make_shop(name, items, **settings)
    tags = {
        "module": "rotator-test",
        "rule": "staging",
        "rotation": arn.replace(":dynamodb:", ":states:").replace(f":table/{name}", f":execution:rotator:{name}"),
        "source-table": arn.removesuffix(SUFFIX),
        "recovery-point": f"{arn.removesuffix(SUFFIX)}/backup/01795422364460-083c1149",
        "backup-time": "2026-11-23T02:07:00.000Z",
        "table-id": client("dynamodb").describe_table(TableName=name)["Table"]["TableId"],
    }
    client("dynamodb").tag_resource(
        ResourceArn=arn, Tags=[{"Key": f"backup-dynamodb-rotator:{key}", "Value": tags[key]} for key in tags]
    )
    return name


@dataclass(frozen=True)
class Masking:
    """The outputs of the module, its `attributes`, and the masks that it has to make."""

    outputs: dict[str, Any]
    attributes: dict[str, str]
    masks: Masks

    @classmethod
    def of(cls, outputs: dict[str, Any]) -> Self:
        function = client("lambda").get_function_configuration(FunctionName=outputs["functions"]["check_table"]["name"])
        compressed = base64.b64decode(function["Environment"]["Variables"]["ATTRIBUTES"])
        attributes = json.loads(gzip.decompress(compressed))
        secret = client("kms").generate_mac(
            KeyId=outputs["hmac_key_arn"], Message=MESSAGE, MacAlgorithm="HMAC_SHA_256"
        )["Mac"]
        return cls(outputs, attributes, Masks(secret, attributes))

    def start(self, table: str, **more: object) -> str:
        """The ARN of an execution."""
        arn: str = client("stepfunctions").start_execution(
            stateMachineArn=self.outputs["state_machine_arn"], input=json.dumps({"TargetTableName": table, **more})
        )["executionArn"]
        return arn

    def end(self, execution: str) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            described: dict[str, Any] = client("stepfunctions").describe_execution(executionArn=execution)
            return described if described["status"] != "RUNNING" else None

        return wait_until(f"end of {execution}", ended, PATIENCE_SECONDS)

    def run(self, table: str, **more: object) -> dict[str, Any]:
        """The output of an execution; fails with error and cause if it did not succeed."""
        return output_of(self.end(self.start(table, **more)))

    def refusal(self, table: str, **more: object) -> tuple[str, str]:
        """Error and cause of an execution that fails."""
        execution = self.end(self.start(table, **more))
        assert execution["status"] == "FAILED", execution
        return execution["error"], execution["cause"]

    def redrive(self, execution: str) -> dict[str, Any]:
        client("stepfunctions").redrive_execution(executionArn=execution)
        return self.end(execution)

    @contextmanager
    def changed(
        self,
        *,
        attributes: dict[str, str] | None = None,
        unlisted: str | None = None,
        workers: int | None = None,
        seconds: int | None = None,
    ) -> Iterator[None]:
        """Other settings, for as long as the block runs; `seconds` is how long a function may run at most."""
        changes = {
            "ATTRIBUTES": attributes and base64.b64encode(gzip.compress(json.dumps(attributes).encode())).decode(),
            "UNLISTED": unlisted,
            "WORKERS": workers and str(workers),
        }
        variables = {name: value for name, value in changes.items() if value is not None}
        before = {
            name: client("lambda").get_function_configuration(FunctionName=name)
            for name in (function["name"] for function in self.outputs["functions"].values())
        }
        try:
            for name, function in before.items():
                timeout = min(seconds or function["Timeout"], function["Timeout"])
                _configure(name, function["Environment"]["Variables"] | variables, timeout)
            yield
        finally:
            for name, function in before.items():
                _configure(name, function["Environment"]["Variables"], function["Timeout"])


def output_of(execution: dict[str, Any]) -> dict[str, Any]:
    assert execution["status"] == "SUCCEEDED", f"{execution.get('error')}: {execution.get('cause')}"
    output: dict[str, Any] = json.loads(execution["output"])
    return output


def _configure(function: str, variables: dict[str, str], timeout: int) -> None:
    client("lambda").update_function_configuration(
        FunctionName=function, Environment={"Variables": variables}, Timeout=timeout
    )
