"""What Terraform tells the functions through their environment."""

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from rotator.errors import MissingSetting
from rotator.rules import Rule

RULES = "RULES"
STATE_MACHINE_ARN = "STATE_MACHINE_ARN"
MODULE = "MODULE"
TIMEOUT_HOURS = "TIMEOUT_HOURS"
RESTORE_ROLE_ARN = "RESTORE_ROLE_ARN"
NOTIFICATION_TOPIC_ARN = "NOTIFICATION_TOPIC_ARN"
NOTIFY_OF_SUCCESS = "NOTIFY_OF_SUCCESS"


@dataclass(frozen=True)
class WorkflowSettings:
    """For `start_workflow`: the rules, in the order of their names, and the state machine that carries them out."""

    rules: tuple[Rule, ...]
    state_machine_arn: str

    @classmethod
    def from_env(cls) -> Self:
        """Reads the environment; `RULES` is a JSON object from rule name to the attributes of `Rule`.

        Raises `MissingSetting` with the variable's name.
        """
        rules = json.loads(_required(RULES))
        return cls(
            rules=tuple(Rule(name=name, **attributes) for name, attributes in sorted(rules.items())),
            state_machine_arn=_required(STATE_MACHINE_ARN),
        )


@dataclass(frozen=True)
class RotationSettings:
    """For the functions of the state machine: the module's name, how long a rotation may last, whom to tell of what."""

    module: str
    timeout: timedelta
    restore_role_arn: str
    notification_topic_arn: str | None
    notify_of_success: bool

    @classmethod
    def from_env(cls) -> Self:
        """Reads the environment. Raises `MissingSetting` with the variable's name."""
        return cls(
            module=_required(MODULE),
            timeout=timedelta(hours=float(_required(TIMEOUT_HOURS))),
            restore_role_arn=_required(RESTORE_ROLE_ARN),
            notification_topic_arn=os.environ.get(NOTIFICATION_TOPIC_ARN) or None,
            notify_of_success=os.environ.get(NOTIFY_OF_SUCCESS) == "true",
        )


def _required(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise MissingSetting(f"The environment variable {variable} is not set")
    return value
