"""The dashboard as a drawing: the widgets that Terraform defines, and what they show of an example."""

import json
import subprocess
import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from documentation.errors import DrawingFailed
from documentation.example_metrics import DAYS, FAILURES, RULES, STATE_MACHINE, points
from documentation.metric_math import Series, lines

_UNIT = 40
"""Pixels of a unit of CloudWatch's grid, which is 24 units wide."""

_COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c")

# What the dashboard refers to.
_MODULE = {
    "variable": {
        "name": {"default": STATE_MACHINE},
        "dashboard": {"default": True},
        "rules": {"default": {rule: {"verify": True} for rule in RULES}},
    },
    "locals": {
        "region": "us-east-1",
        "state_machine_arn": STATE_MACHINE,
        "function_log_groups": {"report_result": "report-result"},
    },
}


def drawing_of_the_dashboard(source: Path) -> str:
    """SVG. Raises `DrawingFailed`."""
    widgets = list(_placed(_rendered(source)["widgets"]))
    height = max(y + widget["height"] for _, y, widget in widgets) * _UNIT
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * _UNIT} {height}">',
            "<title>The dashboard, with invented figures of four weeks</title>",
            "<style>",
            "text { font: 12px system-ui, Helvetica, Arial, sans-serif; fill: #1f2328 }",
            ".title { font-weight: 600 }",
            ".small { font-size: 11px; fill: #57606a }",
            ".end { text-anchor: end }",
            "rect { fill: #fff; stroke: #d0d7de }",
            "path { fill: none; stroke: #d0d7de; stroke-linecap: round; stroke-linejoin: round }",
            ".line { stroke-width: 2.5 }",
            "@media (prefers-color-scheme: dark) {",
            "text { fill: #e6edf3 } .small { fill: #a8b1bb }",
            "rect { fill: #0d1117; stroke: #30363d } path { stroke: #30363d }",
            "}",
            "</style>",
            *(line for x, y, widget in widgets for line in _widget(x, y, widget)),
            "</svg>",
            "",
        ]
    )


def _rendered(source: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / source.name).write_text(source.read_text())
        (Path(directory) / "module.tf.json").write_text(json.dumps(_MODULE))
        _terraform(directory, "init", "-input=false")
        rendered = _terraform(directory, "console", said="jsonencode(local.dashboard)\n")
    dashboard: dict[str, Any] = json.loads(json.loads(rendered.replace("$${", "${")))
    return dashboard


def _terraform(directory: str, *arguments: str, said: str = "") -> str:
    command = ["terraform", f"-chdir={directory}", *arguments]
    terraform = subprocess.run(command, input=said, capture_output=True, text=True, check=False)  # noqa: S603
    if terraform.returncode:
        raise DrawingFailed(f"{' '.join(command)} failed: {terraform.stderr}")
    return terraform.stdout


def _placed(widgets: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """Where CloudWatch places widgets that don't say it: from left to right, as many in a row as fit."""
    x = y = row_height = 0
    for widget in widgets:
        if x + widget["width"] > 24:
            x, y = 0, y + row_height
        yield x, y, widget
        x, row_height = x + widget["width"], widget["height"]


def _widget(x: int, y: int, widget: Mapping[str, Any]) -> Iterator[str]:
    width, height = widget["width"] * _UNIT - 10, widget["height"] * _UNIT - 10
    draw = {"text": _text, "log": _log, "metric": _graph}[widget["type"]]
    yield f'<g transform="translate({x * _UNIT + 5} {y * _UNIT + 5})">'
    yield f'<rect width="{width}" height="{height}" rx="4"/>'
    yield from draw(widget["properties"], width, height)
    yield "</g>"


def _said(x: float, y: float, text: str, of: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{of}">{escape(text)}</text>'


def _text(properties: Mapping[str, Any], width: int, _height: int) -> Iterator[str]:
    for number, line in enumerate(textwrap.wrap(properties["markdown"].replace("**", "").replace("`", ""), width // 6)):
        yield _said(15, 25 + 18 * number, line)


def _log(properties: Mapping[str, Any], width: int, _height: int) -> Iterator[str]:
    yield _said(15, 25, properties["title"], "title")
    columns = properties["query"].split(" | ")[1].removeprefix("fields ").split(", ")
    rows = [
        {"@timestamp": f"day {day + 1}", "rule": rule, "status": "FAILED", "step": step, "error": error}
        for (rule, day), (step, error) in reversed(FAILURES.items())
    ]
    for number, column in enumerate(columns):
        x = 15 + number * (width - 30) / len(columns)
        yield _said(x, 55, column, "small")
        for line, row in enumerate(rows):
            yield _said(x, 80 + 22 * line, row.get(column, f"{row['rule']}-…"))


def _graph(properties: Mapping[str, Any], width: int, height: int) -> Iterator[str]:
    left, right, top, bottom = 60, width - 15, 60, height - 55
    drawn = list(lines(properties, points()))
    highest = max(filter(None, (value for _, series in drawn for value in series.values)))
    yield _said(15, 25, properties["title"], "title")
    yield _said(15, 43, properties["yAxis"]["left"]["label"], "small")
    yield f'<path d="M{left} {top}H{right}M{left} {bottom}H{right}"/>'
    yield _said(left - 6, top + 4, _short(highest), "small end")
    yield _said(left - 6, bottom + 4, "0", "small end")
    yield _said(left, bottom + 16, "day 1", "small")
    yield _said(right, bottom + 16, f"day {DAYS}", "small end")
    for number, (label, series) in enumerate(drawn):
        color, x = _COLORS[number], left + 130 * number
        path = _path(series, (right - left) / len(series.values), (bottom - top) / highest)
        yield f'<path class="line" transform="translate({left} {bottom})" d="{path}" style="stroke: {color}"/>'
        yield f'<circle cx="{x}" cy="{height - 19}" r="4" style="fill: {color}"/>'
        last = next((value for value in reversed(series.values) if value is not None), 0)
        yield _said(x + 10, height - 15, label.replace("${LAST}", f"{last:.3g}"))


def _short(number: float) -> str:
    """As CloudWatch labels an axis: 2.73G."""
    factor, unit = next((pair for pair in ((10**9, "G"), (10**6, "M"), (10**3, "k")) if number >= pair[0]), (1, ""))
    return f"{number / factor:.3g}{unit}"


def _path(series: Series, x_scale: float, y_scale: float) -> str:
    """A line with gaps where there are no values, and a dot for one between gaps."""
    path, before = "", None
    for period, value in enumerate(series.values):
        if value is not None:
            point = f"{period * x_scale:.1f} {-value * y_scale:.1f}"
            path += f"L{point}" if before is not None else f"M{point}h0"
        before = value
    return path
