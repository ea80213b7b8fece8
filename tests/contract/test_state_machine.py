"""What the state machine, the functions and Terraform say to each other, each in its own language, fits together."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from rotator import errors, state
from rotator.recovery_points import NATIVE
from rotator.report.steps import (
    CHECK_STEP,
    ERRORS_WITHOUT_RESPONSE,
    HOOK_STEPS,
    START_STEPS,
    STEPS_AFTER_SWITCH,
    STEPS_BEFORE_RESTORE,
    SWITCH_STEP,
)
from rotator.restore import status
from rotator.restore.polling import SECONDS_FROM_CLAIM_TO_CHECK
from rotator.restore.target import SUPERSEDED
from rotator.step import last_function
from tests.support.lambda_errors import FAILURES, NOT_READY

ROOT = Path(__file__).parents[2]
TEMPLATE = (ROOT / "statemachine/restore_backup.asl.json").read_text()
# The one placeholder outside a string.
MACHINE: dict[str, Any] = json.loads(TEMPLATE.replace("${timeout_seconds}", "1"))
STATES: dict[str, dict[str, Any]] = MACHINE["States"]
TASKS = {name: definition for name, definition in STATES.items() if definition["Type"] == "Task"}
STEPS = set(TASKS) - HOOK_STEPS


def strings(value: Any) -> list[str]:  # noqa: ANN401
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def paths(name: str) -> list[list[str]]:
    """The paths into the state that a state reads or writes. A payload is what a function returned."""
    texts = strings({key: value for key, value in STATES[name].items() if key not in ("ResultSelector", "Parameters")})
    return [text.split(".")[1:] for text in texts if re.fullmatch(r"\$\.[\w.]+", text)]


def reached_from(name: str, *, before: frozenset[str] = frozenset()) -> set[str]:
    """The state of that name, and all that can follow it before one of those others."""
    reached: set[str] = set()
    ahead = {name}
    while ahead:
        definition = STATES[current := ahead.pop()]
        reached.add(current)
        choices = [*definition.get("Choices", []), definition]
        ahead |= {choice[way] for choice in choices for way in ("Next", "Default") if way in choice} - reached - before
    return reached


def test_terraform_passes_each_placeholder_and_no_other() -> None:
    call = re.search(r"templatefile\(.*?, \{\n(.*?)\n  \}\)", (ROOT / "state_machine.tf").read_text(), re.DOTALL)
    assert call is not None
    passed = set(re.findall(r"^    (\w+) += ", call[1], re.MULTILINE))
    placeholders = re.findall(r"\$\{(\w+)(?:\.(\w+))?\}", TEMPLATE)

    assert passed == {name for name, _ in placeholders}
    declared = re.findall(r"^    (\w+) = \{\n      description", (ROOT / "functions.tf").read_text(), re.MULTILINE)
    assert {key for name, key in placeholders if name == "functions"} == {*declared} - {
        "start_workflow",
        "report_result",
    }


def test_an_error_ends_the_execution_where_it_happens() -> None:
    assert not [name for name, definition in STATES.items() if "Catch" in definition or definition["Type"] == "Fail"]
    assert len(TEMPLATE.splitlines()) < 520


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


@pytest.mark.parametrize("name", STEPS)
def test_a_function_receives_state_and_execution(name: str) -> None:
    assert TASKS[name]["Parameters"]["Payload"] == {"State.$": "$", "Execution.$": "$$.Execution"}
    assert list(get_type_hints(state.Invocation)) == ["State", "Execution"]


@pytest.mark.parametrize("name", STEPS)
def test_a_task_has_a_time_limit_and_retries(name: str) -> None:
    retried = {error for handler in TASKS[name]["Retry"] for error in handler["ErrorEquals"]}

    assert TASKS[name]["TimeoutSeconds"] > 60  # what Terraform gives a function
    assert retried >= FAILURES | NOT_READY | {"NotYet", "TemporaryFailure"}


@pytest.mark.parametrize("name", HOOK_STEPS)
def test_a_hook_may_take_its_time_and_is_not_retried_for_an_error_of_its_own(name: str) -> None:
    retried = {error for handler in TASKS[name]["Retry"] for error in handler["ErrorEquals"]}

    assert TASKS[name]["TimeoutSeconds"] > 15 * 60  # the longest that a function may run
    assert all(error.split(".")[0] in ("Lambda", "StepFunctions") for error in retried)
    assert "Lambda.Unknown" not in retried


@pytest.mark.parametrize(
    ("name", "errors_of_throttling"),
    [
        *[(name, NOT_READY | {"NotYet"}) for name in sorted(STEPS)],
        ("Run Hook Function", NOT_READY),
        ("Run Hook State Machine", {"StepFunctions.ExecutionLimitExceeded", "StepFunctions.ThrottlingException"}),
    ],
)
def test_a_throttled_call_is_retried_for_as_long_as_the_rotation_may_take(
    name: str, errors_of_throttling: set[str]
) -> None:
    (handler,) = [handler for handler in TASKS[name]["Retry"] if errors_of_throttling == {*handler["ErrorEquals"]}]

    assert handler["MaxAttempts"] == 100_000


def test_a_failure_that_may_not_pass_is_not_retried_for_hours() -> None:
    (handler,) = [
        handler
        for handler in TASKS["Run Hook State Machine"]["Retry"]
        if "StepFunctions.AWSStepFunctionsException" in handler["ErrorEquals"]
    ]

    assert handler["MaxAttempts"] == 6


def test_both_kinds_of_hook_receive_the_same() -> None:
    function = TASKS["Run Hook Function"]["Parameters"]["Payload"]
    machine = TASKS["Run Hook State Machine"]["Parameters"]["Input"]

    assert machine == function | {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id"}


def test_the_choices_know_the_values_that_the_functions_write() -> None:
    kind, restore = STATES["Native Recovery Point?"], STATES["Restore Complete?"]

    (native,) = kind["Choices"]
    assert [test.get("StringEquals") for test in native["And"]] == [None, NATIVE]
    assert {native["Next"], kind["Default"]} == START_STEPS
    assert {choice["StringEquals"]: choice["Next"] for choice in restore["Choices"]} == {
        status.COMPLETE: "Configure Table",
        status.START_OVER: "Wait To Start Over",
        SUPERSEDED: "Rotation Superseded",
    }
    assert restore["Default"] == "Wait For Restore"
    assert STATES["Rotation Superseded"]["Type"] == "Succeed"


def test_an_input_without_any_keys_gets_as_far_as_the_function_that_rejects_it() -> None:
    first = STATES[MACHINE["StartAt"]]
    (choice,) = first["Choices"]

    assert choice["And"][0] == {"Variable": choice["And"][1]["Variable"], "IsPresent": True}
    assert first["Default"] in STEPS


def test_reports_know_the_step_that_can_start_the_restore_over() -> None:
    assert TASKS[CHECK_STEP]["Next"] == "Restore Complete?"


def test_reports_know_the_steps_without_a_restore() -> None:
    over = next(c["Next"] for c in STATES["Restore Complete?"]["Choices"] if c["StringEquals"] == status.START_OVER)

    assert reached_from(over, before=frozenset(STATES[step]["Next"] for step in START_STEPS)) == STEPS_BEFORE_RESTORE


@pytest.mark.parametrize("step", START_STEPS)
def test_reports_know_the_errors_that_are_retried_because_no_response_arrived(step: str) -> None:
    assert {*TASKS[step]["Retry"][0]["ErrorEquals"]} == ERRORS_WITHOUT_RESPONSE


def test_reports_know_the_step_that_makes_the_switch_and_those_after_it() -> None:
    assert TASKS[SWITCH_STEP]["ResultPath"] == "$.UpdateSSMParameterOutput"
    assert reached_from(TASKS[SWITCH_STEP]["Next"]) == STEPS_AFTER_SWITCH


def test_what_lets_data_out_comes_after_the_hook() -> None:
    assert STATES["Configure Table"]["Next"] == "Hook Requested?"
    hook = STATES["Hook Requested?"]
    after = [STATES[choice["Next"]]["Next"] for choice in hook["Choices"]]
    assert {*after, hook["Default"]} == {"Carry Over Settings"}


@pytest.mark.parametrize(
    ("hook", "step"),
    [
        ("arn:aws:lambda:us-east-1:123456789012:function:mask", "Run Hook Function"),
        ("arn:aws-cn:lambda:cn-north-1:123456789012:function:states:live", "Run Hook Function"),
        ("arn:aws:states:us-east-1:123456789012:stateMachine:mask", "Run Hook State Machine"),
        ("arn:aws:states:us-east-1:123456789012:stateMachine:lambda:live", "Run Hook State Machine"),
        ("", "Carry Over Settings"),
    ],
)
def test_a_hook_is_run_as_what_it_is(hook: str, step: str) -> None:
    ways = STATES["Hook Requested?"]
    matching = [choice["Next"] for choice in ways["Choices"] if fnmatchcase(hook, choice["StringMatches"])]

    assert [*matching, ways["Default"]][0] == step


def test_each_error_is_one_of_ours_or_of_aws() -> None:
    retried = {error for name in STEPS for retry in TASKS[name]["Retry"] for error in retry["ErrorEquals"]}
    ours = {name for name, value in vars(errors).items() if isinstance(value, type)}

    assert retried <= FAILURES | NOT_READY | ours


def test_each_state_is_reached_from_another_or_first() -> None:
    assert reached_from(MACHINE["StartAt"]) == set(STATES)


def test_a_claim_is_checked_once_no_function_can_still_write_what_it_decided_before() -> None:
    (timeout,) = re.findall(r"\n  timeout += .* : (\d+)\n", (ROOT / "functions.tf").read_text())

    assert int(timeout) < SECONDS_FROM_CLAIM_TO_CHECK


def is_taken(choice: dict[str, Any], rotation: dict[str, Any]) -> bool:
    value = rotation[choice["Variable"].removeprefix("$.")]
    if "NumericGreaterThan" in choice:
        return bool(value > choice["NumericGreaterThan"])
    return bool(value == choice.get("StringEquals", choice.get("BooleanEquals")))


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("parameter", ["/staging/table-arn", ""])
@pytest.mark.parametrize("keep", [3, 0])
def test_the_functions_know_which_of_them_is_the_last(verify: bool, parameter: str, keep: int) -> None:
    rotation: Any = {"Verify": verify, "TargetParameterName": parameter, "Keep": keep}
    name, function = "Carry Over Settings", ""
    while (definition := STATES[name])["Type"] != "Succeed":
        if definition["Type"] == "Task":
            function = definition["Parameters"]["FunctionName"]
        taken = [choice for choice in definition.get("Choices", []) if is_taken(choice, rotation)]
        name = taken[0]["Next"] if taken else definition.get("Default") or definition["Next"]

    assert function == f"${{functions.{last_function(rotation)}}}"
