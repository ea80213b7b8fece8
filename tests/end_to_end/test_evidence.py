"""The commands of docs/evidence.md, run by an auditor after rotations that succeeded, failed, and proved nothing."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws import Fault, changed_settings, injected
from tests.support.aws import ENDPOINT, client, held_up, local_only, recovery_points
from tests.support.deployment import BackupJob, Deployment
from tests.support.pages import ROOT, Shell, commands
from tests.support.polling import wait_until
from tests.support.tables import make_table

PAGE = "docs/evidence.md"
NAME = "backup-dynamodb-rotator"

pytestmark = [
    local_only,
    pytest.mark.usefixtures("_quick_restores"),
    pytest.mark.skipif(shutil.which("jq") is None, reason="some commands need jq"),
]


class Auditor:
    """Runs the commands under a heading, with the names of the rotator that the tests deploy."""

    def __init__(self, shell: Shell, deployment: Deployment) -> None:
        self.shell = shell
        self._name = deployment.rotator["state_machine_name"]

    def asks(self, heading: str, number: int = 0, **placeholders: str) -> list[list[str]]:
        """The columns of each line that is printed."""
        return [line.split("\t") for line in self.reads(heading, number, **placeholders).splitlines() if line]

    def reads(self, heading: str, number: int = 0, **placeholders: str) -> str:
        block = commands(PAGE, heading)[number].replace(NAME, self._name)
        return self.shell.run(block, **placeholders)


@pytest.fixture(scope="module")
def auditor(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Auditor]:
    with Shell(tmp_path_factory.mktemp("auditor")) as shell:
        yield Auditor(shell, deployment)


def backup_of(name: str, deployment: Deployment, *, native: bool = False) -> BackupJob:
    with recovery_points(native=native):
        return deployment.end_of_backup(deployment.start_backup(make_table(name)))


def is_reported(job: BackupJob, deployment: Deployment) -> bool:
    lines = deployment.log_lines("report_result", "Rotation ended")
    return any(line["rotation"].endswith(job.recovery_point_id) for line in lines)


@pytest.fixture(scope="module")
def verified(deployment: Deployment) -> tuple[BackupJob, dict[str, Any]]:
    """A backup, and the state of its rotation."""
    with changed_settings(os.environ[ENDPOINT], restore_seconds=0.01):
        job = backup_of("rotator-test-audited-production", deployment)
        state = deployment.rotate("staging", job)
    wait_until("report", lambda: is_reported(job, deployment), deployment.patience_seconds)
    return job, state


@pytest.fixture(scope="module")
def failed(deployment: Deployment) -> BackupJob:
    """The backup of a table whose copy has lost its items."""
    name = "rotator-test-emptied-production"
    nothing = Fault(service="dynamodb", operation="Scan", error="ValidationException", containing="emptied")
    with changed_settings(os.environ[ENDPOINT], restore_seconds=0.01), injected(os.environ[ENDPOINT], nothing):
        job = backup_of(name, deployment)
        assert deployment.end_of_rotation("staging", job)["status"] == "FAILED"
    wait_until("report", lambda: is_reported(job, deployment), deployment.patience_seconds)
    return job


def test_a_backup_without_a_successful_rotation_is_found(
    auditor: Auditor, deployment: Deployment, verified: tuple[BackupJob, dict[str, Any]], failed: BackupJob
) -> None:
    arguments = {
        "state_machine_arn": deployment.rotator["state_machine_arn"],
        "vault": deployment.outputs["vault_name"]["value"],
    }

    unrestored = auditor.reads("Was every backup restored?", **arguments)

    assert f"{failed.table_arn} {failed.recovery_point_arn}" in unrestored
    assert verified[0].recovery_point_arn not in unrestored


def test_each_rotation_has_a_line_with_time_size_and_verification(
    auditor: Auditor, deployment: Deployment, verified: tuple[BackupJob, dict[str, Any]]
) -> None:
    job, _ = verified
    name = "rotator-test-audited-unproven"
    with recovery_points(native=False), held_up("rotator-test-audited-restored-"):
        unproven = deployment.end_of_backup(deployment.start_backup(make_table(name)))
        client("dynamodb").delete_table(TableName=name)
    deployment.rotate("unproven", unproven)

    def lines() -> dict[str, list[str]] | None:
        found = auditor.asks("How long did each restore take, and was the copy verified?")
        by_rotation = {rotation: [rule, *rest] for _, rule, rotation, *rest in found}
        return by_rotation if f"unproven-{unproven.recovery_point_id}" in by_rotation else None

    by_rotation = wait_until("line", lines, deployment.patience_seconds)
    rule, seconds, size, is_verified = by_rotation[f"staging-{job.recovery_point_id}"]
    assert (rule, is_verified) == ("staging", "1")
    assert float(seconds) >= 0
    assert float(size) > 0
    assert by_rotation[f"unproven-{unproven.recovery_point_id}"][-1] == ""


def test_an_execution_says_what_was_verified(
    auditor: Auditor, deployment: Deployment, verified: tuple[BackupJob, dict[str, Any]]
) -> None:
    job, state = verified
    execution_arn = deployment.execution_arn("staging", job)

    assert json.loads(auditor.reads("What exactly was verified", execution_arn=execution_arn)) == {
        "Rule": "staging",
        "RecoveryPoint": job.recovery_point_arn,
        "TargetTableName": state["TargetTableName"],
        "VerifyTableOutput": state["VerifyTableOutput"],
    }


def test_aws_backup_lists_verdicts_and_takes_one_that_is_decided_later(
    auditor: Auditor, verified: tuple[BackupJob, dict[str, Any]], failed: BackupJob
) -> None:
    heading = "What does AWS Backup know?"
    copy = verified[1]["DescribeTableOutput"]["Table"]["TableArn"]

    def jobs() -> dict[str, list[str]]:
        return {line[-1]: line for line in auditor.asks(heading)}

    assert jobs()[copy][2:4] == [
        "SUCCESSFUL",
        "Verified: key, indexes, attribute types, items. Compared with: source table.",
    ]
    (doubted,) = (arn for arn in jobs() if "emptied-staging" in arn)
    assert jobs()[doubted][2:4] == ["None", "None"]
    auditor.reads(heading, 1, restore_job_id=jobs()[doubted][1])
    assert jobs()[doubted][2:4] == ["FAILED", "its index by-day is missing"]
    assert failed.table_arn.split("-")[2] in doubted


def test_verdicts_that_aws_backup_refused_are_found(auditor: Auditor, deployment: Deployment) -> None:
    with changed_settings(os.environ[ENDPOINT], verdicts_on_restore_tests_only=True):
        job = backup_of("rotator-test-unwelcome-production", deployment)
        deployment.rotate("staging", job)
        wait_until("report", lambda: is_reported(job, deployment), deployment.patience_seconds)

    (line,) = [
        line for line in auditor.asks("What does AWS Backup know?", 2) if line[1] == f"staging-{job.recovery_point_id}"
    ]
    assert "is not part of a restore testing plan" in line[2]


def test_the_last_success_of_each_rule_is_found(
    auditor: Auditor, verified: tuple[BackupJob, dict[str, Any]], deployment: Deployment
) -> None:
    last = {line[0]: line[1:] for line in auditor.asks("Since when has a rule not succeeded?")}

    when, rotation = last["staging"]
    assert rotation.startswith("staging-")
    lines = deployment.log_lines("report_result", "Rotation ended")
    (earlier,) = [line for line in lines if line["rotation"].endswith(verified[0].recovery_point_id)]
    assert earlier["timestamp"] <= when


def test_rotations_that_failed_are_found_with_their_reasons(
    auditor: Auditor, deployment: Deployment, failed: BackupJob
) -> None:
    heading, rotation = "Which rotations failed, and why?", f"staging-{failed.recovery_point_id}"

    (line,) = [line for line in auditor.asks(heading) if line[1] == rotation]
    assert line[2:5] == ["FAILED", "Verify Table", "ValidationException"]
    listed = auditor.asks(heading, 1, state_machine_arn=deployment.rotator["state_machine_arn"])
    assert ["FAILED", rotation] in [line[1:] for line in listed]


def test_a_copy_names_its_backup(auditor: Auditor, verified: tuple[BackupJob, dict[str, Any]]) -> None:
    job, state = verified
    copy_arn = state["DescribeTableOutput"]["Table"]["TableArn"]

    # These are tags of every module, whatever its name.
    (block,) = commands(PAGE, "Which backup is in a table?")
    tags = dict(line.split("\t") for line in auditor.shell.run(block, copy_arn=copy_arn).splitlines() if line)

    assert (tags["recovery-point"], tags["source-table"]) == (job.recovery_point_arn, job.table_arn)


def test_an_execution_says_in_which_order_its_steps_came(
    auditor: Auditor, deployment: Deployment, verified: tuple[BackupJob, dict[str, Any]]
) -> None:
    execution_arn = deployment.execution_arn("staging", verified[0])

    steps = [step for _, step in auditor.asks("In which order did things happen?", execution_arn=execution_arn)]

    assert steps.index("Configure Table") < steps.index("Carry Over Settings") < steps.index("Update SSM Parameter")


def test_each_command_of_the_page_is_run() -> None:
    run = dict.fromkeys(re.findall(r'"([A-Z][^"]+)"', Path(__file__).read_text()), 1)
    run |= {"What does AWS Backup know?": 3, "Which rotations failed, and why?": 2}
    page = (ROOT / PAGE).read_text()

    blocks = {heading: len(commands(PAGE, heading)) for heading in re.findall(r"^## (.+)$", page, re.MULTILINE)}
    assert {heading: run.get(heading) for heading, found in blocks.items() if found} == {
        heading: found for heading, found in blocks.items() if found
    }
