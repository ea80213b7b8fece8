"""What CloudWatch extracts metrics from."""

import json

import pytest

from rotator.metrics import put_switch_metrics
from tests.support.rotations import EXECUTION_ARN, invocation


def test_a_value_names_its_rotation(capsys: pytest.CaptureFixture[str]) -> None:
    put_switch_metrics(invocation(), left_at_later_copy=True, left_held=False)

    line = json.loads(capsys.readouterr().out)
    assert line["LeftAtLaterCopy"] == [1.0]
    assert line["rule"] == "staging"
    assert line["rotation"] == EXECUTION_ARN.rpartition(":")[2]
