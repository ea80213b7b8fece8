"""What docs/evidence.md says of all roles."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
POLICIES = {path.stem: path.read_text() for path in [*ROOT.glob("iam*.tf"), *ROOT.glob("modules/restore-*/iam.tf")]}


def granting(action: str) -> set[str]:
    """The policies that allow an action whose name matches."""
    return {name for name, text in POLICIES.items() if re.search(f'"{action}"', text)}


def test_no_role_may_change_or_delete_a_backup() -> None:
    assert granting("backup:Start\\w+") == {"iam_restore_backup"}
    assert granting(r"backup:(\*|Delete\w*|Disassociate\w*|Stop\w*|Update\w*|PutBackup\w*)") == set()
    assert granting(r"dynamodb:(\*|DeleteBackup|DeleteTableReplica)") == set()


def test_only_those_who_fill_copies_may_write_items() -> None:
    assert granting(r"dynamodb:(PutItem|UpdateItem|DeleteItem|BatchWriteItem)") == {
        "iam_restore_backup",
        "iam_restore_job",
    }
