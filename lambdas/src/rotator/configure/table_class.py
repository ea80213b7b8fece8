"""The table class: a restored table is of class STANDARD.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.TableClasses.html
"""

from typing import Any

from rotator.tables import Tables
from rotator.unknown_members import completely_known, member

_STANDARD = "STANDARD"


def carry_over_table_class(tables: Tables) -> bool:
    wanted = _table_class(tables.source)
    if _table_class(tables.target) != wanted:
        tables.update_target(TableClass=wanted)
    return wanted != _STANDARD


def _table_class(table: dict[str, Any]) -> str:
    return str(completely_known(member(table, "TableClassSummary")).get("TableClass", _STANDARD))
