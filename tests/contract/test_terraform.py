"""What every file of Terraform code keeps to, so that each supported version and each linter can read it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    file.relative_to(ROOT)
    for file in ROOT.glob("**/*.tf")
    if not any(part.startswith(".") for part in file.relative_to(ROOT).parts)
)

# Version 6 of the provider deprecates `id` and `name`, and version 5 has no `region`. A function takes what is there.
REGION = 'lookup(data.aws_region.this, "region", lookup(data.aws_region.this, "id", null))'


@pytest.mark.parametrize("name", FILES, ids=str)
def test_the_region_is_read_without_a_warning_by_version_5_and_6_of_the_provider(name: Path) -> None:
    code = (ROOT / name).read_text()

    assert "data.aws_region" not in re.sub(rf"region += {re.escape(REGION)}", "", code)


@pytest.mark.parametrize("name", FILES, ids=str)
def test_no_table_has_an_index_that_some_version_of_the_provider_warns_of_or_rejects(name: Path) -> None:
    # Version 5 requires the hash_key of a global secondary index. Version 6.29 deprecates it, and wants a key_schema.
    assert "global_secondary_index" not in (ROOT / name).read_text()


@pytest.mark.parametrize("name", FILES, ids=str)
def test_no_line_begins_with_a_logical_operator(name: Path) -> None:
    # checkov's parser rejects the whole file.
    lines = (ROOT / name).read_text().splitlines()

    assert [line for line in lines if re.match(r"\s*(?:&&|\|\|)", line)] == []


def test_the_readme_and_every_module_require_the_same_versions() -> None:
    modules = {file: (ROOT / file).read_text() for file in FILES if file.name == "versions.tf"}
    required = {
        (*re.findall(r'required_version = ">= ([\d.]+)"', text), *re.findall(r' version = ">= ([\d.]+)"', text))
        for text in modules.values()
    }
    tool, provider = required.pop()
    readme = (ROOT / "README.md").read_text()

    assert len(modules) > 1
    assert not required
    assert f"- Terraform {tool} or newer, or OpenTofu {tool} or newer." in readme
    assert f"- Version {provider} or newer of the `aws` provider" in readme
