"""The README lists every input and output of the module."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def listed(heading: str) -> list[str]:
    section = (ROOT / "README.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    first_cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)]


@pytest.mark.parametrize(
    ("heading", "block", "file"), [("Inputs", "variable", "variables.tf"), ("Outputs", "output", "outputs.tf")]
)
def test_each_input_and_output_is_listed_in_order(heading: str, block: str, file: str) -> None:
    declared = re.findall(rf'^{block} "(\w+)"', (ROOT / file).read_text(), re.MULTILINE)

    assert listed(heading) == declared
