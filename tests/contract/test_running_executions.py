"""Functions of this version serve executions that were started with an earlier definition.

An upgrade replaces the functions at once, while an execution keeps its input and its definition until it ends, redrives
included. `recorded` holds what the state machine passed to a function, and what it selected from the result. Add a
recording when a shape changes; never change one.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from rotator.carry_over.settings import carry_over_settings
from rotator.clients import Clients
from rotator.configure.table import configure_table
from rotator.errors import NotYet
from rotator.parameter import point_parameter_at_table
from rotator.restore.start import start_restore
from rotator.restore.status import check_restore_status
from rotator.retention import delete_old_tables
from rotator.state import missing_keys
from rotator.verification import verify_table
from tests.support.rotations import SETTINGS

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))
ENOUGH_ATTEMPTS = 5

FUNCTIONS: dict[str, Callable[[Any, Clients], Any]] = {
    "Start Restore": lambda invocation, clients: start_restore(invocation, SETTINGS, clients),
    "Start Restore Job": lambda invocation, clients: start_restore(invocation, SETTINGS, clients),
    "Check Restore Status": lambda invocation, clients: check_restore_status(invocation, SETTINGS, clients),
    "Configure Table": configure_table,
    "Carry Over Settings": carry_over_settings,
    "Verify Table": verify_table,
    "Update SSM Parameter": lambda invocation, clients: point_parameter_at_table(invocation, SETTINGS, clients),
    "Delete Old Tables": lambda invocation, clients: delete_old_tables(invocation, SETTINGS, clients),
}


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_a_function_serves_an_execution_that_was_started_before_an_upgrade(file: Path, clients: Clients) -> None:
    recorded = json.loads(file.read_text())
    invocation = tables_exist_for(recorded["StateName"], recorded["Payload"], clients)

    output = result_of(FUNCTIONS[recorded["StateName"]], invocation, clients)

    assert {*recorded["Selected"]} <= {*output}


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_an_execution_that_was_started_before_an_upgrade_is_still_a_rotation(file: Path) -> None:
    assert missing_keys(json.loads(file.read_text())["Payload"]["State"]) == []


def test_each_function_of_the_state_machine_is_recorded() -> None:
    assert {json.loads(file.read_text())["StateName"] for file in RECORDED} == {*FUNCTIONS}


def tables_exist_for(state_name: str, invocation: Any, clients: Clients) -> Any:  # noqa: ANN401
    """Makes source table, backup and copy, and gives the invocation the ARN of that backup."""
    state = invocation["State"]
    message = state["BackupSnsMessage"]
    source = message["BackedUpResourceArn"].rpartition("/")[2]
    make_table(source, clients)
    if state["RecoveryPointKind"] == "native":
        backup = clients.dynamodb.create_backup(TableName=source, BackupName="backup")["BackupDetails"]["BackupArn"]
        invocation = json.loads(json.dumps(invocation).replace(message["RecoveryPointArn"], backup))
    if not state_name.startswith("Start Restore"):
        make_table(state["TargetTableName"], clients)
    return invocation


def make_table(name: str, clients: Clients) -> None:
    clients.dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    clients.dynamodb.put_item(TableName=name, Item={"id": {"S": "1"}})


def result_of(function: Callable[[Any, Clients], Any], invocation: Any, clients: Clients) -> dict[str, Any]:  # noqa: ANN401
    """What the function returns, retried as the state machine does. moto has no restore jobs."""
    with Stubber(clients.backup) as backup:
        if "BackupVaultArn" in invocation["State"]:
            source_table_arn = invocation["State"]["BackupSnsMessage"]["BackedUpResourceArn"]
            backup.add_response("describe_recovery_point", {"ResourceArn": source_table_arn})
        else:
            backup.add_response("list_backup_vaults", {"BackupVaultList": []})
        backup.add_response("start_restore_job", {"RestoreJobId": "job"})
        for _ in range(ENOUGH_ATTEMPTS):
            try:
                return dict(function(invocation, clients))
            except NotYet:
                continue
    raise AssertionError("The function never gets done")
