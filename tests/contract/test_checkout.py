"""A checkout has the same bytes on every system, because hashes of files are part of the plan."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WINDOWS = {"core.autocrlf": "true", "core.eol": "crlf"}
UNIX = {"core.autocrlf": "false", "core.eol": "lf"}

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no checkout")


def git(*arguments: str, settings: dict[str, str] | None = None) -> str:
    options = [part for name, value in (settings or {}).items() for part in ("-c", f"{name}={value}")]
    return subprocess.run(["git", *options, *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def checked_out(directory: Path, settings: dict[str, str]) -> dict[Path, bytes]:
    git("checkout-index", "--all", f"--prefix={directory}/", settings=settings)
    return {file.relative_to(directory): file.read_bytes() for file in directory.rglob("*") if file.is_file()}


def test_a_checkout_on_windows_has_the_same_bytes(tmp_path: Path) -> None:
    expected = checked_out(tmp_path / "unix", UNIX)
    on_windows = checked_out(tmp_path / "windows", WINDOWS)

    assert [str(file) for file in sorted(expected) if on_windows[file] != expected[file]] == []
    assert len(on_windows) == len(expected) == len(git("ls-files").splitlines())


def test_zips_are_neither_converted_nor_merged() -> None:
    zips = git("ls-files", "*.zip").split()
    attributes = git("check-attr", "text", "merge", "--", *zips).splitlines()

    assert zips
    assert {line.rpartition(": ")[2] for line in attributes} == {"unset"}
