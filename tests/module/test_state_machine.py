"""What the state machine, the functions and Terraform say to each other, each in its own language, fits together."""

import json
import re
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from rotator import errors, state
from rotator.failure import NOTHING_LEFT

ROOT = Path(__file__).parents[2]
TEMPLATE = (ROOT / "statemachine/restore_backup.asl.json").read_text()
STATES: dict[str, dict[str, Any]] = json.loads(TEMPLATE)["States"]
TASKS = {name: definition for name, definition in STATES.items() if definition["Type"] == "Task"}
REPORTS = {"Report Success", "Report Failure"}
# What the user has run before the switch.
HOOKS = {"Run Hook Function", "Run Hook State Machine"}
END = "Fail Rotation"
STEPS = set(TASKS) - REPORTS - HOOKS - {END}

# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html and
# https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
ERRORS_OF_AWS = {
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.Timeout",
}


def strings(value: Any) -> list[str]:  # noqa: ANN401
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def paths(name: str) -> list[list[str]]:
    """The paths into the state that a state reads or writes; a payload is the answer of a function."""
    texts = strings({key: value for key, value in STATES[name].items() if key not in ("ResultSelector", "Parameters")})
    return [text.split(".")[1:] for text in texts if re.fullmatch(r"\$\.[\w.]+", text)]


def test_terraform_passes_each_placeholder_and_no_other() -> None:
    call = re.search(r"templatefile\(.*?, \{\n(.*?)\n  \}\)", (ROOT / "state_machine.tf").read_text(), re.DOTALL)
    assert call is not None
    passed = set(re.findall(r"^ +(\w+) +=", call[1], re.MULTILINE))

    assert passed == set(re.findall(r"\$\{(.*?)\}", TEMPLATE))


@pytest.mark.parametrize("name", STATES)
def test_each_path_is_a_key_of_the_typed_state(name: str) -> None:
    keys = get_type_hints(state.RotationState)
    for key, *inner in paths(name):
        assert key in keys
        if inner and hasattr(state, key):
            assert inner[0] in get_type_hints(getattr(state, key))


@pytest.mark.parametrize("name", STEPS)
def test_a_task_selects_what_its_function_returns(name: str) -> None:
    key = TASKS[name]["ResultPath"].removeprefix("$.")

    assert TASKS[name]["ResultSelector"] == {
        f"{field}.$": f"$.Payload.{field}" for field in get_type_hints(getattr(state, key))
    }


@pytest.mark.parametrize("name", set(TASKS) - HOOKS)
def test_a_function_is_given_state_and_execution(name: str) -> None:
    assert TASKS[name]["Parameters"]["Payload"] == {"State.$": "$", "Execution.$": "$$.Execution"}
    assert list(get_type_hints(state.Invocation)) == ["State", "Execution"]


@pytest.mark.parametrize("name", STEPS | REPORTS)
def test_a_task_has_a_time_limit_and_retries(name: str) -> None:
    retried = {error for handler in TASKS[name]["Retry"] for error in handler["ErrorEquals"]}

    assert TASKS[name]["TimeoutSeconds"] > 60  # what Terraform gives a function
    assert retried >= ERRORS_OF_AWS | {"NotYet", "TemporaryFailure"}


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_may_take_its_time_and_is_not_run_again_for_an_error_of_its_own(name: str) -> None:
    retried = {error for handler in TASKS[name]["Retry"] for error in handler["ErrorEquals"]}

    assert TASKS[name]["TimeoutSeconds"] > 15 * 60  # the longest that a function may run
    assert all(error.split(".")[0] in ("Lambda", "StepFunctions") for error in retried)
    assert "Lambda.Unknown" not in retried


def test_both_kinds_of_hook_are_given_the_same() -> None:
    function = TASKS["Run Hook Function"]["Parameters"]["Payload"]
    machine = TASKS["Run Hook State Machine"]["Parameters"]["Input"]

    assert machine == function | {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id"}


@pytest.mark.parametrize("name", STEPS | HOOKS)
def test_each_failure_is_reported(name: str) -> None:
    *others, last = TASKS[name]["Catch"]

    assert last["ErrorEquals"] == ["States.ALL"]
    # The one error of a task that States.ALL does not catch.
    assert [error for catch in others for error in catch["ErrorEquals"]] == (
        ["States.DataLimitExceeded"] if name in HOOKS else []
    )
    assert {(catch["ResultPath"], catch["Next"]) for catch in TASKS[name]["Catch"]} == {
        ("$.Failure", "Rotation Failed")
    }


@pytest.mark.parametrize("name", REPORTS)
def test_what_becomes_of_a_report_changes_nothing(name: str) -> None:
    (catch,) = TASKS[name]["Catch"]

    assert (catch["ErrorEquals"], catch["ResultPath"], catch["Next"]) == (["States.ALL"], None, TASKS[name]["Next"])
    assert TASKS[name]["ResultPath"] is None


def test_a_rotation_that_failed_ends_in_a_task_which_a_redrive_runs_again() -> None:
    assert not [name for name, definition in STATES.items() if definition["Type"] == "Fail"]
    (retry,) = TASKS[END]["Retry"]
    assert all(error.startswith("Lambda.") and error != "Lambda.Unknown" for error in retry["ErrorEquals"])
    assert "Catch" not in TASKS[END]


def test_a_rotation_of_which_nothing_is_left_starts_over() -> None:
    first, *_ = STATES["Where Did It Fail?"]["Choices"]

    assert first["Next"] == "Forget What Was Done"
    assert {choice["StringEquals"] for choice in first["Or"]} == NOTHING_LEFT


def test_each_error_is_one_of_ours_or_of_aws() -> None:
    caught = {error for name in STEPS | REPORTS for retry in TASKS[name]["Retry"] for error in retry["ErrorEquals"]}
    made = {
        parameters["Error"]
        for definition in STATES.values()
        if "Error" in (parameters := definition.get("Parameters", {}))
    }
    ours = {name for name, value in vars(errors).items() if isinstance(value, type)}

    assert caught <= ERRORS_OF_AWS | ours
    assert made
    assert made <= ours


def test_each_state_is_reached_from_another_or_first() -> None:
    targets = {json.loads(TEMPLATE)["StartAt"]}
    for definition in STATES.values():
        choices = [*definition.get("Choices", []), *definition.get("Catch", []), definition]
        targets |= {choice[way] for choice in choices for way in ("Next", "Default") if way in choice}

    assert targets == set(STATES)
