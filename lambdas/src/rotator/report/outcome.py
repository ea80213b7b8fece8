"""What an execution left behind: what the parameter and the copy are like now."""

from rotator.errors import RestoreJobFailed, TableNotFound, TargetTableTaken
from rotator.report.execution import EndedExecution
from rotator.report.steps import START_STEPS, STEPS_AFTER_SWITCH, STEPS_BEFORE_RESTORE, SWITCH_STEP
from rotator.restore.status import CLAIMED, COMPLETE
from rotator.state import RotationState

LEFT_AT_LATER_COPY = "The parameter was left at the copy of a later backup."

# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_TOO_MUCH_DATA = "States.DataLimitExceeded"
# The last attempt, or its end in the middle of it, after which AWS may have done what it was asked for.
_WITHOUT_RESPONSE = frozenset({"", "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout", "TemporaryFailure"})


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
    if is_left_at_later_copy(state):
        return LEFT_AT_LATER_COPY
    return "The parameter had been set before that." if state["TargetParameterName"] else ""


def is_left_at_later_copy(state: RotationState) -> bool:
    output = state.get("UpdateSSMParameterOutput")
    return output is not None and output["Value"] != state["DescribeTableOutput"]["Table"]["TableArn"]


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
        if execution.step in START_STEPS and execution.last_attempt.error in _WITHOUT_RESPONSE:
            return f"A restore to the table {copy} may have been started, because no response was received."
        return "Nothing was restored."
    if not _is_restored(state):
        return (
            f"A restore already under way continues. The table {copy} stays until you delete it, unless you redrive "
            "the execution. It does not carry the module's tags yet."
        )
    if state["BeforeSwitch"] and "BeforeSwitchOutput" not in state:
        if error == _TOO_MUCH_DATA:
            return f"The copy {copy} stays. The hook has run on it, but returned more than a state may hold (256 KiB)."
        return f"The copy {copy} stays. The hook has not completed on it, so it may hold unmasked data."
    if "CarryOverSettingsOutput" not in state:
        return f"The copy {copy} stays. It may lack settings that the rule asks for."
    return f"The copy {copy} stays."


def is_restore_started(execution: EndedExecution) -> bool:
    """An earlier restore may have ended without a table, so that it had to start over."""
    outputs = ("RestoreTableFromBackupOutput", "StartRestoreJobOutput")
    return execution.step not in STEPS_BEFORE_RESTORE and any(output in execution.state for output in outputs)


def _is_restored(state: RotationState) -> bool:
    return "DescribeTableOutput" in state and state["DescribeTableOutput"]["RestoreStatus"] in (CLAIMED, COMPLETE)
