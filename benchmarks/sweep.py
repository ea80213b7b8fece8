"""What a sweep costs: its calls, and its CPU time as a multiple of that of a sweep of 1,000 recovery points.

    python benchmarks/sweep.py

AWS's responses are made up in this process, and parsed as if they had come over the network. Each vault also holds as
many recovery points from before the last `sweep_days`. Exits with 1 where a sweep would not fit into one invocation,
costs more calls than one for each page and table, or grows faster than the recovery points.
"""

import io
import json
import logging
import math
import os
import re
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from rotator.clients import Clients
from rotator.rules import Rule
from rotator.settings import WorkflowSettings
from rotator.workflow import start_rotations

FUNCTIONS = (Path(__file__).parents[1] / "functions.tf").read_text()
# Recovery points, and tables that they are of.
SIZES = {
    "1,000 of 143 tables": (1000, 143),
    "10,000 of 1,430 tables": (10_000, 1430),
    "10,000 of 10,000 tables": (10_000, 10_000),
}
BASELINE = "1,000 of 143 tables"
PAGE = 1000
SWEEP_DAYS = 7

ACCOUNT = "123456789012"
VAULT_ARN = f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:vault"
MACHINE_ARN = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:rotator"

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
MEMORY_OF_ONE_CPU = 1769
MEMORY = int(re.findall(r"memory_size += (\d+)", FUNCTIONS)[0])
LONGEST_INVOCATION_SECONDS = 900
# A cautious guess.
SECONDS_OF_A_CALL = 0.03
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LARGEST_RESPONSE = 6 * 2**20


class Body(io.BytesIO):
    """The body of a response, as urllib3 has it."""

    def stream(self, **_: object) -> Any:  # noqa: ANN401
        yield self.read()


class Aws:
    """Answers what a sweep asks, and counts the calls."""

    def __init__(self, recovery_points: int, tables: int) -> None:
        self.calls = 0
        now = datetime.now(UTC)
        in_window = [now - timedelta(days=SWEEP_DAYS) * (number + 0.5) / recovery_points for number in range(tables)]
        in_window += [now - timedelta(days=SWEEP_DAYS - 0.1)] * (recovery_points - tables)
        before = [now - timedelta(days=SWEEP_DAYS + 1)] * recovery_points
        self._points = [
            (created, self._described(number, f"orders-{number % tables}", created))
            for number, created in enumerate([*in_window, *before])
        ]

    def _described(self, number: int, table: str, created: datetime) -> dict[str, Any]:
        return {
            "RecoveryPointArn": f"arn:aws:backup:us-east-1:{ACCOUNT}:recovery-point:{number:036}",
            "BackupVaultName": "vault",
            "BackupVaultArn": VAULT_ARN,
            "ResourceArn": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}",
            "ResourceType": "DynamoDB",
            "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/backup",
            "Status": "COMPLETED",
            "CreationDate": created.timestamp(),
            "BackupSizeInBytes": 2**30,
            "IsEncrypted": True,
            "StorageClass": "WARM",
        }

    def list_recovery_points(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        query = {key: values[0] for key, values in parse_qs(urlsplit(request.url).query).items()}
        since = datetime.fromisoformat(query["createdAfter"])
        wanted = [described for created, described in self._points if created > since]
        start, size = int(query.get("nextToken", 0)), int(query["maxResults"])
        following = {"NextToken": str(start + size)} if start + size < len(wanted) else {}
        return self._response(request, {"RecoveryPoints": wanted[start : start + size], **following})

    def start_execution(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        return self._response(request, {"executionArn": "arn", "startDate": 0})

    def _response(self, request: AWSPreparedRequest, content: dict[str, Any]) -> AWSResponse:
        self.calls += 1
        headers: Any = {"content-type": "application/json"}
        return AWSResponse(request.url, 200, headers, Body(json.dumps(content).encode()))


def sweep(recovery_points: int, tables: int) -> tuple[int, float, int]:
    """Calls, seconds of CPU time, and the bytes of the response."""
    aws, clients = Aws(recovery_points, tables), Clients("backup", "stepfunctions")
    # The stubs are typed for services, not for their events.
    backup, stepfunctions = (client.meta.events for client in (clients.backup, clients.stepfunctions))
    backup.register("before-send.backup.*", aws.list_recovery_points)  # type: ignore[arg-type]
    stepfunctions.register("before-send.stepfunctions.*", aws.start_execution)  # type: ignore[arg-type]
    settings = WorkflowSettings(
        rules=(Rule("staging", ".*", "$0-staging"),),
        state_machine_arn=MACHINE_ARN,
        backup_vault_arns=(VAULT_ARN,),
        search_all_vaults=False,
        sweep_days=SWEEP_DAYS,
    )
    began = time.process_time()
    rotations = start_rotations({"Sweep": {}}, settings, clients)
    return aws.calls, time.process_time() - began, len(json.dumps(rotations))


def main() -> int:
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
    for handler in logging.getLogger("service_undefined").handlers:
        handler.setStream(io.StringIO())  # type: ignore[attr-defined]
    missed = []
    sweep(*SIZES[BASELINE])
    seconds: dict[str, float] = {}
    print(f"{'recovery points':>24} {'calls':>7} {'CPU':>8} {'to 1,000':>9} {'in Lambda':>10} {'response':>9}")
    for name, (recovery_points, tables) in SIZES.items():
        calls, seconds[name], size = sweep(recovery_points, tables)
        ratio = seconds[name] / seconds[BASELINE]
        in_lambda = seconds[name] * MEMORY_OF_ONE_CPU / MEMORY + calls * SECONDS_OF_A_CALL
        print(
            f"{name:>24} {calls:>7} {seconds[name]:>6.1f} s {ratio:>9.1f} {in_lambda:>8.0f} s {size / 2**20:>6.1f} MB"
        )
        if in_lambda > LONGEST_INVOCATION_SECONDS or size > LARGEST_RESPONSE:
            missed.append(f"{name} do not fit into one invocation")
        if calls > math.ceil(recovery_points / PAGE) + tables:
            missed.append(f"{name}: {calls} calls")
    if seconds["10,000 of 1,430 tables"] > 15 * seconds[BASELINE]:
        missed.append("The cost grows faster than the recovery points")
    print("\n".join(missed) or "All targets are met.")
    return len(missed) > 0


if __name__ == "__main__":
    sys.exit(main())
