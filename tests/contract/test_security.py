"""The commands of SECURITY.md that verify the zips."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLACEHOLDER = re.compile(r"\b[A-Z]+(?:/[A-Z]+)+\b|<[^>]+>")

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no checkout")


def test_the_page_says_what_takes_the_place_of_each_placeholder() -> None:
    page = (ROOT / "SECURITY.md").read_text()
    placeholders = {
        name for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for name in PLACEHOLDER.findall(block)
    }

    assert placeholders
    assert [name for name in placeholders if f"Instead of `{name}`, write " not in page] == []


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the index has, committed to a repository of its own."""
    for command in (
        f"git -C '{ROOT}' checkout-index --all --prefix='{tmp_path}/'",
        f"git -C '{tmp_path}' init --quiet && git -C '{tmp_path}' add --all",
        f"git -C '{tmp_path}' -c user.name=test -c user.email=test@example.com commit --quiet --message test",
    ):
        subprocess.run(command, shell=True, check=True)  # noqa: S602
    return tmp_path


def test_the_zips_are_verified_in_two_commands(clone: Path) -> None:
    page = (ROOT / "SECURITY.md").read_text().split("## Verifying the zips")[1]
    commands = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)[0]
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}

    def verified() -> subprocess.CompletedProcess[str]:
        return subprocess.run(["sh", "-c", commands], cwd=clone, env=environment, capture_output=True, text=True)

    assert len(commands.splitlines()) == 2
    answer = verified()
    assert (answer.returncode, answer.stdout) == (0, "")

    zip_file = clone / "lambdas" / "dist" / "functions.zip"
    zip_file.write_bytes(zip_file.read_bytes().replace(b"Backups", b"Secrets"))
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qam", "t"], cwd=clone, check=True
    )
    assert "lambdas/dist/functions.zip" in verified().stdout
