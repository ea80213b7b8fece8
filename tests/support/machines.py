"""A state machine on moto that rotations are started on, and what was started."""

import json
from typing import Any

from rotator.clients import Clients
from rotator.rules import Rule
from rotator.settings import WorkflowSettings


def settings_with(clients: Clients, *rules: Rule, vault_arns: tuple[str, ...] = ()) -> WorkflowSettings:
    """The settings of `start_workflow`, with a state machine that does nothing."""
    machine = clients.stepfunctions.create_state_machine(
        name="rotator",
        definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/rotator",
    )
    return WorkflowSettings(
        rules=rules,
        state_machine_arn=machine["stateMachineArn"],
        backup_vault_arns=vault_arns,
        search_all_vaults=not vault_arns,
        sweep_days=7,
    )


def started(settings: WorkflowSettings, clients: Clients) -> dict[str, Any]:
    """The input of each execution, by its name."""
    client = clients.stepfunctions
    listed = client.list_executions(stateMachineArn=settings.state_machine_arn)["executions"]
    return {
        execution["name"]: json.loads(client.describe_execution(executionArn=execution["executionArn"])["input"])
        for execution in listed
    }
