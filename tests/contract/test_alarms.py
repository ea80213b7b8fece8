"""The alarm for max_age_hours watches the metric that the functions put, and the documentation has each alarm."""

import json
import re
from pathlib import Path

import pytest

from rotator.metrics import put_success_metric
from tests.support.rotations import invocation

ROOT = Path(__file__).parents[2]


def test_the_alarm_of_a_rule_watches_the_metric_of_its_rotations(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "rotator")
    put_success_metric(invocation())
    put = json.loads(capsys.readouterr().out)
    (metrics,) = put["_aws"]["CloudWatchMetrics"]
    block = re.search(r"    metric \{\n(.*?)\n    \}", (ROOT / "alarms.tf").read_text(), re.DOTALL)
    assert block
    watched = dict(re.findall(r"^ +(\w+) += (.*)$", block[1], re.MULTILINE))

    assert watched["namespace"] == f'"{metrics["Namespace"]}"'
    assert [watched["metric_name"]] == [f'"{metric["Name"]}"' for metric in metrics["Metrics"]]
    dimensions = dict(re.findall(r"(\w+) = ([\w.]+)", watched["dimensions"]))
    assert dimensions == {"rule": "each.key", "service": "var.name"}
    assert [dimensions.keys()] == [{*names} for names in metrics["Dimensions"]]
    assert (put["rule"], put["service"]) == ("staging", "rotator")
    assert "POWERTOOLS_SERVICE_NAME = var.name\n" in (ROOT / "functions.tf").read_text()


def test_a_page_says_what_to_do_about_each_alarm() -> None:
    code = (ROOT / "alarms.tf").read_text()
    alarms = [*re.findall(r"^    ([\w-]+) = \{$", code, re.MULTILINE), "overdue-<rule>"]
    page = (ROOT / "docs/operating.md").read_text()
    section = page.split("\n## When an alarm is raised\n")[1].split("\n## ")[0]
    first_cells = re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE)

    assert '"${var.name}-overdue-${each.key}"' in code
    assert re.findall(r"`([^`]+)`", " ".join(first_cells)) == alarms
