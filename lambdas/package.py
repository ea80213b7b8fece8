"""Builds the two zips that the module ships; run it after a change of the source or of requirements.txt.

`dist/functions.zip` holds the packages `rotator` and `masking`, `dist/dependencies.zip` a Lambda layer with what they
import (https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html). The zips are committed, so that nothing is
built when the module is applied. The same source makes the same bytes wherever it is built: entries are sorted, have
one date and one mode, and are not compressed, since the output of deflate differs between builds of zlib.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

LAMBDAS = Path(__file__).parent
DIST = LAMBDAS / "dist"
EXAMPLE = LAMBDAS.parent / "examples" / "hook"

_EARLIEST_DATE_OF_A_ZIP = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644

# Written by pip, and different from one machine to the next.
_WRITTEN_BY_PIP = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}

# The parts of Powertools that its Logger imports. The rest, handlers of HTTP events most of all, is far larger.
_POWERTOOLS = "aws_lambda_powertools"
_PARTS_OF_POWERTOOLS = {"exceptions", "logging", "metrics", "shared", "tracing", "utilities", "warnings"}
_UTILITIES_OF_POWERTOOLS = {"__init__.py", "jmespath_utils", "typing"}


def build(directory: Path) -> None:
    """Writes `functions.zip` and `dependencies.zip` into a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    source = LAMBDAS / "src"
    _write_zip(directory / "functions.zip", source, "", _files(source))
    with tempfile.TemporaryDirectory() as temporary:
        installed = Path(temporary)
        _install_requirements(installed)
        _write_zip(directory / "dependencies.zip", installed, "python/", filter(_is_used, _files(installed)))


def _install_requirements(target: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    exactly = ["--no-compile", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    requirements = ["--requirement", str(LAMBDAS / "requirements.txt")]
    subprocess.run([*pip, *exactly, *requirements, "--target", str(target)], check=True)  # noqa: S603


def _files(directory: Path) -> Iterator[Path]:
    """The files below a directory, relative to it, without what Python and pip leave behind."""
    for path in directory.rglob("*"):
        relative = path.relative_to(directory)
        left_behind = path.suffix == ".pyc" or path.name in _WRITTEN_BY_PIP or relative.parts[0].endswith(".egg-info")
        if path.is_file() and not left_behind:
            yield relative


def _is_used(file: Path) -> bool:
    package, *inside = file.parts
    if package == "bin":
        return False
    if package != _POWERTOOLS or len(inside) == 1:
        return True
    part, inner = inside[:2]
    return part in _PARTS_OF_POWERTOOLS and (part != "utilities" or inner in _UTILITIES_OF_POWERTOOLS)


def _write_zip(path: Path, root: Path, prefix: str, files: Iterator[Path]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(files, key=Path.as_posix):
            entry = zipfile.ZipInfo(prefix + file.as_posix(), _EARLIEST_DATE_OF_A_ZIP)
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = _MODE << 16
            archive.writestr(entry, (root / file).read_bytes())


def build_example(directory: Path) -> None:
    """Writes `mask_emails.zip`, the function of an example, into a directory."""
    _write_zip(directory / "mask_emails.zip", EXAMPLE, "", iter([Path("mask_emails.py")]))


if __name__ == "__main__":
    build(DIST)
    build_example(EXAMPLE)
