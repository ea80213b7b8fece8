"""What Terraform says through the environment."""

import json

import pytest

from rotator.errors import MissingSetting
from rotator.rules import Rule
from rotator.settings import RULES, STATE_MACHINE_ARN, Settings

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:rotator"


def test_rules_are_read_as_terraform_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {
        "staging": {"source_pattern": "a", "replacement_pattern": "b", "ssm_parameter_name": None},
        "reporting": {"source_pattern": "c", "replacement_pattern": "d", "ssm_parameter_name": "/e"},
    }
    monkeypatch.setenv(RULES, json.dumps(rules))
    monkeypatch.setenv(STATE_MACHINE_ARN, MACHINE)

    assert Settings.from_env() == Settings(
        rules=(Rule("reporting", "c", "d", "/e"), Rule("staging", "a", "b", None)), state_machine_arn=MACHINE
    )


@pytest.mark.parametrize("missing", [RULES, STATE_MACHINE_ARN])
def test_a_missing_variable_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RULES, "{}")
    monkeypatch.setenv(STATE_MACHINE_ARN, MACHINE)
    monkeypatch.delenv(missing)

    with pytest.raises(MissingSetting, match=missing):
        Settings.from_env()
