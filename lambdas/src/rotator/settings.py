"""What Terraform tells `start_workflow` through its environment."""

import json
import os
from dataclasses import dataclass
from typing import Self

from rotator.errors import MissingSetting
from rotator.rules import Rule

RULES = "RULES"
STATE_MACHINE_ARN = "STATE_MACHINE_ARN"


@dataclass(frozen=True)
class Settings:
    """The rules, in the order of their names, and the state machine that carries them out."""

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


def _required(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise MissingSetting(f"The environment variable {variable} is not set")
    return value
