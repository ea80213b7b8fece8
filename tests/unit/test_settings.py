"""What Terraform passes through the environment."""

import base64
import gzip
import json
from typing import Any

import pytest

from rotator import settings
from rotator.errors import MissingSetting
from rotator.rules import Rule
from rotator.settings import ReportSettings, RotationSettings, WorkflowSettings

VAULT = "arn:aws:backup:us-east-1:123456789012:backup-vault:vault"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:rotator"


def compressed(rules: dict[str, Any]) -> str:
    """As base64gzip(jsonencode(...)) of Terraform."""
    return base64.b64encode(gzip.compress(json.dumps(rules).encode())).decode()


def test_rules_are_read_as_terraform_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {
        "staging": {"source_pattern": "a", "replacement_pattern": "b", "ssm_parameter_name": None},
        "reporting": {"source_pattern": "c", "replacement_pattern": "d", "ssm_parameter_name": "/e"},
    }
    monkeypatch.setenv(settings.RULES, compressed(rules))
    monkeypatch.setenv(settings.STATE_MACHINE_ARN, MACHINE)
    monkeypatch.setenv(settings.BACKUP_VAULT_ARNS, f"{VAULT}-1,{VAULT}-2")
    monkeypatch.setenv(settings.SEARCH_ALL_VAULTS, "false")
    monkeypatch.setenv(settings.SWEEP_DAYS, "7")

    assert WorkflowSettings.from_env() == WorkflowSettings(
        rules=(Rule("reporting", "c", "d", "/e"), Rule("staging", "a", "b", None)),
        state_machine_arn=MACHINE,
        backup_vault_arns=(f"{VAULT}-1", f"{VAULT}-2"),
        search_all_vaults=False,
        sweep_days=7,
    )


def test_a_module_without_vaults_searches_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.RULES, compressed({}))
    monkeypatch.setenv(settings.STATE_MACHINE_ARN, MACHINE)
    monkeypatch.setenv(settings.BACKUP_VAULT_ARNS, "")
    monkeypatch.setenv(settings.SEARCH_ALL_VAULTS, "true")
    monkeypatch.setenv(settings.SWEEP_DAYS, "7")

    read = WorkflowSettings.from_env()
    assert (read.backup_vault_arns, read.search_all_vaults) == ((), True)


@pytest.mark.parametrize(
    "missing", [settings.RULES, settings.STATE_MACHINE_ARN, settings.SEARCH_ALL_VAULTS, settings.SWEEP_DAYS]
)
def test_a_missing_variable_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.RULES, compressed({}))
    monkeypatch.setenv(settings.STATE_MACHINE_ARN, MACHINE)
    monkeypatch.setenv(settings.SEARCH_ALL_VAULTS, "false")
    monkeypatch.setenv(settings.SWEEP_DAYS, "7")
    monkeypatch.delenv(missing)

    with pytest.raises(MissingSetting, match=missing):
        WorkflowSettings.from_env()


@pytest.fixture
def rotation_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.MODULE, "rotator")
    monkeypatch.setenv(settings.RESTORE_ROLE_ARN, "arn:aws:iam::123456789012:role/restore")


@pytest.mark.usefixtures("rotation_environment")
def test_rotation_settings_are_read_as_terraform_writes_them() -> None:
    assert RotationSettings.from_env() == RotationSettings(
        module="rotator",
        restore_role_arn="arn:aws:iam::123456789012:role/restore",
    )


@pytest.mark.usefixtures("rotation_environment")
@pytest.mark.parametrize("missing", [settings.MODULE, settings.RESTORE_ROLE_ARN])
def test_a_missing_variable_of_a_rotation_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(missing)

    with pytest.raises(MissingSetting, match=missing):
        RotationSettings.from_env()


@pytest.mark.parametrize(
    ("topic", "of_success", "expected"),
    [
        ("", "false", ReportSettings(None, False, "start", "update")),
        ("topic", "true", ReportSettings("topic", True, "start", "update")),
    ],
)
def test_report_settings_are_read_as_terraform_writes_them(
    topic: str, of_success: str, expected: ReportSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.NOTIFICATION_TOPIC_ARN, topic)
    monkeypatch.setenv(settings.NOTIFY_OF_SUCCESS, of_success)
    monkeypatch.setenv(settings.START_WORKFLOW_FUNCTION, "start")
    monkeypatch.setenv(settings.UPDATE_SSM_PARAMETER_FUNCTION, "update")

    assert ReportSettings.from_env() == expected


@pytest.mark.parametrize("missing", [settings.START_WORKFLOW_FUNCTION, settings.UPDATE_SSM_PARAMETER_FUNCTION])
def test_a_missing_variable_of_the_report_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.START_WORKFLOW_FUNCTION, "start")
    monkeypatch.setenv(settings.UPDATE_SSM_PARAMETER_FUNCTION, "update")
    monkeypatch.delenv(missing)

    with pytest.raises(MissingSetting, match=missing):
        ReportSettings.from_env()
