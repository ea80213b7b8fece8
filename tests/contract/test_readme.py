"""The README of a module has tables of its inputs and outputs, and docs/ list each error that ends a rotation."""

import re
from pathlib import Path

import hcl2
import pytest

from documentation.reference import BEGIN, Undescribed, with_tables
from masking import errors as masking_errors
from masking.rules import METHODS
from rotator import errors
from rotator.errors import RotationError

ROOT = Path(__file__).parents[2]
MODULES = [ROOT, *sorted(file.parent for file in ROOT.glob("modules/*/variables.tf"))]


# These do not end a rotation, or have no user who could do something about them.
NOT_FOR_USERS = {"RotationError", "MissingSetting", "VerdictRefused"}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_each_public_module_has_current_tables_of_its_inputs_and_outputs(module: Path) -> None:
    page = (module / "README.md").read_text()

    if "\nPrivate: " not in page:
        assert page.count(BEGIN) == 2
        assert with_tables(page, module) == page, "run `make docs`"


def test_a_description_lists_the_attributes_of_an_object(tmp_path: Path) -> None:
    variables = (ROOT / "variables.tf").read_text()
    (tmp_path / "variables.tf").write_text(variables.replace("    - `exclude_pattern`: ", "    - `excluded_pattern`: "))

    with pytest.raises(Undescribed, match=r"rules lists source_pattern, excluded_pattern, .* exclude_pattern"):
        with_tables((ROOT / "README.md").read_text(), tmp_path)


def test_each_example_has_a_readme() -> None:
    examples = [example for example in (ROOT / "examples").iterdir() if example.is_dir()]

    assert [example.name for example in examples if not (example / "README.md").is_file()] == []


def test_each_error_that_ends_a_rotation_is_listed() -> None:
    ours = {name for name, value in vars(errors).items() if isinstance(value, type)}
    page = (ROOT / "docs" / "when-things-go-wrong.md").read_text()
    last_cells = re.findall(r"\| ([^|]+) \|$", page, re.MULTILINE)

    assert {*re.findall(r"`(\w+)`", " ".join(last_cells))} == ours - NOT_FOR_USERS


def test_each_error_that_ends_a_masking_is_listed() -> None:
    ours = {
        name for name, value in vars(masking_errors).items() if isinstance(value, type) and value is not RotationError
    }
    last_cells = re.findall(r"\| ([^|]+) \|$", section_of_masking("When masking fails"), re.MULTILINE)

    assert {*re.findall(r"`(\w+)`", " ".join(last_cells))} == ours


def test_each_method_of_masking_is_listed() -> None:
    assert tuple(re.findall(r"^\| `(\w+)` \|", section_of_masking("Methods"), re.MULTILINE)) == METHODS


def section_of_masking(heading: str) -> str:
    page = (ROOT / "modules" / "masking" / "README.md").read_text()
    return re.split(r"\n##+ ", page.split(f"\n## {heading}\n")[1])[0]


def rows(text: str) -> set[str]:
    return set(re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE))


def test_usage_names_what_there_is() -> None:
    inputs, attributes = (ROOT / "README.md").read_text().split("## Inputs\n")[1].split("Attributes of `rules`:")
    pages = [page.read_text() for page in (ROOT / "README.md", *ROOT.glob("docs/*.md"))]
    blocks = [hcl2.loads(block) for page in pages for block in re.findall(r"```hcl\n(.*?)```", page, re.DOTALL)]
    modules = [module['"rotator"'] for block in blocks for module in block.get("module", []) if '"rotator"' in module]
    rules = [rule for module in modules for rule in module["rules"].values()]
    rules += [value for block in blocks for value in block.values() if "source_pattern" in value]

    assert len(modules) == 2
    assert {key for module in modules for key in module if not key.startswith("__")} <= rows(inputs) | {"source"}
    assert len(rules) > len(modules)
    assert {key for rule in rules for key in rule if not key.startswith("__")} <= rows(attributes)
