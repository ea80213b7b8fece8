"""The pictures show the module as it is."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from documentation.dashboard import drawing_of_the_dashboard
from documentation.example_metrics import SECONDS
from documentation.metric_math import lines
from documentation.pictures import PICTURES, Picture

ROOT = Path(__file__).parents[2]
HOUR = 60 * 60


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.file.name)
def test_a_picture_is_made_from_the_sources_as_they_are(picture: Picture, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    changed.write_text(picture.sources[0].read_text() + " ")

    assert picture.is_current(), "run `make docs`"
    assert not replace(picture, sources=(changed, *picture.sources[1:])).is_current()


def test_the_picture_of_a_rotation_has_the_steps_of_the_state_machine_in_order() -> None:
    template = (ROOT / "statemachine" / "restore_backup.asl.json").read_text()
    states = json.loads(re.sub(r": \$\{\w+\}", ": 1", template))["States"]
    tasks = [name for name, state in states.items() if state["Type"] == "Task"]
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", (ROOT / "docs" / "rotation.svg").read_text())

    drawn = [text for text in texts if text in tasks or text == "Your hook"]

    assert drawn == [
        {"Run Hook Function": "Your hook"}.get(name, name)
        for name in tasks
        if name not in ("Start Restore Job", "Run Hook State Machine")
    ]


def test_the_picture_of_a_rotation_has_the_queues_and_the_functions_that_are_no_steps() -> None:
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", (ROOT / "docs" / "rotation.svg").read_text())
    functions = re.findall(
        r'^    (\w+) = \{\n +description = .*\n +environment = "(\w+)"', source("functions.tf"), re.M
    )
    queues = re.findall(r'^    \w+ += "\$\{var\.name\}-([\w-]+)"$', source("main.tf"), re.M)

    assert len(functions) == 9
    assert len(queues) == 3
    assert {*queues, *(name for name, kind in functions if kind != "step")} <= {*texts}


def test_the_drawing_of_the_dashboard_has_what_terraform_renders() -> None:
    assert source("docs/dashboard.svg").startswith(drawing_of_the_dashboard(ROOT / "dashboard.tf"))


def test_the_graph_of_ages_is_drawn_as_the_time_since_the_last_success() -> None:
    expression, metric = (
        "IF(FILL(IF(s, EPOCH(s)), REPEAT), (EPOCH(s) - FILL(IF(s, EPOCH(s)), REPEAT)) / 3600)",
        "Succeeded",
    )
    graph = {
        "period": 24 * HOUR,
        "metrics": [
            [{"expression": expression, "label": "age"}],
            ["Rotator", metric, "rule", "staging", {"id": "s", "stat": "Sum", "period": HOUR, "visible": False}],
        ],
    }

    ((label, series),) = lines(graph, {(metric, "staging"): [(2 * HOUR, 1), (5 * HOUR + 60, 1)]})

    assert label == "age"
    assert series.values[:8] == [None, None, 0, 1, 2, 0, 1, 2]
    assert series.values[-1] == SECONDS // HOUR - 6


def source(name: str) -> str:
    return (ROOT / name).read_text()
