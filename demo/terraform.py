"""Runs Terraform: progress goes to a callback, errors become exceptions, state stays outside the configuration."""

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Progress = Callable[[str], None]

ERRORS_SHOWN = 5
GRACE_SECONDS = 2
PATIENCE_SECONDS = 300
"""The provider retries some calls for a very long time; a successful command takes a minute or two."""


class TerraformError(Exception):
    """A command failed; the message has Terraform's diagnostics, one per line."""


class Terraform:
    """Runs Terraform on `configuration`, where it writes only the lock file; the rest is in `data`."""

    def __init__(self, configuration: Path, data: Path) -> None:
        self._command = [shutil.which("terraform") or "terraform", f"-chdir={configuration}"]
        self._state = f"-state={data / 'terraform.tfstate'}"
        self._data = data / "terraform"
        self._running: subprocess.Popen[str] | None = None

    def init(self) -> None:
        # The lock file of an earlier init may require a version of the provider that is not installed.
        for _ in self._events("init", "-upgrade"):
            pass

    def apply(self, progress: Progress) -> int:
        """Returns how many resources were created."""
        return self._change("apply", progress, "-auto-approve", self._state)["add"]

    def destroy(self, progress: Progress) -> int:
        """Returns how many resources were destroyed."""
        return self._change("destroy", progress, "-auto-approve", self._state)["remove"]

    def planned_changes(self) -> list[str]:
        """The planned changes, by address."""
        changes: list[str] = []
        for event in self._events("plan", "-detailed-exitcode", self._state):
            if event["type"] == "planned_change":
                changes.append(f"{event['change']['action']} {event['change']['resource']['addr']}")
            elif event["type"] == "outputs":
                changed = (name for name, output in event["outputs"].items() if output["action"] != "noop")
                changes += [f"output {name}" for name in changed]
        return changes

    def outputs(self) -> dict[str, Any]:
        answer = subprocess.run(  # noqa: S603
            [*self._command, "output", "-json", self._state],
            env={**os.environ, "TF_DATA_DIR": str(self._data)},
            capture_output=True,
            text=True,
            check=True,
        )
        return {name: output["value"] for name, output in json.loads(answer.stdout).items()}

    def stop(self) -> None:
        """Stops the running command, if any, and its plugins, without waiting for them to finish."""
        terraform = self._running
        if terraform is None or terraform.poll() is not None:
            return
        # The second interrupt makes Terraform exit immediately, but still clean up its plugins.
        for _ in range(2):
            terraform.send_signal(signal.SIGINT)
            try:
                terraform.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            return
        os.killpg(terraform.pid, signal.SIGKILL)
        terraform.wait()

    def _change(self, command: str, progress: Progress, *options: str) -> dict[str, int]:
        done, total, changes = 0, 0, {"add": 0, "remove": 0}
        for event in self._events(command, *options):
            if event["type"] == "change_summary":
                changes = event["changes"]
                total = total or changes["add"] + changes["remove"]
            elif event["type"] == "apply_complete" and event["hook"]["action"] in ("create", "delete"):
                done += 1
                progress(f"{done} of {total}: {event['hook']['resource']['addr']}")
        return changes

    def _events(self, command: str, *options: str) -> Iterator[dict[str, Any]]:
        """The messages of https://developer.hashicorp.com/terraform/internals/machine-readable-ui."""
        # In its own process group, so that Ctrl-C reaches only the demo, which stops it.
        self._running = subprocess.Popen(  # noqa: S603
            [*self._command, command, "-json", "-input=false", *options],
            env={**os.environ, "TF_DATA_DIR": str(self._data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self._running.stdout  # noqa: S101
        errors: list[str] = []
        pending: set[str] = set()
        impatience = threading.Timer(PATIENCE_SECONDS, self.stop)
        impatience.daemon = True
        impatience.start()
        for line in self._running.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                # Terraform reports wrong arguments in plain text.
                errors.append(line)
                continue
            if event.get("type") == "diagnostic" and event["@level"] == "error":
                diagnostic = event["diagnostic"]
                where = diagnostic.get("address", "")
                errors.append(f"{where} {diagnostic['summary']} {diagnostic.get('detail', '')}")
            if event.get("type") == "apply_start":
                pending.add(event["hook"]["resource"]["addr"])
            elif event.get("type") in ("apply_complete", "apply_errored"):
                pending.discard(event["hook"]["resource"]["addr"])
            yield event
        code = self._running.wait()
        impatience.cancel()
        if code < 0:
            errors.append(f"stopped after {PATIENCE_SECONDS} seconds; unfinished: {', '.join(sorted(pending))}")
        # With -detailed-exitcode, 2 means that there are changes.
        if code and (command, code) != ("plan", 2):
            lines = [" ".join(error.split()) for error in errors[:ERRORS_SHOWN]]
            raise TerraformError("\n".join([f"terraform {command} failed", *lines]))
