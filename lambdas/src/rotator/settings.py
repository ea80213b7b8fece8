"""What Terraform passes to the functions through their environment."""

import base64
import gzip
import json
import os
from dataclasses import dataclass
from typing import Self

from rotator.arns import place_of
from rotator.errors import MissingSetting
from rotator.rules import Rule

RULES = "RULES"
STATE_MACHINE_ARN = "STATE_MACHINE_ARN"
BACKUP_VAULT_ARNS = "BACKUP_VAULT_ARNS"
SEARCH_ALL_VAULTS = "SEARCH_ALL_VAULTS"
SWEEP_DAYS = "SWEEP_DAYS"
MODULE = "MODULE"
RESTORE_ROLE_ARN = "RESTORE_ROLE_ARN"
NOTIFICATION_TOPIC_ARN = "NOTIFICATION_TOPIC_ARN"
NOTIFY_OF_SUCCESS = "NOTIFY_OF_SUCCESS"
START_WORKFLOW_FUNCTION = "START_WORKFLOW_FUNCTION"
UPDATE_SSM_PARAMETER_FUNCTION = "UPDATE_SSM_PARAMETER_FUNCTION"


@dataclass(frozen=True)
class WorkflowSettings:
    """For `start_workflow`: the rules by name, the state machine for the rotations, and where recovery points are.

    A topic announces recovery points in any vault. So with one, a refresh searches all vaults of account and Region.
    """

    rules: tuple[Rule, ...]
    state_machine_arn: str
    backup_vault_arns: tuple[str, ...]
    search_all_vaults: bool
    sweep_days: int

    @property
    def account(self) -> str:
        """The id of the module's account."""
        return place_of(self.state_machine_arn).account

    @classmethod
    def from_env(cls) -> Self:
        """Reads the environment.

        `RULES` is a JSON object from rule name to the attributes of `Rule`, compressed, and `BACKUP_VAULT_ARNS` is
        separated by commas. Raises `MissingSetting` with the variable's name.
        """
        rules = json.loads(gzip.decompress(base64.b64decode(required(RULES))))
        return cls(
            rules=tuple(Rule(name=name, **attributes) for name, attributes in sorted(rules.items())),
            state_machine_arn=required(STATE_MACHINE_ARN),
            backup_vault_arns=tuple(filter(None, os.environ.get(BACKUP_VAULT_ARNS, "").split(","))),
            search_all_vaults=required(SEARCH_ALL_VAULTS) == "true",
            sweep_days=int(required(SWEEP_DAYS)),
        )


@dataclass(frozen=True)
class RotationSettings:
    """For the functions of the state machine: the module's name, and the role that AWS Backup restores with."""

    module: str
    restore_role_arn: str

    @classmethod
    def from_env(cls) -> Self:
        """Reads the environment. Raises `MissingSetting` with the variable's name."""
        return cls(module=required(MODULE), restore_role_arn=required(RESTORE_ROLE_ARN))


@dataclass(frozen=True)
class ReportSettings:
    """For `report_result`: what to report, where, and the functions that people invoke."""

    notification_topic_arn: str | None
    notify_of_success: bool
    start_workflow_function: str
    update_ssm_parameter_function: str

    @classmethod
    def from_env(cls) -> Self:
        """Reads the environment. Raises `MissingSetting` with the variable's name."""
        return cls(
            notification_topic_arn=os.environ.get(NOTIFICATION_TOPIC_ARN) or None,
            notify_of_success=os.environ.get(NOTIFY_OF_SUCCESS) == "true",
            start_workflow_function=required(START_WORKFLOW_FUNCTION),
            update_ssm_parameter_function=required(UPDATE_SSM_PARAMETER_FUNCTION),
        )


def required(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise MissingSetting(f"The environment variable {variable} is not set")
    return value
