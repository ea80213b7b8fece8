"""What a test run observes of AWS where its documentation says nothing; pytest prints it at the end."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

Observe = Callable[[int, str], None]

PAGE = Path(__file__).parents[2] / "docs" / "real-account.md"

_OBSERVED = pytest.StashKey[dict[int, list[str]]]()


def headings() -> dict[int, str]:
    """The behaviours on the page, by number."""
    return {int(number): text for number, text in re.findall(r"^## (\d+)\. (.+)$", PAGE.read_text(), re.MULTILINE)}


@pytest.fixture(scope="session")
def observe(pytestconfig: pytest.Config) -> Observe:
    """Notes something about the behaviour with that number."""
    observed = pytestconfig.stash.setdefault(_OBSERVED, {})

    def note(number: int, what: str) -> None:
        observed.setdefault(number, []).append(what)

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    observed = config.stash.get(_OBSERVED, {})
    if not observed:
        return
    terminalreporter.section(f"observed, where AWS documents nothing (docs/{PAGE.name})")
    for number, heading in headings().items():
        terminalreporter.write_line(f"{number}. {heading}")
        for what in observed.get(number, ["not observed"]):
            terminalreporter.write_line(f"   {what}")
