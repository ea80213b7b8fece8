"""Pictures that are made from sources, and hold a hash of them, by which one that is out of date is recognised."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from documentation.dashboard import drawing_of_the_dashboard
from documentation.recording import recording_of_the_demo
from documentation.state_machine import drawing_of_the_state_machine
from set_up.paths import ROOT

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Picture:
    """An SVG file, the files that it is made from, and what makes it."""

    file: Path
    sources: tuple[Path, ...]
    make: Callable[[], str]

    def is_current(self) -> bool:
        return self.file.is_file() and self.file.read_text().endswith(self._mark())

    def write(self) -> None:
        mark = self._mark()
        self.file.write_text(self.make() + mark)

    def _mark(self) -> str:
        return f"<!-- Made by make docs. Hash of the sources: {_hash(self.sources)} -->\n"


def _hash(files: Iterable[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


_DEFINITION = ROOT / "statemachine" / "restore_backup.asl.json"
_DASHBOARD = ROOT / "dashboard.tf"

PICTURES = (
    Picture(
        ROOT / "docs" / "state-machine.svg",
        (_DEFINITION, _HERE / "state_machine.py"),
        lambda: drawing_of_the_state_machine(_DEFINITION),
    ),
    Picture(
        ROOT / "docs" / "dashboard.svg",
        (_DASHBOARD, *(_HERE / name for name in ("dashboard.py", "example_metrics.py", "metric_math.py"))),
        lambda: drawing_of_the_dashboard(_DASHBOARD),
    ),
    Picture(
        ROOT / "docs" / "demo.svg",
        (
            *sorted((ROOT / "demo").glob("*.py")),
            *sorted((ROOT / "examples" / "basic").glob("*.tf")),
            _DEFINITION,
            _HERE / "recording.py",
        ),
        recording_of_the_demo,
    ),
)
