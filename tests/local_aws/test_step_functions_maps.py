"""Step Functions: the iterations of Map states, and which of them a redrive runs again."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from local_aws import changed_settings
from tests.support.canaries import allow
from tests.support.polling import wait_until

Aws = Callable[..., Any]
Make = Callable[..., str]
State = dict[str, Any]

INVOKE = "arn:aws:states:::lambda:invoke"
READ = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter",
    "Parameters": {"Name.$": "$.name"},
    "ResultSelector": {"value.$": "$.Parameter.Value"},
    "ResultPath": "$.read",
    "End": True,
}
"""Fails for as long as the parameter does not exist."""
COUNT_REDRIVES = {"Type": "Pass", "InputPath": "$$.Execution.RedriveCount", "ResultPath": "$.redrives", "Next": "Read"}


def over_items(start: str, states: dict[str, Any], **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """The definition of a state machine that is a Map state over its input, or begins with one."""
    more = fields.pop("more", {})
    every = {"Type": "Map", "Iterator": {"StartAt": start, "States": states}, **fields}
    if "Next" not in fields:
        every["End"] = True
    return {"StartAt": "Every", "States": {"Every": every, **more}}


class Machine:
    """A state machine whose role may do everything."""

    def __init__(self, aws: Aws, role: Make, name: str) -> None:
        self._aws, self._client, self._name = aws, aws("stepfunctions"), name
        self._role = role("states.amazonaws.com", allow("*"))
        self.execution = ""

    def start(self, definition: dict[str, Any], given: object) -> None:
        arn = self._client.create_state_machine(name=self._name, definition=json.dumps(definition), roleArn=self._role)[
            "stateMachineArn"
        ]
        self.execution = self._client.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]

    def redrive(self) -> None:
        self._client.redrive_execution(executionArn=self.execution)

    def closed(self) -> dict[str, Any]:
        def description() -> dict[str, Any] | None:
            found = self._client.describe_execution(executionArn=self.execution)
            return found if found["status"] != "RUNNING" else None

        return dict(wait_until("end", description, 30))

    def output(self) -> Any:  # noqa: ANN401
        closed = self.closed()
        assert closed["status"] == "SUCCEEDED", closed
        return json.loads(closed["output"])

    def events(self) -> list[tuple[str, Any]]:
        """Type of each event, with the index if it is about an iteration."""
        pages = self._client.get_paginator("get_execution_history").paginate(executionArn=self.execution)
        events = [event for page in pages for event in page["events"]]
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        details: list[dict[str, Any]] = [
            next((value for name, value in event.items() if name.endswith("Details")), {}) for event in events
        ]
        return [(event["type"], detail.get("index")) for event, detail in zip(events, details, strict=True)]

    def create(self, parameter: str) -> None:
        self._aws("ssm").put_parameter(Name=parameter, Value="green", Type="String")


@pytest.fixture
def machine(aws: Aws, role: Make, name: str) -> Machine:
    return Machine(aws, role, name)


@pytest.fixture
def items(name: str) -> list[dict[str, str]]:
    return [{"name": f"/{name}/{number}"} for number in range(3)]


def test_a_redrive_runs_only_the_unsuccessful_iterations_each_from_where_it_failed(
    machine: Machine, items: list[dict[str, str]]
) -> None:
    for number in (0, 2):
        machine.create(items[number]["name"])
    machine.start(over_items("Count", {"Count": COUNT_REDRIVES, "Read": READ}, MaxConcurrency=1), items)
    assert (machine.closed()["status"], machine.closed()["error"]) == ("FAILED", "Ssm.ParameterNotFoundException")
    before = machine.events()
    # The third iteration had not started.
    assert [event for event in before if event[0].startswith("MapIteration")] == [
        ("MapIterationStarted", 0),
        ("MapIterationSucceeded", 0),
        ("MapIterationStarted", 1),
        ("MapIterationFailed", 1),
    ]
    assert [kind for kind, _ in before[-2:]] == ["MapStateFailed", "ExecutionFailed"]

    machine.create(items[1]["name"])
    machine.redrive()
    # The second iteration keeps the input of the state that failed, the third had none yet.
    assert machine.output() == [
        {**item, "redrives": redrives, "read": {"value": "green"}}
        for item, redrives in zip(items, (0, 0, 1), strict=True)
    ]
    after = machine.events()[len(before) :]
    assert [event for event in after if event[0].startswith("MapIteration")] == [
        ("MapIterationStarted", 1),
        ("MapIterationSucceeded", 1),
        ("MapIterationStarted", 2),
        ("MapIterationSucceeded", 2),
    ]
    entered = Counter(kind for kind, _ in after if kind.endswith("StateEntered"))
    assert entered == {"MapStateEntered": 1, "PassStateEntered": 1, "TaskStateEntered": 2}


def test_a_redrive_can_fail_and_be_redriven_again(machine: Machine, items: list[dict[str, str]]) -> None:
    machine.start(over_items("Read", {"Read": READ}, MaxConcurrency=1), items)
    for item in items:
        assert machine.closed()["status"] == "FAILED"
        machine.create(item["name"])
        machine.redrive()
    assert [item["read"]["value"] for item in machine.output()] == ["green"] * 3
    started = Counter(index for kind, index in machine.events() if kind == "MapIterationStarted")
    assert started == {0: 2, 1: 2, 2: 2}


def test_a_map_that_is_entered_again_after_a_redrive_runs_all_iterations(
    machine: Machine, items: list[dict[str, str]]
) -> None:
    more = {
        "Again?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.again", "IsPresent": True, "Next": "Done"}],
            "Default": "Again",
        },
        "Again": {"Type": "Pass", "Result": True, "ResultPath": "$.again", "Next": "Every"},
        "Done": {"Type": "Pass", "OutputPath": "$.found", "End": True},
    }
    states = {"Count": COUNT_REDRIVES, "Read": READ}
    places = {"ItemsPath": "$.items", "ResultPath": "$.found"}
    machine.start(over_items("Count", states, **places, Next="Again?", more=more), {"items": items})
    assert machine.closed()["status"] == "FAILED"
    for item in items:
        machine.create(item["name"])
    machine.redrive()
    assert [item["redrives"] for item in machine.output()] == [1, 1, 1]


def test_the_other_iterations_are_aborted_when_one_fails(
    machine: Machine, local_aws: str, items: list[dict[str, str]]
) -> None:
    machine.create(items[0]["name"])
    for item in items[:1]:
        item["waits"] = "yes"
    waits = {"Variable": "$.waits", "IsPresent": True, "Next": "Wait"}
    states = {
        "Waits?": {"Type": "Choice", "Choices": [waits], "Default": "Read"},
        "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Read"},
        "Read": READ,
    }
    machine.start(over_items("Waits?", states), items[:2])
    assert machine.closed()["status"] == "FAILED"
    kinds = [event for event in machine.events() if event[0].startswith(("MapIteration", "MapState"))]
    assert ("MapIterationFailed", 1) in kinds
    assert kinds[-2:] == [("MapIterationAborted", 0), ("MapStateFailed", None)]
    # The one that was aborted goes on, too.
    machine.create(items[1]["name"])
    with changed_settings(local_aws, wait_factor=0.001):
        machine.redrive()
        assert [item["read"]["value"] for item in machine.output()] == ["green", "green"]
    entered = Counter(kind for kind, _ in machine.events() if kind.endswith("StateEntered"))
    assert (entered["ChoiceStateEntered"], entered["WaitStateEntered"]) == (2, 2)


def test_an_aborted_iteration_does_nothing_more(machine: Machine, items: list[dict[str, str]]) -> None:
    waits = {"Variable": "$.name", "StringEquals": items[0]["name"], "Next": "Wait"}
    states = {
        "Waits?": {"Type": "Choice", "Choices": [waits], "Default": "Read"},
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Read"},
        "Read": {**READ, "Catch": [{"ErrorEquals": ["Never"], "Next": "Caught"}]},
        "Caught": {"Type": "Pass", "End": True},
    }
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Later"}]
    later = {"Later": {"Type": "Wait", "Seconds": 2, "End": True}}
    machine.start(over_items("Waits?", states, Catch=catch, more=later), items[:2])
    assert machine.output()["Error"] == "Ssm.ParameterNotFoundException"
    kinds = Counter(kind for kind, _ in machine.events())
    assert (kinds["TaskStateEntered"], kinds["MapIterationAborted"], kinds["MapIterationFailed"]) == (1, 1, 1)


def test_an_execution_that_was_stopped_within_a_map_can_be_redriven(
    aws: Aws, machine: Machine, local_aws: str, items: list[dict[str, str]]
) -> None:
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    states = {"Count": {**COUNT_REDRIVES, "Next": "Wait"}, "Wait": wait}
    machine.start(over_items("Count", states), items)
    wait_until("waits", lambda: Counter(kind for kind, _ in machine.events())["WaitStateEntered"] == 3)
    aws("stepfunctions").stop_execution(executionArn=machine.execution)
    with changed_settings(local_aws, wait_factor=0.001):
        machine.redrive()
        assert [item["redrives"] for item in machine.output()] == [0, 0, 0]


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_iterations_run_at_once_than_allowed(machine: Machine, local_aws: str, most: int) -> None:
    with changed_settings(local_aws, wait_factor=0.1):
        machine.start(
            over_items("Wait", {"Wait": {"Type": "Wait", "Seconds": 2, "End": True}}, MaxConcurrency=most),
            list(range(6)),
        )
        assert machine.output() == list(range(6))
    running = highest = 0
    for kind, _ in machine.events():
        running += {"MapIterationStarted": 1, "MapIterationSucceeded": -1}.get(kind, 0)
        highest = max(highest, running)
    assert highest == most


def test_more_iterations_than_a_function_has_processes_wait_for_one(machine: Machine, function: Make) -> None:
    arn = function(
        """
        import time
        def handler(event, context):
            time.sleep(0.2)
            return {"number": event["number"], "left": event["left"] - 1}
        """,
        Timeout=20,
    )
    invoke = {
        "Type": "Task",
        "Resource": INVOKE,
        "Parameters": {"FunctionName": arn, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "Next": "Done?",
    }
    done = {"Variable": "$.left", "NumericEquals": 0, "Next": "Done"}
    states = {
        "Invoke": invoke,
        "Done?": {"Type": "Choice", "Choices": [done], "Default": "Invoke"},
        "Done": {"Type": "Succeed"},
    }
    machine.start(over_items("Invoke", states), [{"number": number, "left": 2} for number in range(10)])
    assert machine.output() == [{"number": number, "left": 0} for number in range(10)]


def test_the_events_of_iterations_count(machine: Machine, local_aws: str) -> None:
    with changed_settings(local_aws, history_events=30):
        machine.start(over_items("Pass", {"Pass": {"Type": "Pass", "End": True}}), list(range(20)))
        closed = machine.closed()
        assert (closed["status"], "history events" in closed["cause"]) == ("FAILED", True)
        assert machine.events()[29:] == [("ExecutionFailed", None)]
