"""What the import of each handler costs beside `boto3.client("dynamodb")` alone: CPU time, the least of some processes.

Handlers are imported from the zips that the module ships, unpacked and without bytecode, as Lambda finds them at a cold
start. The least time counts, because a machine that does other things as well only ever adds to it. So while a handler
seems to cost more than LIMIT times the client, it is measured again. Exits with 1 where it still does.
"""

import math
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

LAMBDAS = Path(__file__).parents[1] / "lambdas"
HANDLERS = sorted(f"{file.parts[-3]}.handlers.{file.stem}" for file in LAMBDAS.glob("src/*/handlers/[a-z]*.py"))
PROCESSES, MOST_PROCESSES = 8, 40
LIMIT = 1.35

BASELINE = 'boto3.client("dynamodb")'
PROGRAM = "import time; {}; print(time.process_time())"


def cpu_seconds(statement: str, unpacked: Path) -> float:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(unpacked), str(unpacked / "python")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "RULES": "H4sIAAAAAAACA6uuBQBDv6ajAgAAAA==",  # {}, compressed
        "STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:rotator",
        "SEARCH_ALL_VAULTS": "false",
        "SWEEP_DAYS": "7",
        "MODULE": "rotator",
        "START_WORKFLOW_FUNCTION": "rotator-start-workflow",
        "UPDATE_SSM_PARAMETER_FUNCTION": "rotator-update-ssm-parameter",
        "RESTORE_ROLE_ARN": "arn:aws:iam::123456789012:role/rotator-restore",
        "ATTRIBUTES": "H4sIAAAAAAACA6uuBQBDv6ajAgAAAA==",  # the same
        "UNLISTED": "keep",
        "HMAC_KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012",
        "WORKERS": "10",
    }
    program = [sys.executable, "-c", PROGRAM.format(statement)]
    return float(subprocess.run(program, env=environment, capture_output=True, check=True).stdout)  # noqa: S603


def main() -> int:
    statements = {BASELINE: f"import boto3; {BASELINE}"}
    statements |= {handler: f"import {handler}" for handler in HANDLERS}
    with tempfile.TemporaryDirectory() as temporary:
        unpacked = Path(temporary)
        for name in ("functions.zip", "dependencies.zip"):
            zipfile.ZipFile(LAMBDAS / "dist" / name).extractall(unpacked)
        least = dict.fromkeys(statements, math.inf)
        for number in range(1, MOST_PROCESSES + 1):
            # In turn, so that a machine that slows down slows all of them.
            least = {name: min(least[name], cpu_seconds(text, unpacked)) for name, text in statements.items()}
            dearest = max(least[handler] for handler in HANDLERS) / least[BASELINE]
            if number >= PROCESSES and dearest <= LIMIT:
                break
    for name, seconds in least.items():
        print(f"{name:42} {seconds * 1000:6.0f} ms  {seconds / least[BASELINE]:5.2f}")
    return 0 if dearest <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
