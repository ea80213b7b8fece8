"""Invoked by the state machine after the hook: carries over what lets data out of the copy, or deletes it."""

from rotator.carry_over.settings import carry_over_settings
from rotator.state import CarryOverSettingsOutput
from rotator.step import Step, step


@step("dynamodb")
def handler(step: Step) -> CarryOverSettingsOutput:
    return carry_over_settings(step.invocation, step.clients)
