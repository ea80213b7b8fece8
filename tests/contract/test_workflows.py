"""What GitHub runs: pinned, and with the versions that the module says it supports."""

import re
import tomllib
from pathlib import Path

from set_up.terraform_provider import NEEDED

ROOT = Path(__file__).parents[2]
WORKFLOWS = {file.name: file.read_text() for file in (ROOT / ".github" / "workflows").glob("*.yml")}
PYTHON = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")


def test_each_action_is_pinned_by_commit_with_its_version() -> None:
    used = [line for text in WORKFLOWS.values() for line in re.findall(r"uses: (.+)", text)]
    actions = [line for line in used if not line.startswith("./")]

    assert actions
    assert [line for line in actions if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+", line)] == []


def test_an_action_has_one_commit() -> None:
    pins = {pin for text in WORKFLOWS.values() for pin in re.findall(r"uses: ([\w-]+/[\w-]+@\w+)", text)}

    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


def test_the_oldest_versions_that_the_module_and_its_tests_need_are_run() -> None:
    versions = (ROOT / "versions.tf").read_text()
    (tool,) = re.findall(r'required_version = ">= ([\d.]+)"', versions)
    (provider,) = re.findall(r' version = ">= ([\d.]+)"', versions)
    workflow = WORKFLOWS["test.yml"]

    for key, oldest in {"terraform": tool, "tofu": tool, "provider": provider}.items():
        assert re.search(rf'{key}: \["{re.escape(oldest)}\.0", ', workflow), key
    assert 'python: "{}", terraform: "{}.{}.0"'.format(PYTHON, *NEEDED) in workflow


def test_each_page_names_the_oldest_versions_that_the_module_and_its_tests_need() -> None:
    (tool,) = re.findall(r'required_version = ">= ([\d.]+)"', (ROOT / "versions.tf").read_text())
    needed = {"Terraform": {tool, "{}.{}".format(*NEEDED)}, "OpenTofu": {tool}, "Python": {PYTHON}}
    pages = [*ROOT.glob("*.md"), *ROOT.glob("[!.]*/**/*.md"), ROOT / "set_up" / "set-up"]
    named = [
        (page.name, *found)
        for page in pages
        for found in re.findall(r"\b(Terraform|OpenTofu|Python) ([\d.]+) or newer", page.read_text())
    ]

    assert {name for _, name, _ in named} == needed.keys()
    assert [one for one in named if one[2] not in needed[one[1]]] == []
