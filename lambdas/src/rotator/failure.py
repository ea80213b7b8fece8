"""How a rotation that failed ends, and how it goes on when it is redriven.

A `Fail` state would fail again each time it is redriven, so the last state of a rotation that failed is a task
(https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html).
"""

import json

from rotator.errors import RestoreJobFailed, RotationError, TableNotFound, TargetTableTaken, UnexpectedTableStatus
from rotator.state import Failure, Invocation

# No function may use the names of the language itself, such as States.Timeout (https://states-language.net/#error-names).
_RESERVED_PREFIX = "States."


# After these there is no restore and no table of the rotation's, so that it starts over when it is redriven.
NOTHING_LEFT = frozenset(
    error.__name__ for error in (RestoreJobFailed, TableNotFound, TargetTableTaken, UnexpectedTableStatus)
)


def fail_rotation(invocation: Invocation) -> None:
    """Raises the error that the rotation failed with; returns where the execution has been redriven since."""
    failure = current_failure(invocation)
    if failure:
        error, message = in_words(failure)
        raise type(error.removeprefix(_RESERVED_PREFIX), (RotationError,), {})(message)


def current_failure(invocation: Invocation) -> Failure | None:
    """The failure that ends this run of the rotation: one from before a redrive is over."""
    failure = invocation["State"].get("Failure")
    return failure if failure and failure["RedriveCount"] == invocation["Execution"]["RedriveCount"] else None


def in_words(failure: Failure) -> tuple[str, str]:
    """Error and message, without the stack trace that Lambda puts beside the message."""
    try:
        return failure["Error"], str(json.loads(failure["Cause"])["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return failure["Error"], failure["Cause"]
