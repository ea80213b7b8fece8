"""What the functions of the state machine have in common: settings, clients, and log lines that name the rotation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rotator.clients import Clients
from rotator.errors import NotARotation
from rotator.logs import log_about, logger
from rotator.metrics import put_success_metric
from rotator.settings import RotationSettings
from rotator.state import Invocation, RotationState, execution_name, missing_keys

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Step:
    """One invocation of a function by the state machine, and what the function works with."""

    invocation: Invocation
    settings: RotationSettings
    clients: Clients


def step(
    *services: str, by_hand: Callable[[Mapping[str, object], RotationSettings, Clients], object] | None = None
) -> Callable[[Callable[[Step], object]], "Callable[[Invocation, LambdaContext], object]"]:
    """Makes a Lambda handler of a function that takes a `Step`, in a module that is named after the Lambda function.

    `services` are those whose clients every invocation uses. They are made while Lambda starts the function. `by_hand`
    serves invocations without the state of an execution.

    The handler raises `NotARotation`, before it does anything, where somebody started the execution with another input.
    """
    settings = RotationSettings.from_env()
    clients = Clients(*services)

    def decorate(run: Callable[[Step], object]) -> "Callable[[Invocation, LambdaContext], object]":
        function = run.__module__.rpartition(".")[2]

        @logger.inject_lambda_context(clear_state=True)
        def handler(invocation: Invocation, _context: "LambdaContext") -> object:
            if by_hand and "State" not in invocation:
                return by_hand(invocation, settings, clients)
            _check_rotation(invocation)
            log_about(execution_name(invocation["Execution"]["Id"]), invocation["State"]["Rule"])
            output = run(Step(invocation, settings, clients))
            if function == last_function(invocation["State"]):
                put_success_metric(invocation)
            return output

        return handler

    return decorate


def last_function(state: RotationState) -> str:
    """The last function that the state machine invokes in a rotation that succeeds.

    Which one that is depends on the rule: a state of its own, only for a metric, would be one more that can fail.
    """
    if state["Keep"]:
        return "delete_old_tables"
    if state["TargetParameterName"]:
        return "update_ssm_parameter"
    return "verify_table" if state["Verify"] else "carry_over_settings"


def _check_rotation(invocation: Invocation) -> None:
    missing = missing_keys(invocation["State"])
    if missing:
        raise NotARotation(
            f"The input of this execution is not that of a rotation. It lacks {', '.join(missing)}. Do not start "
            "executions of this state machine yourself: invoke start_workflow with "
            '{"Refresh": {"SourceTable": "<name>"}}.'
        )
