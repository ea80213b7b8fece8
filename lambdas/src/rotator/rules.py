"""Rules: which tables are rotated, and what their copies and parameters are called."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from rotator.references import expand, replace_all
from rotator.timestamps import TABLE_NAME_SUFFIX_PATTERN, to_table_name_suffix


@dataclass(frozen=True)
class Rule:
    """One entry of the module's variable `rules`, which describes the attributes."""

    name: str
    source_pattern: str
    replacement_pattern: str
    ssm_parameter_name: str | None = None
    restore: Mapping[str, Any] = field(default_factory=dict)
    carry_over: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    before_switch: str | None = None
    verify: bool = True
    keep: int | None = None

    def matches(self, source_table_name: str) -> bool:
        return self._first_match(source_table_name) is not None

    def would_copy_a_copy(self, source_table_name: str) -> bool:
        """Whether the target's name would carry two timestamps, because a backup plan and the pattern cover copies.

        The number of tables would double with each backup.
        """
        return re.search(f"{TABLE_NAME_SUFFIX_PATTERN}$", self._replaced(source_table_name)) is not None

    def target_table_name(self, source_table_name: str, backup_start_time: datetime) -> str:
        """The source table's name with every match replaced, followed by the start time of the backup in UTC."""
        return self._replaced(source_table_name) + to_table_name_suffix(backup_start_time)

    def target_parameter_name(self, source_table_name: str) -> str:
        """The parameter's name, with its references filled in from the first match. Empty where the rule has none."""
        match = self._first_match(source_table_name)
        return expand(match, self.ssm_parameter_name) if match and self.ssm_parameter_name else ""

    def _replaced(self, source_table_name: str) -> str:
        return replace_all(self._pattern, source_table_name, self.replacement_pattern)

    def _first_match(self, source_table_name: str) -> re.Match[str] | None:
        return self._pattern.search(source_table_name)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.source_pattern, re.ASCII)
