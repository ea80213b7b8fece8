"""Protection against deletion.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html
"""

from rotator.tables import Tables


def carry_over_deletion_protection(tables: Tables) -> bool:
    if not tables.source.get("DeletionProtectionEnabled"):
        return False
    if not tables.target.get("DeletionProtectionEnabled"):
        tables.update_target(DeletionProtectionEnabled=True)
    return True
