"""`make demo`: a rotation to watch: one of the examples, unchanged, on the local AWS."""

import argparse
import fcntl
import os
import shutil
import signal
import sys
from collections.abc import MutableMapping
from types import FrameType
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from demo.example import Example, PromiseBroken
from demo.orders import Orders
from demo.rotation import RotationError
from demo.store import Store
from demo.terminal import Terminal
from demo.terraform import Terraform, TerraformError
from demo.walkthrough import Walkthrough
from local_aws import LocalAws, LocalAwsError
from set_up.paths import BUILD, ROOT, SECONDS

DIRECTORY = BUILD / "demo"
FAILED_LOG = BUILD / "demo-failed.log"
EXAMPLES: dict[str, Example] = {example.name: example for example in (Orders(), Store())}

REGION = "eu-central-1"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """The demo was interrupted."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--example", default="basic", help=f"the example to run: {' or '.join(EXAMPLES)}")
    parser.add_argument("--keep", action="store_true", help="leave the local AWS running, with everything in it")
    parser.add_argument("--stop", action="store_true", help="stop the local AWS that --keep left running")
    arguments = parser.parse_args()
    if arguments.example not in EXAMPLES:
        choices = " or ".join(f"EXAMPLE={name}" for name in EXAMPLES)
        print(f"demo: there is no demo of an example {arguments.example}; use {choices}", file=sys.stderr)
        return 2

    BUILD.mkdir(exist_ok=True)
    with (BUILD / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("demo: another demo is running in this directory; stop it with Ctrl-C first", file=sys.stderr)
            return 1
        if arguments.stop:
            print("Stopped the local AWS." if clean_up() else "Nothing was running.")
            return 0
        return run(EXAMPLES[arguments.example], keep=arguments.keep)


def run(example: Example, *, keep: bool) -> int:
    """Returns the exit code. Whatever happens, nothing is left running unless `keep` is set."""
    for number in SIGNALS:
        signal.signal(number, stop)
    if clean_up():
        print("Stopped the local AWS that an earlier demo left running.")
    DIRECTORY.mkdir()
    isolate(os.environ)
    configuration = ROOT / "examples" / example.name
    lock_file = configuration / ".terraform.lock.hcl"
    had_lock_file = lock_file.exists()
    local_aws, terraform = LocalAws(DIRECTORY), Terraform(configuration, DIRECTORY)
    is_kept = False
    try:
        print(f"A rotation on the local AWS: examples/{example.name}, unchanged. No AWS account is involved.\n")
        run_steps(Walkthrough(example, terraform, local_aws, Terminal()), keep=keep)
        is_kept = keep
    except Stopped as stopped:
        number = signal.Signals(stopped.args[0])
        print(f"\ndemo: stopped by {number.name}; nothing is left running", file=sys.stderr)
        return 128 + number
    except (PromiseBroken, LocalAwsError, TerraformError, RotationError, BotoCoreError, ClientError) as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        if local_aws.log.exists():
            shutil.copy(local_aws.log, FAILED_LOG)
            print(f"demo: the log of the local AWS is in {FAILED_LOG.relative_to(ROOT)}", file=sys.stderr)
        is_kept = keep and local_aws.is_running()
        if is_kept:
            print("demo: the local AWS is still running, for you to explore; make demo-stop stops it", file=sys.stderr)
        return 1
    finally:
        # Another signal must not interrupt this.
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        terraform.stop()
        if not had_lock_file:
            lock_file.unlink(missing_ok=True)
        if not is_kept:
            clean_up()
    return 0


def run_steps(walkthrough: Walkthrough, *, keep: bool) -> None:
    endpoint = walkthrough.start()
    os.environ["AWS_ENDPOINT_URL"] = endpoint
    walkthrough.apply()
    walkthrough.back_up()
    walkthrough.rotate()
    walkthrough.compare()
    if not keep:
        walkthrough.destroy()
    walkthrough.sum_up(float(SECONDS.read_text()))
    if keep:
        walkthrough.how_to_explore(endpoint, DIRECTORY.relative_to(ROOT))


def stop(number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped(number)


def clean_up() -> bool:
    """Stops the local AWS and deletes its files; returns whether it was running."""
    was_running = LocalAws(DIRECTORY).stop()
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    return was_running


def isolate(environment: MutableMapping[str, str]) -> None:
    """Cuts every connection to a real account: keys, profiles and configuration files."""
    for name in list(environment):
        if name.startswith(("AWS_", "BOTO", "TF_")) and name != "TF_CLI_CONFIG_FILE":
            del environment[name]
    environment.update(
        AWS_ACCESS_KEY_ID="demo",
        AWS_SECRET_ACCESS_KEY="demo",  # noqa: S106
        AWS_REGION=REGION,
        AWS_DEFAULT_REGION=REGION,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_MAX_ATTEMPTS="2",
        # Until the local AWS has started, every call to AWS fails.
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        NO_PROXY=",".join(filter(None, ["127.0.0.1", environment.get("NO_PROXY"), environment.get("no_proxy")])),
    )
    environment.pop("no_proxy", None)


if __name__ == "__main__":
    sys.exit(main())
