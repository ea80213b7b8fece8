"""The README lists every input and output of a module, each error that ends a rotation, and what one costs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rotator import errors

ROOT = Path(__file__).parents[2]


# These do not end a rotation, or have no user who could do something about them.
NOT_FOR_USERS = {"RotationError", "MissingSetting", "NotYet", "TemporaryFailure", "VerdictRefused"}


def section(heading: str, folder: Path = ROOT) -> str:
    return re.split(r"\n##+ ", (folder / "README.md").read_text().split(f"## {heading}\n")[1])[0]


def listed(heading: str, folder: Path) -> list[str]:
    first_cells = re.findall(r"^\| (`.*?) \|", section(heading, folder), re.MULTILINE)
    return [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)]


@pytest.mark.parametrize(
    "folder",
    [ROOT, ROOT / "modules/forward-copies", ROOT / "modules/restore-test-validator"],
    ids=["rotator", "forward-copies", "restore-test-validator"],
)
@pytest.mark.parametrize(
    ("heading", "block", "file"), [("Inputs", "variable", "variables.tf"), ("Outputs", "output", "outputs.tf")]
)
def test_each_input_and_output_is_listed_in_order(heading: str, block: str, file: str, folder: Path) -> None:
    declared = re.findall(rf'^{block} "(\w+)"', (folder / file).read_text(), re.MULTILINE)

    assert listed(heading, folder) == declared


def test_each_error_that_ends_a_rotation_is_listed() -> None:
    ours = {name for name, value in vars(errors).items() if isinstance(value, type)}
    last_cells = re.findall(r"\| ([^|]+) \|$", section("When things go wrong"), re.MULTILINE)

    assert {*re.findall(r"`(\w+)`", " ".join(last_cells))} == ours - NOT_FOR_USERS


def test_what_a_rotation_costs_is_what_the_benchmark_counts() -> None:
    rows = re.findall(r"^\| (\d+ \w+) \| (\d+) \| about (\d+) \|$", section("What it costs"), re.MULTILINE)
    simulation = subprocess.run(
        [sys.executable, ROOT / "benchmarks/polling.py"], capture_output=True, text=True, check=True
    )
    counted = re.findall(r"^ +(\d+ \w+) +\d+ s +(\d+) +\d+ +(\d+) +\d+$", simulation.stdout, re.MULTILINE)

    assert len(rows) == 4
    assert {*rows} <= {(length, polls, str(5 * round(int(transitions) / 5))) for length, polls, transitions in counted}
