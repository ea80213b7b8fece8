"""Invoked by the state machine: checks the progress of the restore."""

from rotator.restore.status import check_restore_status
from rotator.state import DescribeTableOutput
from rotator.step import Step, step


@step("dynamodb")
def handler(step: Step) -> DescribeTableOutput:
    return check_restore_status(step.invocation, step.settings, step.clients)
