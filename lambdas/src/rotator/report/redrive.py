"""Whether a redrive can help an execution that did not succeed."""

from rotator.errors import (
    InvalidParameterName,
    InvalidTableName,
    RecoveryPointMismatch,
    RestoreOptionImpossible,
    TableNotFound,
)
from rotator.report.execution import EndedExecution
from rotator.report.steps import CHECK_STEP

# A redrive would only fail again, because it reuses the rule and the recovery point as they were.
_ERRORS_OF_THE_INPUT = frozenset(
    error.__name__ for error in (InvalidTableName, InvalidParameterName, RecoveryPointMismatch, RestoreOptionImpossible)
)


def redrive_can_help(execution: EndedExecution) -> bool:
    return not (
        execution.not_redrivable_because
        or execution.failure.error in _ERRORS_OF_THE_INPUT
        or _is_without_its_copy(execution)
    )


def _is_without_its_copy(execution: EndedExecution) -> bool:
    """Only the check of the restore can start it over."""
    return execution.failure.error == TableNotFound.__name__ and execution.step != CHECK_STEP
