"""What Terraform plans for what it has applied."""

import os
import subprocess

from pytest_terraform.tf import TerraformTestApi


def assert_nothing_to_change(applied: TerraformTestApi) -> None:
    runner = applied.terraform
    plan = subprocess.run(
        ["terraform", "plan", "-detailed-exitcode", "-input=false", "-no-color", f"-state={runner.state_path}"],
        cwd=runner.module_dir,
        env={**os.environ, "TF_DATA_DIR": runner.work_dir},
        capture_output=True,
        text=True,
        check=False,
    )
    assert plan.returncode == 0, plan.stdout + plan.stderr
