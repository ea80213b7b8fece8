"""What the functions of the state machine do before and after anything else."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from rotator.errors import NotARotation, VerificationFailed
from rotator.settings import RotationSettings
from rotator.step import Step, step
from tests.support.rotations import SETTINGS, invocation

CONTEXT: Any = SimpleNamespace(
    function_name="rotator-verify-table", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="1"
)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """What a handler was run with."""
    monkeypatch.setattr(RotationSettings, "from_env", lambda: SETTINGS)
    return []


def handler_of(function: str, steps: list[Step]) -> Callable[[Any, Any], object]:
    """The handler of a Lambda function that does nothing but note the step."""

    def run(step: Step) -> None:
        steps.append(step)

    run.__module__ = f"rotator.handlers.{function}"
    return step()(run)


def state_without(*path: str) -> dict[str, Any]:
    state: Any = invocation()["State"]
    inner = state
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return dict(state)


@pytest.mark.parametrize(
    ("state", "lacks"),
    [
        ({}, "It lacks BackupSnsMessage, BeforeSwitch, CarryOver,"),
        ([], "It lacks BackupSnsMessage,"),
        (state_without("RecoveryPointKind"), "It lacks RecoveryPointKind. "),
        (state_without("BackupSnsMessage", "StartTime"), "It lacks BackupSnsMessage.StartTime. "),
        ({**invocation()["State"], "BackupSnsMessage": "?"}, "It lacks BackupSnsMessage.BackedUpResourceArn,"),
    ],
)
def test_an_execution_with_another_input_fails_before_anything_is_done(
    state: Any,  # noqa: ANN401
    lacks: str,
    steps: list[Step],
) -> None:
    handler = handler_of("verify_table", steps)

    with pytest.raises(NotARotation) as error:
        handler({"State": state, "Execution": invocation()["Execution"]}, CONTEXT)

    assert lacks in str(error.value)
    assert 'invoke start_workflow with {"Refresh": {"SourceTable": "<name>"}}' in str(error.value)
    assert steps == []


def test_without_a_state_a_function_serves_people_where_it_can(steps: list[Step]) -> None:
    def run(step: Step) -> None:
        steps.append(step)

    handler = step(by_hand=lambda request, settings, _: {"request": request, "module": settings.module})(run)
    request: Any = {"RollBack": {"Parameter": "/staging/orders"}}

    assert handler(request, CONTEXT) == {"request": request, "module": "rotator"}
    assert steps == []
    handler(invocation(), CONTEXT)
    assert len(steps) == 1


def test_a_rotation_is_run(steps: list[Step]) -> None:
    handler = handler_of("verify_table", steps)
    event = invocation()

    handler(event, CONTEXT)

    assert [run.invocation for run in steps] == [event]


@pytest.mark.usefixtures("steps")
@pytest.mark.parametrize(
    ("changes", "last"),
    [
        ({"Verify": False}, "carry_over_settings"),
        ({}, "verify_table"),
        ({"TargetParameterName": "/staging/table-arn"}, "update_ssm_parameter"),
        ({"TargetParameterName": "/staging/table-arn", "Keep": 3}, "delete_old_tables"),
        ({"Verify": False, "Keep": 3}, "delete_old_tables"),
    ],
)
def test_a_metric_counts_each_rotation_that_succeeded_once(
    changes: dict[str, Any], last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    event: Any = invocation()
    event["State"] |= changes
    counted_by = []
    for function in ("carry_over_settings", "verify_table", "update_ssm_parameter", "delete_old_tables"):
        handler_of(function, [])(event, CONTEXT)
        if succeeded := [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "Succeeded" in line]:
            assert [(line["Succeeded"], line["rule"]) for line in succeeded] == [([1.0], "staging")]
            counted_by.append(function)

    assert counted_by == [last]


@pytest.mark.usefixtures("steps")
def test_a_rotation_that_fails_in_its_last_function_has_not_succeeded(capsys: pytest.CaptureFixture[str]) -> None:
    def run(step: Step) -> None:
        raise VerificationFailed

    run.__module__ = "rotator.handlers.verify_table"

    with pytest.raises(VerificationFailed):
        step()(run)(invocation(), CONTEXT)
    assert "Succeeded" not in capsys.readouterr().out
