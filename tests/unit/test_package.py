"""The zips that the module ships are what the source says, and all that the functions need."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lambdas.package import EXAMPLE, build, build_example

LAMBDAS = Path(__file__).parents[2] / "lambdas"
HANDLERS = sorted(f"{file.parts[-3]}.handlers.{file.stem}" for file in LAMBDAS.glob("src/*/handlers/[a-z]*.py"))
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


def packages_in_the_layer() -> dict[str, list[str]]:
    """The files about each package, such as `METADATA`, keyed by name and version."""
    with zipfile.ZipFile(LAMBDAS / "dist" / "dependencies.zip") as archive:
        found = [re.match(r"python/([^/]+)\.dist-info/(.+)", name) for name in archive.namelist()]
    packages: dict[str, list[str]] = {}
    for match in filter(None, found):
        packages.setdefault(match[1], []).append(match[2])
    return packages


def test_the_layer_has_the_licence_of_each_package() -> None:
    packages = packages_in_the_layer()

    assert len(packages) == len(re.findall("==", (LAMBDAS / "requirements.txt").read_text()))
    assert [name for name, files in packages.items() if not any("LICENSE" in file for file in files)] == []


def test_the_bill_of_materials_lists_each_package_in_the_layer() -> None:
    printed = subprocess.run([sys.executable, LAMBDAS / "sbom.py"], capture_output=True, text=True, check=True).stdout
    components = json.loads(printed)["components"]

    listed = {f"{one['name'].replace('-', '_')}-{one['version']}" for one in components}
    assert listed == {*packages_in_the_layer()}
    assert all(one["purl"] == f"pkg:pypi/{one['name'].replace('_', '-')}@{one['version']}" for one in components)
    requirements = (LAMBDAS / "requirements.txt").read_text()
    assert all(f"--hash=sha256:{one['hashes'][0]['content']}" in requirements for one in components)


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
        "UPDATE_SSM_PARAMETER_FUNCTION": "rotator-update-ssm-parameter",
        "ATTRIBUTES": "H4sIAAAAAAACA6uuBQBDv6ajAgAAAA==",  # the same
        "UNLISTED": "keep",
        "HMAC_KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012",
        "WORKERS": "10",
    }
    subprocess.run([sys.executable, "-S", "-W", "error", "-c", f"import {handler}"], env=environment, check=True)
