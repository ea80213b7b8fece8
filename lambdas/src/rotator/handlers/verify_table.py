"""Invoked by the state machine: compares the copy with what was backed up."""

from rotator.state import VerifyTableOutput
from rotator.step import Step, step
from rotator.verification import verify_table


@step("dynamodb")
def handler(step: Step) -> VerifyTableOutput:
    return verify_table(step.invocation, step.clients)
