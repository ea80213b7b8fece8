"""The local AWS as a process that the demo starts, and that may outlive it.

`lock` is held by that process for as long as it lives, and names it. So a process id that now belongs to
somebody else is never taken for it.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ANNOUNCEMENT = "local AWS: "
START_SECONDS = 60
STOP_SECONDS = 10


class LocalAwsError(Exception):
    """The local AWS did not start."""


class LocalAws:
    """A local AWS whose log and lock are in `directory`; `project` is the directory of the project."""

    def __init__(self, project: Path, directory: Path) -> None:
        self._project = project
        self.log = directory / "local-aws.log"
        self._lock = directory / "local-aws.lock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> str:
        """Starts it on a free port, with options of `python -m local_aws`; returns its endpoint."""
        command = [sys.executable, "-m", "local_aws", "--port", "0", *options]
        with self._lock.open("a+") as lock, self.log.open("w") as log:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._process = subprocess.Popen(  # noqa: S603
                command,
                cwd=self._project,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[lock.fileno()],
                start_new_session=True,
            )
            lock.truncate(0)
            lock.write(str(self._process.pid))
        return self._endpoint()

    def stop(self) -> bool:
        """Ends it, no matter who started it; returns whether there was one."""
        if not self.is_running():
            return False
        process_id = int(self._lock.read_text())
        os.kill(process_id, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self.is_running():
            if self._process:
                self._process.poll()
            if time.monotonic() > deadline:
                os.killpg(process_id, signal.SIGKILL)
                deadline += STOP_SECONDS
            time.sleep(0.05)
        return True

    def is_running(self) -> bool:
        return self._lock.exists() and is_locked(self._lock)

    def _endpoint(self) -> str:
        assert self._process  # noqa: S101
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            for line in self.log.read_text().splitlines():
                if line.startswith(ANNOUNCEMENT):
                    return line.removeprefix(ANNOUNCEMENT).strip()
            time.sleep(0.1)
        raise LocalAwsError("the local AWS did not start:\n" + self.log.read_text())


def is_locked(file: Path) -> bool:
    with file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
