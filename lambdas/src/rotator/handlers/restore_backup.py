"""Invoked by the state machine: starts the restore."""

from rotator.restore.start import start_restore
from rotator.state import RestoreTableFromBackupOutput, StartRestoreJobOutput
from rotator.step import Step, step


@step("dynamodb")
def handler(step: Step) -> RestoreTableFromBackupOutput | StartRestoreJobOutput:
    return start_restore(step.invocation, step.settings, step.clients)
