"""Invoked by the state machine: makes the switch."""

from rotator.parameter import point_parameter_at_table
from rotator.state import UpdateSSMParameterOutput
from rotator.step import Step, step


@step("ssm")
def handler(step: Step) -> UpdateSSMParameterOutput:
    return point_parameter_at_table(step.invocation, step.settings, step.clients)
