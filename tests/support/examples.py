"""An example, as a reader of its README applies it and looks at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.deployment import Deployment
from tests.support.fixtures import PATIENCE_SECONDS
from tests.support.pages import Shell, answer, clone, commands


class Reader:
    """Has applied the example, and stays in its directory."""

    def __init__(self, example: str, shell: Shell) -> None:
        self.shell = shell
        self._page = f"examples/{example}/README.md"
        shell.run(self.commands("Apply")[0])
        self.outputs: dict[str, Any] = {
            name: output["value"] for name, output in answer(shell.run("terraform output -json\n")).items()
        }

    def commands(self, heading: str) -> list[str]:
        """Each block of commands under a heading of the README."""
        return commands(self._page, heading)

    def deployment(self, **more: Any) -> Deployment:  # noqa: ANN401 (any output)
        """The outputs, and more of them, as those of a deployment."""
        values = self.outputs | {"vault_name": self.outputs["backup_vault_name"]} | more
        return Deployment({name: {"value": value} for name, value in values.items()}, PATIENCE_SECONDS)

    def assert_nothing_to_change(self) -> None:
        self.shell.run("terraform plan -detailed-exitcode\n")


@contextmanager
def applied(example: str, directory: Path) -> Iterator[Reader]:
    with Shell(clone(directory) / "examples" / example) as shell:
        yield Reader(example, shell)
