"""The local AWS as a process: `running` for as long as a block runs, `LocalAws` for one that may outlive its starter.

Its lock file names the process, which holds the lock for as long as it lives. A process ID that the operating system
has since given to another process is therefore never mistaken for it.
"""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ANNOUNCEMENT = "local AWS: "
START_SECONDS = 60
STOP_SECONDS = 10
POLLING_SECONDS = 0.05

PROJECT = Path(__file__).resolve().parents[1]


class LocalAwsError(Exception):
    """The local AWS did not start."""


@contextmanager
def running(**settings: object) -> Iterator[str]:
    """Yields the endpoint of a local AWS that writes its log to this process's stderr.

    `settings` are the options of `python -m local_aws`, with underscores; `port` defaults to any free port.
    """
    with tempfile.TemporaryDirectory() as directory:
        local_aws = LocalAws(Path(directory))
        try:
            yield local_aws.start(detached=False, **settings)
        finally:
            local_aws.stop()


class LocalAws:
    """The local AWS whose files are in `directory`, no matter which process started it."""

    def __init__(self, directory: Path) -> None:
        self.log = directory / "local-aws.log"
        self._output = directory / "local-aws.out"
        self._lock = directory / "local-aws.lock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, detached: bool = True, **settings: object) -> str:
        """Starts it and returns its endpoint; see `running` for the settings.

        A detached one writes to `log`, and runs until `stop`, even if this process ends first.
        """
        command = [sys.executable, "-m", "local_aws", *_options({"port": 0, **settings})]
        with self._lock.open("a+") as lock, self._output.open("w") as output, self.log.open("w") as log:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._process = subprocess.Popen(
                command,
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log if detached else None,
                pass_fds=[lock.fileno()],
                start_new_session=detached,
            )
            lock.truncate(0)
            lock.write(str(self._process.pid))
        return self._announced_endpoint()

    def stop(self) -> bool:
        """Stops it; returns whether it was running."""
        if not self.is_running():
            return False
        process_id = int(self._lock.read_text())
        os.kill(process_id, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self.is_running():
            if time.monotonic() > deadline:
                os.kill(process_id, signal.SIGKILL)
                deadline += STOP_SECONDS
            time.sleep(POLLING_SECONDS)
        if self._process:
            self._process.wait()
        return True

    def is_running(self) -> bool:
        return self._lock.exists() and _is_locked(self._lock)

    def _announced_endpoint(self) -> str:
        assert self._process
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            line, complete, _ = self._output.read_text().partition("\n")
            if complete:
                return line.removeprefix(ANNOUNCEMENT)
            time.sleep(POLLING_SECONDS)
        raise LocalAwsError(f"the local AWS did not start\n{self.log.read_text()}".rstrip())


def _options(settings: dict[str, object]) -> Iterator[str]:
    for name, value in settings.items():
        yield f"--{name.replace('_', '-')}"
        yield from map(str, value if isinstance(value, tuple) else [value])


def _is_locked(file: Path) -> bool:
    with file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
