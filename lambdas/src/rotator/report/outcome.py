"""What an execution left behind: what the parameter and the copy are like now."""

from dataclasses import dataclass

from rotator.errors import RestoreJobFailed, TableNotFound, TargetTableTaken
from rotator.parameter_history import table_name_in
from rotator.report.execution import EndedExecution
from rotator.report.redrive import redrive_can_help
from rotator.report.steps import (
    ERRORS_WITHOUT_RESPONSE,
    START_STEPS,
    STEPS_AFTER_SWITCH,
    STEPS_BEFORE_RESTORE,
    SWITCH_STEP,
)
from rotator.restore.status import CLAIMED, COMPLETE
from rotator.state import RotationState

# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_TOO_MUCH_DATA = "States.DataLimitExceeded"


@dataclass(frozen=True)
class LeftAlone:
    """Why the parameter does not point at the copy, for the subject of a message and for its text."""

    headline: str
    sentence: str


HELD = LeftAlone("parameter held", "The parameter was left alone, because it is held.")
_AT_LATER_COPY = LeftAlone("left at a later copy", "The parameter was left at a later copy.")


def outcome(execution: EndedExecution) -> str:
    """What the parameter and the copy are like now."""
    state = execution.state
    if is_switched(execution):
        sentences = (f"The copy {state['TargetTableName']} is ready to use.", _switch(state), "Old copies may be left.")
        return " ".join(filter(None, sentences))
    if execution.step == SWITCH_STEP:
        return f"The parameter may already point at the copy {state['TargetTableName']}, which stays."
    pointer = "The parameter still points where it did before. " if state["TargetParameterName"] else ""
    return f"{pointer}{_outcome_for_copy(execution)}"


def is_switched(execution: EndedExecution) -> bool:
    return execution.step in STEPS_AFTER_SWITCH or "UpdateSSMParameterOutput" in execution.state


def _switch(state: RotationState) -> str:
    if left := left_alone(state):
        return left.sentence
    return "The parameter had been set before that." if state["TargetParameterName"] else ""


def left_alone(state: RotationState) -> LeftAlone | None:
    """`None` where the parameter was switched, or there is none."""
    output = state.get("UpdateSSMParameterOutput")
    if output is None or table_name_in(output["Value"]) == state["TargetTableName"]:
        return None
    return HELD if output.get("Held") else _AT_LATER_COPY


def _outcome_for_copy(execution: EndedExecution) -> str:
    """What the copy is like before the switch."""
    state, error, copy = execution.state, execution.failure.error, execution.state["TargetTableName"]
    if error == RestoreJobFailed.__name__:
        return f"AWS Backup gave up the restore to {copy}."
    if error == TargetTableTaken.__name__:
        return f"The table {copy} belongs to something else, and was left alone."
    if error == TableNotFound.__name__:
        return f"The copy {copy} no longer exists."
    if not is_restore_started(execution):
        if execution.step in START_STEPS and execution.errors & {"", *ERRORS_WITHOUT_RESPONSE}:
            return (
                f"A restore may be under way, because an attempt to start it got no response. {_unfinished(execution)}"
            )
        return "Nothing was restored."
    if not _is_restored(state):
        return f"A restore already under way continues. {_unfinished(execution)}"
    if state["BeforeSwitch"] and "BeforeSwitchOutput" not in state:
        if error == _TOO_MUCH_DATA:
            return f"The copy {copy} stays. The hook has run on it, but returned more than a state may hold (256 KiB)."
        return f"The copy {copy} stays. The hook has not completed on it, so it may hold unmasked data."
    if "CarryOverSettingsOutput" not in state:
        return f"The copy {copy} stays. It may lack settings that the rule asks for."
    return f"The copy {copy} stays."


def _unfinished(execution: EndedExecution) -> str:
    """What happens to the table of a restore that its rotation no longer waits for."""
    subject = "Unless you redrive the execution, its table" if redrive_can_help(execution) else "Its table"
    unmasked = " Nor does the hook run on it, so it may hold unmasked data." if execution.state["BeforeSwitch"] else ""
    return (
        f"{subject} {execution.state['TargetTableName']} stays until you delete it, and never gets the module's tags."
        f"{unmasked}"
    )


def is_restore_started(execution: EndedExecution) -> bool:
    """An earlier restore may have ended without a table, so that it had to start over."""
    outputs = ("RestoreTableFromBackupOutput", "StartRestoreJobOutput")
    return execution.step not in STEPS_BEFORE_RESTORE and any(output in execution.state for output in outputs)


def _is_restored(state: RotationState) -> bool:
    return "DescribeTableOutput" in state and state["DescribeTableOutput"]["RestoreStatus"] in (CLAIMED, COMPLETE)
