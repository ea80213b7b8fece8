"""Set-up: where it finds Terraform's aws provider, and which versions it accepts."""

import subprocess
from pathlib import Path

import pytest

from set_up.terraform_provider import cause, is_new_enough, plugin_directories, provider_trees, users_configuration

PROJECT = Path(__file__).resolve().parents[2]
PLATFORM = "linux_amd64"


def put_provider(tree: Path, platform: str = PLATFORM) -> Path:
    directory = tree / "registry.terraform.io" / "hashicorp" / "aws" / "5.100.0" / platform
    directory.mkdir(parents=True)
    (directory / "terraform-provider-aws_v5.100.0_x5").touch()
    return tree


def trees(root: Path, home: Path) -> list[Path]:
    found = provider_trees(root, home, {"XDG_DATA_DIRS": str(root / "nowhere")}, PLATFORM)
    return [tree for tree in found if tree.is_relative_to(root) or tree.is_relative_to(home)]


@pytest.mark.parametrize("version", ["1.11.0", "1.11.4", "1.12.0-beta1", "2.0.0"])
def test_a_terraform_that_is_new_enough_is_taken(version: str) -> None:
    assert is_new_enough(version)


@pytest.mark.parametrize("version", ["0.15.5", "1.5.7", "1.9.8", "1.10.5"])
def test_an_older_terraform_is_refused(version: str) -> None:
    assert not is_new_enough(version)


def test_a_provider_one_or_two_directories_below_the_root_is_found(tmp_path: Path) -> None:
    one, two = put_provider(tmp_path / "root" / "plugins"), put_provider(tmp_path / "root" / "opt" / "plugins")
    put_provider(tmp_path / "root" / "opt" / "too" / "deep")
    assert sorted(trees(tmp_path / "root", tmp_path / "home")) == sorted([one, two])


def test_a_provider_in_terraforms_own_directory_comes_first(tmp_path: Path) -> None:
    put_provider(tmp_path / "root" / "plugins")
    own = put_provider(tmp_path / "home" / ".terraform.d" / "plugins")
    assert trees(tmp_path / "root", tmp_path / "home")[0] == own


def test_the_data_directories_of_the_desktop_are_terraforms_own(tmp_path: Path) -> None:
    directories = plugin_directories(tmp_path, {"XDG_DATA_HOME": "/data", "XDG_DATA_DIRS": "/a:/b"})
    assert [Path(f"{parent}/terraform/plugins") for parent in ("/data", "/a", "/b")] == directories[-3:]


def test_a_provider_that_is_still_packed_is_found(tmp_path: Path) -> None:
    provider = tmp_path / "plugins" / "registry.terraform.io" / "hashicorp" / "aws"
    provider.mkdir(parents=True)
    (provider / f"terraform-provider-aws_5.100.0_{PLATFORM}.zip").touch()
    assert trees(tmp_path, tmp_path / "home") == [tmp_path / "plugins"]


def test_a_provider_for_another_platform_does_not_count(tmp_path: Path) -> None:
    put_provider(tmp_path / "plugins", "darwin_arm64")
    assert trees(tmp_path, tmp_path / "home") == []


def test_a_cli_configuration_that_is_missing_is_no_obstacle(tmp_path: Path) -> None:
    present = tmp_path / "terraformrc"
    present.touch()
    assert users_configuration({"TF_CLI_CONFIG_FILE": str(present)}) == present
    assert users_configuration({"TF_CLI_CONFIG_FILE": str(tmp_path / "missing")}) is None
    assert users_configuration({}) is None


@pytest.mark.parametrize(
    "error",
    [
        # Terraform 1.16
        """
        Error: Failed to query available provider packages

        Could not retrieve the list of available versions for provider hashicorp/aws: could not connect to
        registry.example: failed to request discovery document: Get
        "https://registry.example/.well-known/terraform.json": dial tcp: lookup registry.example: no such host
        """,
        # OpenTofu 1.12
        """
        Error: Failed to resolve provider packages

        Could not resolve provider hashicorp/aws: could not connect to registry.example: failed to request discovery
        document: Get "https://registry.example/.well-known/terraform.json": dial tcp: no such host
        """,
    ],
    ids=["Terraform", "OpenTofu"],
)
def test_the_cause_of_a_failed_installation_is_short(error: str) -> None:
    assert cause(error) == "could not connect to registry.example"


def test_an_old_python_is_named_in_one_line(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    # What a Python 3.9 would answer to the two questions that are asked.
    python.write_text('#!/bin/sh\ncase "$2" in *print*) echo 3.9 ;; *) exit 1 ;; esac\n')
    python.chmod(0o755)
    answer = subprocess.run(
        [PROJECT / "set_up" / "set-up"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    assert answer.stderr == "set-up: Python 3.11 or newer is needed; found python3 is 3.9\n"


def test_no_python_at_all_is_said_in_one_line(tmp_path: Path) -> None:
    answer = subprocess.run(
        [PROJECT / "set_up" / "set-up"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    assert answer.stderr == "set-up: Python 3.11 or newer is needed; no python3 runs here\n"
