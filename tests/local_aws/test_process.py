"""A local AWS may outlive its starter: any process can find and stop it by its directory."""

import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

from local_aws import LocalAws, LocalAwsError


def test_it_is_found_and_stopped_by_its_directory(tmp_path: Path) -> None:
    endpoint = LocalAws(tmp_path).start(restore_seconds=7, asynchronous_retry_seconds=(1, 2))
    found = LocalAws(tmp_path)
    assert found.is_running()
    settings = urllib3.request("GET", f"{endpoint}/_local_aws/settings").json()
    assert (settings["restore_seconds"], settings["asynchronous_retry_seconds"]) == (7, [1, 2])
    assert found.stop()
    assert not found.is_running()
    assert not found.stop()


def test_stopping_without_a_start_does_nothing(tmp_path: Path) -> None:
    assert not LocalAws(tmp_path).stop()


def test_a_failed_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(LocalAwsError, match="unrecognized arguments: --no-such-setting"):
        LocalAws(tmp_path).start(no_such_setting=1)
    assert not LocalAws(tmp_path).is_running()


def test_importing_the_interface_imports_no_moto_and_no_client() -> None:
    program = "import sys, local_aws; print({'boto3', 'botocore', 'flask', 'moto'} & sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
