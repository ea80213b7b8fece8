"""Runs Lambda functions from their deployed zips, each execution environment in a process of its own.

The process is AWS's own runtime (`awslambdaric`) and calls the Runtime API of `runtime_api`. It can import what it
could import on AWS and nothing else: the function's code, its layers, and the contents of `/var/runtime`.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import Empty

from local_aws.faults import Fault
from local_aws.lambda_functions import files as lambda_files
from local_aws.lambda_functions.files import scratch, unpacked, var_runtime
from local_aws.lambda_functions.runtime_api import Event, Outcome, RuntimeApi

MOST_ENVIRONMENTS = 4
"""Execution environments of one function at once. AWS starts up to 1,000; more events than this wait here."""

INIT_SECONDS = 10
"""How long AWS lets a function start before the time counts against its timeout."""


@dataclass(frozen=True)
class Function:
    """Everything that an execution environment of a function depends on."""

    arn: str
    handler: str
    runtime: str
    timeout: int
    code: bytes = field(repr=False)
    layers: tuple[bytes, ...] = field(repr=False)
    environment: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True)
class Invocation:
    """The outcome of one event: the payload is what the function returned, or Lambda's description of the error."""

    request_id: str
    payload: bytes
    failed: bool
    log: list[str]
    log_stream: str
    seconds: float


@dataclass(frozen=True)
class Request:
    """One event; a fault may have the process killed."""

    id: str
    event: bytes
    trace_header: str
    fault: Fault | None = None


def invoke(function: Function, request: Request) -> Invocation:
    """Runs the function on the event in a warm environment, or in a new one."""
    pool = _pool_for(function)
    environment = pool.acquire()
    keep = False
    try:
        invocation, keep = environment.run(request)
        return invocation
    finally:
        pool.release(environment, keep)


def forget(function_arn: str) -> None:
    """Ends the function's environments, because it was deleted."""
    with _lock:
        pool = _pools.pop(function_arn, None)
    if pool:
        pool.retire()


def close() -> None:
    """Ends all environments and starts no more."""
    global _closed
    with _lock:
        _closed = True
        environments = list(_environments)
    for environment in environments:
        environment.end()
    lambda_files.remove()


_lock = threading.Lock()
_closed = False
_pools: dict[str, "_Pool"] = {}
_environments: set["_Environment"] = set()


class _Pool:
    """The environments of one function in its current configuration."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self._changed = threading.Condition()
        self._idle: list[_Environment] = []
        self._count = 0
        self._retired = False

    def acquire(self) -> "_Environment":
        with self._changed:
            self._changed.wait_for(lambda: self._idle or self._count < MOST_ENVIRONMENTS)
            while self._idle:
                environment = self._idle.pop()
                if environment.alive():
                    return environment
                environment.end()
                self._count -= 1
            self._count += 1
        try:
            return _Environment(self.function)
        except BaseException:
            with self._changed:
                self._count -= 1
                self._changed.notify()
            raise

    def release(self, environment: "_Environment", keep: bool) -> None:
        with self._changed:
            keep = keep and not self._retired
            if keep:
                self._idle.append(environment)
            else:
                self._count -= 1
            self._changed.notify()
        if not keep:
            environment.end()

    def retire(self) -> None:
        with self._changed:
            self._retired = True
            idle, self._idle = self._idle, []
            self._count -= len(idle)
        for environment in idle:
            environment.end()


def _pool_for(function: Function) -> _Pool:
    with _lock:
        old = _pools.get(function.arn)
        if old and old.function == function:
            return old
        pool = _pools[function.arn] = _Pool(function)
    if old:
        old.retire()
    return pool


class _Environment:
    """One process that runs one event at a time."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.log_stream = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{uuid.uuid4().hex}"
        self._log_path = scratch() / f"log-{uuid.uuid4().hex}"
        self._log_read = 0
        task = unpacked(function.code)
        self._api = RuntimeApi(function.arn)
        variables = self._variables()
        with self._log_path.open("wb") as log, _lock:
            if _closed:
                raise RuntimeError("the local AWS is stopping")
            self._process = subprocess.Popen(
                # -S keeps the interpreter's own site-packages out.
                [sys.executable, "-S", "-m", "awslambdaric", function.handler],
                cwd=task,
                env=variables,
                # A file, unlike a pipe, is complete as soon as the result is available.
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
            _environments.add(self)
        threading.Thread(target=self._watch, daemon=True).start()

    def _variables(self) -> dict[str, str]:
        task = unpacked(self.function.code)
        path = [task]
        # A later layer covers an earlier one.
        for layer in map(unpacked, reversed(self.function.layers)):
            path += [layer / "python/lib" / self.function.runtime / "site-packages", layer / "python"]
        path.append(var_runtime())
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "TMPDIR": str(scratch()),
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "LAMBDA_TASK_ROOT": str(task),
            "LAMBDA_RUNTIME_DIR": str(var_runtime()),
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "AWS_LAMBDA_LOG_STREAM_NAME": self.log_stream,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.function.runtime}",
            "_HANDLER": self.function.handler,
            **dict(self.function.environment),
        }

    def alive(self) -> bool:
        return self._process.poll() is None

    def run(self, request: Request) -> tuple[Invocation, bool]:
        """Runs one event; the second value is whether the environment can be reused."""
        self._api.started.wait(INIT_SECONDS)
        begin = time.monotonic()
        outcome = self._outcome(request)
        if outcome.exit_code is not None:
            outcome = Outcome.of_sandbox("Runtime.ExitError", request.id, _exit_message(outcome.exit_code))
        log = [*self._new_log_lines(), *([outcome.log_line] if outcome.log_line else [])]
        invocation = Invocation(
            request.id, outcome.payload, outcome.failed, log, self.log_stream, time.monotonic() - begin
        )
        return invocation, outcome.reusable

    def _outcome(self, request: Request) -> Outcome:
        kill = request.fault.kill if request.fault else None
        if kill == "before":
            self._process.kill()
        else:
            deadline = time.time() + self.function.timeout
            self._api.events.put(Event(request.id, request.event, deadline, request.trace_header))
        try:
            with self._killed_after(request.fault.seconds if request.fault and kill == "during" else None):
                outcome = self._api.outcomes.get(timeout=self.function.timeout)
        except Empty:
            message = f"Error: Task timed out after {self.function.timeout:.2f} seconds"
            return Outcome.of_sandbox("Sandbox.Timedout", request.id, message)
        if kill == "after" and outcome.exit_code is None:
            self._process.kill()
            return self._api.outcomes.get()
        return outcome

    @contextlib.contextmanager
    def _killed_after(self, seconds: float | None) -> Iterator[None]:
        if seconds is None:
            yield
            return
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._api.close()
        self._log_path.unlink(missing_ok=True)
        with _lock:
            _environments.discard(self)

    def _watch(self) -> None:
        self._api.outcomes.put(Outcome(b"", failed=True, reusable=False, exit_code=self._process.wait()))
        self._api.started.set()

    def _new_log_lines(self) -> list[str]:
        with contextlib.suppress(FileNotFoundError), self._log_path.open("rb") as log:
            log.seek(self._log_read)
            new = log.read()
            self._log_read += len(new)
            # The runtime writes the lines of one message with carriage returns between them.
            lines = new.decode(errors="replace").split("\n")
            return [line.replace("\r", "\n") for line in lines if line]
        return []


def _exit_message(code: int) -> str:
    if code == 0:
        return "Error: Runtime exited without providing a reason"
    reason = f"signal: {signal.strsignal(-code)}".lower() if code < 0 else f"exit status {code}"
    return f"Error: Runtime exited with error: {reason}"
