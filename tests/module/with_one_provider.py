"""Runs a command of Terraform with one process of the aws provider.

Terraform would start two for each plan, which is half of what these tests cost. The provider has an option for
debuggers, with which it waits for Terraform to attach to it: https://developer.hashicorp.com/terraform/plugin/debugging
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ADDRESS = "registry.terraform.io/hashicorp/aws"
SETTING = "TF_REATTACH_PROVIDERS"


def installed_provider() -> Path:
    """The provider that `terraform init` has selected."""
    versions = json.loads(subprocess.run(["terraform", "version", "-json"], check=True, capture_output=True).stdout)
    directory = Path(os.environ["TF_DATA_DIR"], "providers", ADDRESS, versions["provider_selections"][ADDRESS])
    return next(directory.glob("*/terraform-provider-aws*"))


def main(command: list[str]) -> int:
    binary = installed_provider()
    # For debuggers, it logs every step to stderr.
    with subprocess.Popen([binary, "-debug"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as provider:
        try:
            assert provider.stdout is not None
            setting = next((line for line in provider.stdout if f"{SETTING}=" in line), None)
            if setting is None:
                sys.exit(f"{binary} has ended instead of waiting to be attached")
            attached = setting.strip().removeprefix(f"{SETTING}=").strip("'")
            return subprocess.run(command, env={**os.environ, SETTING: attached}, check=False).returncode
        finally:
            provider.terminate()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
