"""The output of the demo: headings, a line for each step, and on a terminal the progress of the current step."""

import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

LABEL_WIDTH = 24


class Step:
    """The current step; its outcome goes in `result`."""

    def __init__(self, label: str) -> None:
        self._label = label
        self.result = ""

    def progress(self, text: str) -> None:
        """Shown until the next one or the end of the step, and only on a terminal."""
        if sys.stdout.isatty():
            line = f"  {self._label:<{LABEL_WIDTH}}{'…':>7}   {text}"
            print(f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}", end="", flush=True)


class Terminal:
    """Prints, and remembers how long each step took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def heading(self, text: str) -> None:
        bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
        print(f"\n{bold}{text}{plain}", flush=True)

    def line(self, label: str, text: str, seconds: float | None = None) -> None:
        """A line for a step: its name, duration and outcome."""
        took = "" if seconds is None else f"{seconds:.1f} s"
        clear = "\r\033[K" if sys.stdout.isatty() else ""
        print(f"{clear}  {label:<{LABEL_WIDTH}}{took:>7}   {text}".rstrip(), flush=True)

    def fact(self, label: str, text: str) -> None:
        """A line of a summary."""
        print(f"  {label:<{LABEL_WIDTH}}{text}")

    @contextmanager
    def step(self, label: str) -> Iterator[Step]:
        """Times a step, and prints its line when it is done."""
        step, begin = Step(label), time.monotonic()
        step.progress("")
        yield step
        self.seconds[label] = time.monotonic() - begin
        self.line(label, step.result, self.seconds[label])

    def table(self, rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
        """Prints columns as wide as their contents."""
        cells = [list(columns), *([str(row[column]) for column in columns] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for row in cells:
            print(("    " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip())
