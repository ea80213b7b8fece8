"""The commands on the pages of the documentation, as a reader runs them in a terminal."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 300

_DONE = "-- the commands have succeeded --"


def commands(page: str, heading: str) -> list[str]:
    """Each block of commands under a heading."""
    section = (ROOT / page).read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^ *```sh\n(.*?)```", section, re.MULTILINE | re.DOTALL)


def answer(printed: str) -> Any:  # noqa: ANN401 (whatever a function answers)
    """What a function answers, which the CLI prints before its own response."""
    return json.JSONDecoder().raw_decode(printed[printed.index("{") :])[0]


def clone(directory: Path) -> Path:
    """What a reader would have cloned, as far as Terraform needs it."""
    unneeded = shutil.ignore_patterns(".*", "__pycache__", "tests", "*.tfstate*")
    return Path(shutil.copytree(ROOT, directory / "clone", ignore=unneeded))


class Shell:
    """A shell in which a reader runs one block after another, and approves what Terraform plans."""

    def __init__(self, directory: Path) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-eu", "-o", "pipefail"],
            cwd=directory,
            env={
                **os.environ,
                "PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}",
                "TF_CLI_ARGS_apply": "-auto-approve",
                "TF_CLI_ARGS_destroy": "-auto-approve",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self._bash.stdin
        # Version 1 of the CLI, which PyPI has, ignores the variable for SQS.
        self._bash.stdin.write('aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }\n')

    def run(self, *blocks: str, **placeholders: str) -> str:
        """What the blocks print. `<a placeholder>` is filled in from `a_placeholder`. Fails where a command fails."""
        assert blocks, "there are no commands"
        assert self._bash.stdin
        assert self._bash.stdout
        text = "".join(blocks)
        for name, value in placeholders.items():
            assert f"<{name.replace('_', ' ')}>" in text
            text = text.replace(f"<{name.replace('_', ' ')}>", value)
        impatience = threading.Timer(PATIENCE_SECONDS, self._bash.kill)
        impatience.start()
        self._bash.stdin.write(f"{{\n{text}}} < /dev/null\necho; echo '{_DONE}'\n")
        self._bash.stdin.flush()
        printed: list[str] = []
        for line in self._bash.stdout:
            if line.strip() == _DONE:
                impatience.cancel()
                return "".join(printed)
            printed.append(line)
        impatience.cancel()
        raise AssertionError(f"{text} failed or took more than {PATIENCE_SECONDS} s: {''.join(printed)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bash.kill()
        self._bash.communicate()
