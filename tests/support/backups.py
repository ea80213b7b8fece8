"""Many backups at once, and what became of their rotations."""

import json
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local_aws import Fault, injected
from tests.support.aws import ENDPOINT, client, items
from tests.support.deployment import BackupJob, Deployment
from tests.support.polling import wait_until
from tests.support.tables import make_table

RULE = "staging"
RUNNING = "RUNNING"


def source_name(stem: str) -> str:
    """The rule `staging` gives each such table a copy and a parameter of its own."""
    return f"rotator-test-{stem}-production"


def back_up_all(stems: Iterable[str], deployment: Deployment, vault: str | None = None) -> dict[str, BackupJob]:
    """Makes a table with one item for each stem, and backs them up at the same time."""

    def start_backup(table_arn: str) -> str:
        return deployment.start_backup(table_arn, vault)

    with ThreadPoolExecutor(8) as pool:
        arns = dict(zip(stems, pool.map(lambda stem: make_table(source_name(stem)), stems), strict=True))
        started = dict(zip(arns, pool.map(start_backup, arns.values()), strict=True))
        return dict(zip(started, pool.map(deployment.end_of_backup, started.values()), strict=True))


def event_lost(table: str) -> Fault:
    """The event about a backup of the table is lost."""
    return Fault(service="aws.backup", operation="Backup Job State Change", containing=f"table/{table}", error="Lost")


def back_up_unnoticed(table: str, deployment: Deployment) -> BackupJob:
    """Of a new table, in a vault without notifications, and with its event lost."""
    with injected(os.environ[ENDPOINT], event_lost(table)) as fault:
        job_id = deployment.start_backup(make_table(table), deployment.vault("first")["name"])
        job = deployment.end_of_backup(job_id)
        wait_until("lost event", lambda: fault.struck)
    return job


def ended(
    jobs: Iterable[BackupJob], deployment: Deployment, seconds: float
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """What became of the jobs, by their ids: the executions that have ended, and the dead letters of those without one.

    Dead letters of other jobs come under their text. A job that is in neither is still on its way, or lost.
    """
    wanted = {job.id: deployment.execution_arn(RULE, job) for job in jobs}
    give_up = time.monotonic() + seconds
    found: dict[str, dict[str, Any]] = {}
    letters: dict[str, Any] = {}
    while left := wanted.keys() - found.keys() - letters.keys():
        if time.monotonic() > give_up:
            break
        time.sleep(2)
        for job_id in left:
            execution = describe(wanted[job_id])
            if execution and execution["status"] != RUNNING:
                found[job_id] = execution
        for letter in dead_letters(deployment):
            text = json.dumps(letter)
            letters[next((job_id for job_id in wanted if job_id in text), text)] = letter
    return found, letters


def describe(execution_arn: str) -> dict[str, Any] | None:
    try:
        return dict(client("stepfunctions").describe_execution(executionArn=execution_arn))
    except client("stepfunctions").exceptions.ExecutionDoesNotExist:
        return None


def assert_switched(stem: str, execution: dict[str, Any]) -> None:
    """The parameter holds the ARN of a table with the item of the source table."""
    assert execution["status"] == "SUCCEEDED", f"{stem}: {execution.get('error')}: {execution.get('cause')}"
    state = json.loads(execution["output"])
    value = client("ssm").get_parameter(Name=f"/rotator-test/{stem}/table-arn")["Parameter"]["Value"]
    table = client("dynamodb").describe_table(TableName=state["TargetTableName"])["Table"]
    assert (value, "ACTIVE") == (table["TableArn"], table["TableStatus"])
    assert items(table["TableName"]) == [{"id": {"S": source_name(stem)}}]


def dead_letters(deployment: Deployment) -> list[dict[str, Any]]:
    """Takes what both queues hold out of them."""
    queues = ("failed_notifications_queue", "undelivered_notifications_queue")
    return [message for queue in queues for message in deployment.messages(queue)]
