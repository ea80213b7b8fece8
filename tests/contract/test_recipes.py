"""What the function in docs/recipes.md takes for a switch."""

import json
from typing import Any

import pytest

from tests.support.recipes import code
from tests.support.rotations import TARGET, TARGET_ARN

PARAMETER = "/staging/orders/table-arn"


@pytest.mark.parametrize(
    ("output", "printed"),
    [
        ({"UpdateSSMParameterOutput": {"Value": TARGET_ARN}}, f"{PARAMETER} points at {TARGET_ARN}"),
        ({"UpdateSSMParameterOutput": {"Value": TARGET}}, f"{PARAMETER} points at {TARGET}"),
        ({"UpdateSSMParameterOutput": {"Value": TARGET_ARN.replace("20261123", "20261124")}}, ""),
        ({}, ""),
    ],
    ids=["ARN", "name", "left alone", "no parameter"],
)
def test_a_function_reacts_to_a_switch(
    output: dict[str, Any], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    state = {"Rule": "staging", "TargetTableName": TARGET, "TargetParameterName": PARAMETER, **output}

    module: dict[str, Any] = {}
    exec(code("python", "Reacting to a switch"), module)  # noqa: S102

    module["handler"]({"detail": {"output": json.dumps(state)}}, None)

    assert capsys.readouterr().out.partition(", ")[0] == printed
