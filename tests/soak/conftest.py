"""The same deployment as for the end-to-end tests, on the local AWS only."""

from collections.abc import Callable

import pytest

from tests.support.fixtures import _aws, deployment, pytest_sessionstart

__all__ = ["_aws", "deployment", "pytest_sessionstart"]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints although the test succeeds."""

    def show(text: str) -> None:
        with capsys.disabled():
            print(text)

    return show
