"""Variables that several modules have mean the same in each: Terraform cannot share a declaration between modules."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hcl2
import pytest

ROOT = Path(__file__).parents[2]
MODULES = [
    ROOT,
    *(page.parent for page in sorted(ROOT.glob("modules/*/README.md")) if "\nPrivate: " not in page.read_text()),
]

# A default and a length of its own for each module.
NAME = "name"
# What they encrypt differs, and with it who has to be able to use them.
KEYS = {"kms_key_arn", "table_kms_key_arns"}
# It does not ask which account it is used in, because it needs to know of no other variable.
WITHOUT_ACCOUNT = ("permissions_boundary", "forward-copies")

Block = Mapping[str, Any]


def blocks(module: Path, kind: str) -> dict[str, Block]:
    return {
        name.strip('"'): body
        for file in sorted(module.glob("*.tf"))
        for block in hcl2.loads(file.read_text()).get(kind, [])
        for name, body in block.items()
    }


def meaning(name: str, variable: Block, locals_: Block, *, with_description: bool) -> str:
    """What is declared, with what the locals stand for, whether the module has one function and role, or several."""
    said = {key: value for key, value in variable.items() if key != "description" or with_description}
    text = re.sub(r"local\.(log_retention_days|key_arn_pattern)\b", lambda local: str(locals_[local[1]]), str(said))
    for several, one in {"all roles": "the role", "functions": "function", "they must": "it must"}.items():
        text = text.replace(several, one)
    return re.sub(r"the APIs of .*?, through", "the APIs, through", text) if name == "vpc_config" else text


VARIABLES = {module.name: blocks(module, "variable") for module in MODULES}
LOCALS = {module.name: blocks(module, "locals") for module in MODULES}
COMMON = sorted(
    name
    for name in {name for variables in VARIABLES.values() for name in variables} - {NAME}
    if sum(name in variables for variables in VARIABLES.values()) > 1
)


@pytest.mark.parametrize("name", COMMON)
def test_a_common_variable_is_declared_the_same_in_each_module(name: str) -> None:
    declared = {
        module: meaning(name, variables[name], LOCALS[module], with_description=name not in KEYS)
        for module, variables in VARIABLES.items()
        if name in variables and (name, module) != WITHOUT_ACCOUNT
    }

    assert len(declared) > 1
    assert len({*declared.values()}) == 1, json.dumps(declared, indent=2)


def test_there_are_common_variables() -> None:
    assert {"architecture", "role_path", "tags", "vpc_config"} <= {*COMMON}
