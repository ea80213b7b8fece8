"""Invoked by the state machine: makes the switch. Invoked by hand: rolls a parameter back, or releases it."""

from rotator.parameter import point_parameter_at_table
from rotator.rollback import roll_back_or_release
from rotator.state import UpdateSSMParameterOutput
from rotator.step import Step, step


@step("ssm", by_hand=roll_back_or_release)
def handler(step: Step) -> UpdateSSMParameterOutput:
    return point_parameter_at_table(step.invocation, step.settings, step.clients)
