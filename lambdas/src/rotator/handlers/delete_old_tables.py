"""Invoked by the state machine: deletes the oldest copies of the source table."""

from rotator.retention import delete_old_tables
from rotator.state import DeleteOldTablesOutput
from rotator.step import Step, step


@step("dynamodb")
def handler(step: Step) -> DeleteOldTablesOutput:
    return delete_old_tables(step.invocation, step.settings, step.clients)
