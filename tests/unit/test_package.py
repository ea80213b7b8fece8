"""The zips that the module ships are what the source says, and all that the functions need."""

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lambdas.package import EXAMPLE, build, build_example

LAMBDAS = Path(__file__).parents[2] / "lambdas"
HANDLERS = sorted(file.stem for file in (LAMBDAS / "src/rotator/handlers").glob("[a-z]*.py"))
ZIPS = ["functions.zip", "dependencies.zip"]

# What Lambda's Python runtime brings (https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html).
RUNTIME_MODULES = ["boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    old_umask = os.umask(0o077)
    try:
        build(directory)
    finally:
        os.umask(old_umask)
    return directory


@pytest.mark.parametrize("name", ZIPS)
def test_the_committed_zip_is_what_the_source_builds(name: str, built: Path) -> None:
    assert (built / name).read_bytes() == (LAMBDAS / "dist" / name).read_bytes(), "run `make dist`"


def test_the_zip_of_the_example_is_what_its_source_builds(tmp_path: Path) -> None:
    build_example(tmp_path)

    assert (tmp_path / "mask_emails.zip").read_bytes() == (EXAMPLE / "mask_emails.zip").read_bytes(), "run `make dist`"


@pytest.mark.parametrize("name", ZIPS)
def test_a_zip_tells_nothing_of_the_machine_that_built_it(name: str) -> None:
    with zipfile.ZipFile(LAMBDAS / "dist" / name) as archive:
        entries = archive.infolist()

    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {(entry.date_time, entry.external_attr >> 16, entry.compress_type) for entry in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644, zipfile.ZIP_STORED)
    }


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_needs_nothing_but_the_zips_and_the_runtime(handler: str, tmp_path: Path) -> None:
    for name in ZIPS:
        with zipfile.ZipFile(LAMBDAS / "dist" / name) as archive:
            archive.extractall(tmp_path)
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for name in RUNTIME_MODULES:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        installed = origin.parent if spec.submodule_search_locations else origin
        (runtime / installed.name).symlink_to(installed)

    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(tmp_path / "python"), str(runtime)]),
        "AWS_DEFAULT_REGION": "us-east-1",
        "MODULE": "rotator",
        "RESTORE_ROLE_ARN": "arn:aws:iam::123456789012:role/rotator-restore-job",
        "RULES": "H4sIAAAAAAACA6uuBQBDv6ajAgAAAA==",  # {}, compressed
        "STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:rotator",
        "SEARCH_ALL_VAULTS": "false",
        "SWEEP_DAYS": "7",
        "START_WORKFLOW_FUNCTION": "rotator-start-workflow",
    }
    subprocess.run(
        [sys.executable, "-S", "-W", "error", "-c", f"import rotator.handlers.{handler}"], env=environment, check=True
    )
