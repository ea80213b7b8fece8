"""`make demo`: a rotation to watch, of `examples/basic` as it is, on the local AWS."""

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

from demo.rotation import RotationError
from demo.terminal import Terminal
from demo.terraform import Terraform, TerraformError
from demo.walkthrough import PromiseBroken, Walkthrough
from local_aws import LocalAws, LocalAwsError
from set_up.paths import BUILD, ROOT, SECONDS

DIRECTORY = BUILD / "demo"
FAILED_LOG = BUILD / "demo-failed.log"
EXAMPLE = ROOT / "examples" / "basic"
LOCK_FILE = EXAMPLE / ".terraform.lock.hcl"

REGION = "eu-central-1"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """The user, or whoever runs the demo, wants it to end."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--keep", action="store_true", help="leave the local AWS running, with all that is on it")
    parser.add_argument("--stop", action="store_true", help="end what --keep left running")
    arguments = parser.parse_args()

    BUILD.mkdir(exist_ok=True)
    with (BUILD / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("demo: another one runs in this directory; end it with Ctrl-C first", file=sys.stderr)
            return 1
        if arguments.stop:
            print("The local AWS is stopped." if clean_up() else "Nothing was running.")
            return 0
        return run(keep=arguments.keep)


def run(*, keep: bool) -> int:
    """Returns the exit code. Whatever happens, nothing is left running, unless it is to be kept."""
    for number in SIGNALS:
        signal.signal(number, stop)
    if clean_up():
        print("The local AWS that an earlier demo left running is stopped.")
    DIRECTORY.mkdir()
    enclose(os.environ)
    had_lock_file = LOCK_FILE.exists()
    local_aws, terraform = LocalAws(DIRECTORY), Terraform(EXAMPLE, DIRECTORY)
    is_kept = False
    try:
        tell(Walkthrough(terraform, local_aws, Terminal()), keep=keep)
        is_kept = keep
    except Stopped as stopped:
        number = signal.Signals(stopped.args[0])
        print(f"\ndemo: stopped by {number.name}; nothing is left running", file=sys.stderr)
        return 128 + number
    except (PromiseBroken, LocalAwsError, TerraformError, RotationError, BotoCoreError, ClientError) as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        if local_aws.log.exists():
            shutil.copy(local_aws.log, FAILED_LOG)
            print(f"demo: the log of the local AWS is {FAILED_LOG.relative_to(ROOT)}", file=sys.stderr)
        is_kept = keep and local_aws.is_running()
        if is_kept:
            print("demo: the local AWS still runs, for you to look around; make demo-stop ends it", file=sys.stderr)
        return 1
    finally:
        # Another signal must not end this half-way.
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        terraform.stop()
        if not had_lock_file:
            LOCK_FILE.unlink(missing_ok=True)
        if not is_kept:
            clean_up()
    return 0


def tell(walkthrough: Walkthrough, *, keep: bool) -> None:
    print("A rotation on the local AWS, of examples/basic as it is. No AWS account is involved.\n")
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
        walkthrough.how_to_look_around(endpoint, DIRECTORY.relative_to(ROOT))


def stop(number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped(number)


def clean_up() -> bool:
    """Ends the local AWS and forgets what was on it; returns whether it ran."""
    was_running = LocalAws(DIRECTORY).stop()
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    return was_running


def enclose(environment: MutableMapping[str, str]) -> None:
    """Leaves no way from here to a real account: no keys, no profiles, no configuration files."""
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
        # Until the local AWS is there, AWS is nowhere.
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        NO_PROXY=",".join(filter(None, ["127.0.0.1", environment.get("NO_PROXY"), environment.get("no_proxy")])),
    )
    environment.pop("no_proxy", None)


if __name__ == "__main__":
    sys.exit(main())
