"""Events about recovery points that were copied to a vault. Those about backups are among the samples."""

from datetime import UTC, datetime
from typing import Any

import pytest

from rotator.clients import Clients
from rotator.errors import TemporaryFailure
from rotator.rules import Rule
from rotator.workflow import start_rotations
from tests.support.machines import settings_with, started
from tests.support.vaults import VAULT_ARN, Vaults, described

PRODUCTION = "111122223333"
PRODUCTION_VAULT_ARN = f"arn:aws:backup:us-east-1:{PRODUCTION}:backup-vault:production"
BACKED_UP_AT = datetime(2026, 11, 20, 2, 7, tzinfo=UTC)
COPIED = described("copied", "orders", BACKED_UP_AT, account=PRODUCTION)
RULE = Rule("staging", ".*", "$0-staging")


def copied(source_vault_arn: str = PRODUCTION_VAULT_ARN) -> dict[str, Any]:
    """What production's account forwards, days after the backup."""
    return {
        "source": "aws.backup",
        "detail-type": "Copy Job State Change",
        "account": PRODUCTION,
        "resources": [f"arn:aws:backup:us-east-1:{PRODUCTION}:recovery-point:original"],
        "detail": {
            "copyJobId": "0175DE71-5784-589F-D8AC-541ACCB4CAC8",
            "creationDate": "2026-11-23T22:06:27.234Z",
            "resourceArn": COPIED["ResourceArn"],
            "resourceType": "DynamoDB",
            "state": "COMPLETED",
            "sourceBackupVaultArn": source_vault_arn,
            "destinationBackupVaultArn": VAULT_ARN,
            "destinationRecoveryPointArn": COPIED["RecoveryPointArn"],
        },
    }


def test_a_copied_recovery_point_is_rotated_as_of_its_backup(clients: Clients) -> None:
    Vaults(clients, [COPIED])
    settings = settings_with(clients, RULE, vault_arns=(VAULT_ARN,))

    start_rotations(copied(), settings, clients)

    state = started(settings, clients)["staging-copied"]
    assert state["TargetTableName"] == "orders-staging-20261120-02-07-00"
    assert state["BackupVaultArn"] == VAULT_ARN
    assert state["BackupSnsMessage"] == {
        "StatusMessage": "",
        "RecoveryPointArn": COPIED["RecoveryPointArn"],
        "BackedUpResourceArn": f"arn:aws:dynamodb:us-east-1:{PRODUCTION}:table/orders",
        "BackupJobID": "",
        "StartTime": "2026-11-20T02:07:00.000Z",
    }


@pytest.mark.parametrize("status", ["COMPLETED", "AVAILABLE"])
def test_a_copied_recovery_point_is_rotated_whichever_status_says_that_it_is_complete(
    status: str, clients: Clients
) -> None:
    Vaults(clients, [COPIED | {"Status": status}])
    settings = settings_with(clients, RULE, vault_arns=(VAULT_ARN,))

    start_rotations(copied(), settings, clients)

    assert [*started(settings, clients)] == ["staging-copied"]


def test_a_copy_to_a_vault_that_is_not_configured_costs_no_call(clients: Clients) -> None:
    vaults = Vaults(clients, [COPIED])
    settings = settings_with(clients, RULE, vault_arns=(f"{VAULT_ARN}-2",))

    assert start_rotations(copied(), settings, clients) == {"Rotations": []}
    assert vaults.requests == []


def test_a_copy_between_configured_vaults_is_not_rotated_again_and_costs_no_call(clients: Clients) -> None:
    original_vault_arn = f"{VAULT_ARN}-2"
    vaults = Vaults(clients, [COPIED])
    settings = settings_with(clients, RULE, vault_arns=(VAULT_ARN, original_vault_arn))

    assert start_rotations(copied(original_vault_arn), settings, clients) == {"Rotations": []}
    assert vaults.requests == []


def test_a_copy_that_comes_from_a_configured_vault_by_way_of_another_is_not_rotated_again(clients: Clients) -> None:
    original_vault_arn = f"{VAULT_ARN}-2"
    Vaults(clients, [COPIED | {"SourceBackupVaultArn": original_vault_arn}])
    settings = settings_with(clients, RULE, vault_arns=(VAULT_ARN, original_vault_arn))

    assert start_rotations(copied(), settings, clients) == {"Rotations": []}


def test_a_recovery_point_that_is_not_visible_yet_is_tried_again(clients: Clients) -> None:
    Vaults(clients, [])
    settings = settings_with(clients, RULE, vault_arns=(VAULT_ARN,))

    with pytest.raises(
        TemporaryFailure, match=r"recovery-point:copied is not visible, or not complete, in the vault arn:.*:vault "
    ):
        start_rotations(copied(), settings, clients)
