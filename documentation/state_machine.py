"""The state machine as a drawing, by Graphviz."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from documentation.errors import DrawingFailed

_SHAPES = {
    "Task": 'style="rounded,filled" color="#8250df" fillcolor="#f3ecff"',
    "Choice": 'shape=hexagon style=filled color="#8c959f" fillcolor="#f6f8fa"',
    "Wait": 'style="rounded,dashed" color="#8c959f"',
    "Succeed": 'style="rounded,filled" color="#1a7f37" fillcolor="#e6f6ea"',
}


def drawing_of_the_state_machine(template: Path) -> str:
    """SVG. Of each choice, an edge says what the value is compared with. Raises `DrawingFailed`."""
    if shutil.which("dot") is None:
        raise DrawingFailed("Graphviz draws the state machine, and dot is not in PATH (Debian: apt install graphviz)")
    graph = "\n".join(["digraph {", *_graph(_definition(template)), "}"])
    dot = subprocess.run(["dot", "-Tsvg"], input=graph, capture_output=True, text=True, check=False)  # noqa: S607
    if dot.returncode:
        raise DrawingFailed(f"dot failed: {dot.stderr}")
    return dot.stdout


def _definition(template: Path) -> dict[str, Any]:
    """The definition, with a number for each placeholder that is not in a string."""
    definition: dict[str, Any] = json.loads(re.sub(r": \$\{\w+\}", ": 1", template.read_text()))
    return definition


def _graph(definition: dict[str, Any]) -> Iterator[str]:
    yield "bgcolor=white nodesep=0.3 ranksep=0.25 node [shape=box height=0.4 fontname=Helvetica fontsize=12]"
    yield 'edge [color="#57606a" arrowsize=0.6 fontname=Helvetica fontsize=10 fontcolor="#57606a"]'
    yield f'start [label="" shape=circle height=0.15 style=filled fillcolor=black] start -> "{definition["StartAt"]}"'
    for name, state in definition["States"].items():
        yield f'"{name}" [{_SHAPES[state["Type"]]}]'
        for choice in state.get("Choices", []):
            yield f'"{name}" -> "{choice["Next"]}" [label={json.dumps(_compared_with(choice))}]'
        default = state.get("Default", state.get("Next"))
        if default:
            yield f'"{name}" -> "{default}" [label="{"else" if "Default" in state else ""}"]'


def _compared_with(choice: dict[str, Any]) -> str:
    condition = choice["And"][-1] if "And" in choice else choice
    ((operator, value),) = ((key, condition[key]) for key in condition if key not in ("Variable", "Next"))
    return f"> {value}" if operator == "NumericGreaterThan" else json.dumps(value)
