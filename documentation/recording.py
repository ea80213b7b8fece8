"""`make demo` as a terminal shows it, in an SVG animated by CSS alone: each line appears when it was printed."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from html import escape

from documentation.errors import RecordingFailed
from set_up.paths import ROOT

_LONGEST_PAUSE_SECONDS = 1.5
_LAST_PAUSE_SECONDS = 10
_COLUMN_WIDTH, _LINE_HEIGHT, _MARGIN = 7.25, 16, 14

Line = tuple[float, str]
"""When it was printed, in seconds from the beginning, and what it says."""


def recording_of_the_demo() -> str:
    """Runs the demo, for a minute or two. Raises `RecordingFailed`."""
    demo = subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert demo.stdout  # noqa: S101
    begin = time.monotonic()
    lines = [(time.monotonic() - begin, line.rstrip()) for line in demo.stdout]
    if demo.wait():
        raise RecordingFailed("\n".join(text for _, text in lines))
    return _svg([(0, "$ make demo"), *_hurried(lines)])


def _hurried(lines: Sequence[Line]) -> list[Line]:
    """Without the long waits."""
    shown, before, at = [], 0.0, 0.0
    for seconds, text in lines:
        at += min(seconds - before, _LONGEST_PAUSE_SECONDS)
        before = seconds
        shown.append((at, text))
    return shown


def _svg(lines: Sequence[Line]) -> str:
    width = max(len(text) for _, text in lines) * _COLUMN_WIDTH + 2 * _MARGIN
    height = len(lines) * _LINE_HEIGHT + 2 * _MARGIN
    duration = lines[-1][0] + _LAST_PAUSE_SECONDS
    shown = [(number, seconds, text) for number, (seconds, text) in enumerate(lines) if text]
    appearances = [
        f"@keyframes l{number} {{ 0% {{ opacity: 0 }} {100 * seconds / duration:.2f}% {{ opacity: 1 }} }}"
        for number, seconds, _ in shown
        if seconds
    ]
    texts = [
        f'<text class="{"detail" if text.startswith(" ") else "heading"}" style="animation-name: l{number}" '
        f'x="{_MARGIN}" y="{_MARGIN + (number + 0.75) * _LINE_HEIGHT:g}">{escape(text)}</text>'
        for number, _, text in shown
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" xml:space="preserve">',
            "<title>make demo: the basic example is applied, a table backed up and rotated, and all is removed</title>",
            "<style>",
            "text { font: 12px ui-monospace, SFMono-Regular, Consolas, Menlo, monospace }",
            f"text {{ animation: {duration:.1f}s step-end infinite }}",
            ".detail { fill: #c9d1d9 }",
            ".heading { fill: #fff; font-weight: 600 }",
            "@media (prefers-reduced-motion: reduce) { text { animation: none } }",
            *appearances,
            "</style>",
            '<rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
            *texts,
            "</svg>",
            "",
        ]
    )
