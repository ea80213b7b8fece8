"""The files of Lambda's execution environments: unpacked archives and what `/var/runtime` holds."""

import hashlib
import importlib.util
import io
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path

PROVIDED = (
    "awslambdaric",
    "snapshot_restore_py",
    "simplejson",
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "dateutil",
    "urllib3",
    "six",
)
"""The packages that Lambda's Python runtimes include."""

_building = threading.RLock()


def _once(build: Callable[..., Path]) -> Callable[..., Path]:
    """Caches, and lets only one thread build at a time."""
    cached = cache(build)

    @wraps(build)
    def built(*arguments: bytes) -> Path:
        with _building:
            return cached(*arguments)

    return built


@_once
def scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="local-aws-"))


@_once
def unpacked(archive: bytes) -> Path:
    directory = scratch() / hashlib.sha256(archive).hexdigest()[:16]
    with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
        zipped.extractall(directory)
    return directory


@_once
def var_runtime() -> Path:
    directory = scratch() / "var-runtime"
    directory.mkdir()
    (directory / "runtime_client.py").symlink_to(Path(__file__).parent / "var_runtime/runtime_client.py")
    for name in PROVIDED:
        spec = importlib.util.find_spec(name)
        if spec and spec.origin:
            origin = Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)
            (directory / origin.name).symlink_to(origin)
    return directory


def remove() -> None:
    """Removes all of these files."""
    shutil.rmtree(scratch(), ignore_errors=True)
