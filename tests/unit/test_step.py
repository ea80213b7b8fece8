"""What the functions of the state machine do before anything else."""

from types import SimpleNamespace
from typing import Any

import pytest

from rotator.errors import NotARotation
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
    handler = step()(steps.append)

    with pytest.raises(NotARotation) as error:
        handler({"State": state, "Execution": invocation()["Execution"]}, CONTEXT)

    assert lacks in str(error.value)
    assert 'invoke start_workflow with {"Refresh": {"SourceTable": "<name>"}}' in str(error.value)
    assert steps == []


def test_without_a_state_a_function_serves_people_where_it_can(steps: list[Step]) -> None:
    handler = step(by_hand=lambda request, settings, _: {"request": request, "module": settings.module})(steps.append)
    request: Any = {"RollBack": {"Parameter": "/staging/orders"}}

    assert handler(request, CONTEXT) == {"request": request, "module": "rotator"}
    assert steps == []


def test_a_rotation_is_run(steps: list[Step]) -> None:
    handler = step()(steps.append)
    event = invocation()

    handler(event, CONTEXT)

    assert [run.invocation for run in steps] == [event]
