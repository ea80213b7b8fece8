"""Rules: which tables are rotated, and what their copies and parameters are called."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from rotator.references import expand, replace_all
from rotator.timestamps import to_table_name_suffix


@dataclass(frozen=True)
class Rule:
    """One entry of the module's variable `rules`, which describes the attributes."""

    name: str
    source_pattern: str
    replacement_pattern: str
    ssm_parameter_name: str | None = None
    ssm_parameter_adopt: bool = False
    ssm_parameter_value: Literal["arn", "name"] = "arn"
    exclude_pattern: str | None = None
    restore: Mapping[str, Any] = field(default_factory=dict)
    carry_over: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    before_switch: str | None = None
    verify: bool = True
    keep: int | None = None
    schedule: Mapping[str, str] | None = None

    def matches(self, source_table_name: str) -> bool:
        if self.exclude_pattern is not None and re.search(self.exclude_pattern, source_table_name, re.ASCII):
            return False
        return self._first_match(source_table_name) is not None

    def target_table_name(self, source_table_name: str, time: datetime) -> str:
        """The source table's name with every match replaced, followed by the time of the copy in UTC."""
        replaced = replace_all(self._pattern, source_table_name, self.replacement_pattern)
        return replaced + to_table_name_suffix(time)

    def target_parameter_name(self, source_table_name: str) -> str:
        """The parameter's name, with its references filled in from the first match. Empty where the rule has none."""
        match = self._first_match(source_table_name)
        return expand(match, self.ssm_parameter_name) if match and self.ssm_parameter_name else ""

    def _first_match(self, source_table_name: str) -> re.Match[str] | None:
        return self._pattern.search(source_table_name)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.source_pattern, re.ASCII)
