"""The local AWS starts, prints its endpoint, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support.canaries import REGION, policy, zipped
from tests.support.polling import wait_until

COMMAND = [sys.executable, "-m", "local_aws"]
PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Started:
    """A local AWS, with the ID of the process in which its only function waits for the next event."""

    process: subprocess.Popen[str]
    directory: Path
    worker: int = 0


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Started]]:
    """Three local AWSs, started at the same time to save time."""
    directories = [tmp_path_factory.mktemp("started") for _ in range(3)]
    processes = [
        subprocess.Popen(
            [*COMMAND, "--port", "0"],
            cwd=PROJECT,
            env={**os.environ, "TMPDIR": str(directory)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for directory in directories
    ]
    all_started = [Started(*pair) for pair in zip(processes, directories, strict=True)]
    for started in all_started:
        started.worker = process_of_a_function(started.process)
    yield list(all_started)
    for process in processes:
        process.kill()
        process.communicate()


def process_of_a_function(process: subprocess.Popen[str]) -> int:
    """Deploys a function, runs it, and returns the ID of the process in which it waits for the next event."""
    assert process.stdout
    endpoint = process.stdout.readline().removeprefix("local AWS: ").strip()

    def client(service: str) -> Any:  # noqa: ANN401
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="administrator",
            aws_secret_access_key="secret",
        )

    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    client("lambda").create_function(
        FunctionName="f",
        Role=client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"],
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": zipped({"app.py": "import os\ndef handler(event, context): return os.getpid()"})},
    )
    return int(client("lambda").invoke(FunctionName="f")["Payload"].read())


def runs(process: int) -> bool:
    # A process that has ended is listed as Z until its exit code is read.
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return state.stdout.strip()[:1] not in ("", "Z")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_on_a_signal_and_leaves_no_process_and_no_file(three: list[Started], number: signal.Signals) -> None:
    started = three.pop()
    assert runs(started.worker)
    assert list(started.directory.iterdir())
    started.process.send_signal(number)
    assert started.process.communicate(timeout=30)[0] == ""
    assert started.process.returncode == 0
    assert not runs(started.worker)
    assert not list(started.directory.iterdir())


def test_processes_of_functions_end_when_it_is_killed(three: list[Started]) -> None:
    started = three.pop()
    started.process.kill()
    started.process.wait()
    wait_until("change", lambda: not runs(started.worker), 30)


def test_a_port_in_use_is_reported_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = subprocess.run(
            [*COMMAND, "--port", str(port)], cwd=PROJECT, capture_output=True, text=True, check=False
        )
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == f"local AWS: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_an_administrator_reaches_it_at_its_endpoint(aws: Callable[..., Any], local_aws: str) -> None:
    assert local_aws.startswith("http://127.0.0.1:")
    assert aws("sts").get_caller_identity()["Account"] == "123456789012"
