"""Two instances of the module on one topic, with rules that lead to the same tables and parameters."""

import json
import os
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pytest_terraform.tf import TerraformTestApi

from local_aws import changed_settings
from tests.support.aws import ENDPOINT, client, recovery_points
from tests.support.backups import dead_letters
from tests.support.deployment import BackupJob, Deployment
from tests.support.faults import SEED, passing_faults
from tests.support.scale import SCALE
from tests.support.tables import make_table, table_names

NIGHTS = 5
TABLES = 12 * SCALE
PATIENCE_SECONDS = 600


@pytest.fixture(scope="module")
def rivals(deployment: Deployment, rival: TerraformTestApi) -> list[Deployment]:
    return [deployment, Deployment(deployment.outputs | rival.outputs, PATIENCE_SECONDS, deployment.tables_made)]


def back_up(table_arns: list[str], deployment: Deployment) -> list[BackupJob]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(deployment.end_of_backup, pool.map(deployment.start_backup, table_arns)))


def arns_of(prefix: str) -> list[str]:
    return [client("dynamodb").describe_table(TableName=name)["Table"]["TableArn"] for name in table_names(prefix)]


def rivals_for(job: BackupJob, rivals: list[Deployment]) -> list[Deployment]:
    """Those that start a rotation: two rules of the first one lead to the same table, for some source tables."""
    return rivals[1:] if job.table_arn.endswith("-twice") else rivals


def executions_of(rival: Deployment, rule: str) -> list[dict[str, Any]]:
    """What became of the rotations by a rule."""
    pages = client("stepfunctions").get_paginator("list_executions")
    arns = [
        execution["executionArn"]
        for page in pages.paginate(stateMachineArn=rival.rotator["state_machine_arn"])
        for execution in page["executions"]
        if execution["name"].startswith(f"{rule}-")
    ]
    return [client("stepfunctions").describe_execution(executionArn=arn) for arn in arns]


def test_one_rotation_has_each_table_and_one_rule_each_parameter(
    rivals: list[Deployment], say: Callable[[str], None]
) -> None:
    say(f"\nROTATOR_SOAK_SEED={SEED}")
    stems = [f"{number}-twice" if number % 4 == 0 else str(number) for number in range(TABLES)]
    jobs: list[BackupJob] = []
    with passing_faults(), changed_settings(os.environ[ENDPOINT], restore_seconds=1, backup_seconds=0.1):
        with ThreadPoolExecutor(8) as pool:
            arns = list(pool.map(lambda stem: make_table(f"rotator-test-contested-{stem}"), stems))
        for night in range(NIGHTS):
            # Copies are named after the second of their backup.
            time.sleep(1)
            with recovery_points(native=night % 2 == 0):
                tonight = back_up(arns, rivals[0])
            for job in tonight:
                for rival in rivals_for(job, rivals):
                    rival.end_of_rotation("contested", job)
            jobs += tonight

    winners = defaultdict(list)
    losers = defaultdict(list)
    for rival in rivals:
        for execution in executions_of(rival, "contested"):
            target = json.loads(execution["input"])["TargetTableName"]
            if execution["status"] == "SUCCEEDED":
                winners[target].append(execution["executionArn"])
            else:
                losers[target].append((execution["error"], execution["cause"]))
    assert {len(executions) for executions in winners.values()} == {1}
    assert {target: errors for target, errors in losers.items() if target not in winners} == {}
    assert losers
    assert {error for errors in losers.values() for error, _ in errors} <= {"TargetTableTaken", "ParameterTaken"}
    for stem in stems:
        history = client("ssm").get_parameter_history(Name=f"/rotator-test/contested/{stem}")["Parameters"]
        owners = {version["Description"].rpartition("by the rule ")[2] for version in history}
        assert len(owners) == 1
        values = [version["Value"] for version in history]
        assert values == sorted(values)
    for target, (execution_arn,) in winners.items():
        arn = client("dynamodb").describe_table(TableName=target)["Table"]["TableArn"]
        tags = client("dynamodb").list_tags_of_resource(ResourceArn=arn)["Tags"]
        assert {"Key": "backup-dynamodb-rotator:rotation", "Value": execution_arn} in tags
    gave_way = sum(map(len, losers.values()))
    say(f"{len(jobs)} backups: {len(winners)} tables with one rotation each, {gave_way} rotations gave way.")
    letters = json.dumps(dead_letters(rivals[0]))
    assert all(stem in letters for stem in stems if stem.endswith("-twice")), "rules that collide are dead letters"


def test_neither_rotates_the_copies_of_the_other(rivals: list[Deployment]) -> None:
    source = "rotator-test-two-nights"
    make_table(source)
    with changed_settings(os.environ[ENDPOINT], restore_seconds=0.01, backup_seconds=0.1):
        for _ in range(NIGHTS):
            time.sleep(1)
            jobs = {job.table_arn: job for job in back_up(arns_of(source), rivals[0])}
            original = next(job for arn, job in jobs.items() if arn.endswith(source))
            for rival in rivals:
                rival.rotate("appending", original)
                rival.end_of_all_rotations()

    assert len(arns_of(source)) == 1 + len(rivals) * NIGHTS
