"""What Terraform says through the environment."""

import json
from datetime import timedelta

import pytest

from rotator import settings
from rotator.errors import MissingSetting
from rotator.rules import Rule
from rotator.settings import RotationSettings, WorkflowSettings

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:rotator"


def test_rules_are_read_as_terraform_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {
        "staging": {"source_pattern": "a", "replacement_pattern": "b", "ssm_parameter_name": None},
        "reporting": {"source_pattern": "c", "replacement_pattern": "d", "ssm_parameter_name": "/e"},
    }
    monkeypatch.setenv(settings.RULES, json.dumps(rules))
    monkeypatch.setenv(settings.STATE_MACHINE_ARN, MACHINE)

    assert WorkflowSettings.from_env() == WorkflowSettings(
        rules=(Rule("reporting", "c", "d", "/e"), Rule("staging", "a", "b", None)), state_machine_arn=MACHINE
    )


@pytest.mark.parametrize("missing", [settings.RULES, settings.STATE_MACHINE_ARN])
def test_a_missing_variable_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.RULES, "{}")
    monkeypatch.setenv(settings.STATE_MACHINE_ARN, MACHINE)
    monkeypatch.delenv(missing)

    with pytest.raises(MissingSetting, match=missing):
        WorkflowSettings.from_env()


@pytest.fixture
def rotation_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.MODULE, "rotator")
    monkeypatch.setenv(settings.TIMEOUT_HOURS, "1.5")
    monkeypatch.setenv(settings.RESTORE_ROLE_ARN, "arn:aws:iam::123456789012:role/restore")
    monkeypatch.setenv(settings.NOTIFICATION_TOPIC_ARN, "")
    monkeypatch.setenv(settings.NOTIFY_OF_SUCCESS, "false")


@pytest.mark.usefixtures("rotation_environment")
def test_rotation_settings_are_read_as_terraform_writes_them() -> None:
    assert RotationSettings.from_env() == RotationSettings(
        module="rotator",
        timeout=timedelta(hours=1, minutes=30),
        restore_role_arn="arn:aws:iam::123456789012:role/restore",
        notification_topic_arn=None,
        notify_of_success=False,
    )


@pytest.mark.usefixtures("rotation_environment")
@pytest.mark.parametrize("missing", [settings.MODULE, settings.TIMEOUT_HOURS, settings.RESTORE_ROLE_ARN])
def test_a_missing_variable_of_a_rotation_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(missing)

    with pytest.raises(MissingSetting, match=missing):
        RotationSettings.from_env()
