"""Invoked by the state machine before the hook: gives the copy its shape."""

from rotator.configure.table import configure_table
from rotator.state import ConfigureTableOutput
from rotator.step import Step, step


@step("dynamodb")
def handler(step: Step) -> ConfigureTableOutput:
    return configure_table(step.invocation, step.clients)
