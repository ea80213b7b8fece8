"""Whichever channels a recovery point becomes known through, each rule rotates it once."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws import Fault, changed_settings, fire_schedule, injected
from tests.support.aws import ENDPOINT, client, items, local_only, recovery_points
from tests.support.backups import assert_switched, back_up_all, back_up_unnoticed, event_lost, source_name
from tests.support.deployment import BackupJob, Deployment
from tests.support.operating import replayed
from tests.support.permissions import not_invoked_by
from tests.support.polling import wait_until
from tests.support.tables import make_table, table_names

pytestmark = local_only

BACKUP_EVENT = "Backup Job State Change"


@pytest.fixture(autouse=True)
def _quick_jobs() -> Iterator[None]:
    with changed_settings(os.environ[ENDPOINT], backup_seconds=0.1, restore_seconds=0.01):
        yield


def back_up(stem: str, deployment: Deployment, vault: str = "first") -> BackupJob:
    """Of a new table."""
    job_id = deployment.start_backup(make_table(source_name(stem)), deployment.vault(vault)["name"])
    return deployment.end_of_backup(job_id)


def wait_until_handled(job: BackupJob, times: int, deployment: Deployment) -> None:
    """`start_workflow` logs one line each time that it hears of a recovery point."""

    def often_enough() -> bool:
        return len(deployment.log_lines("start_workflow", job.recovery_point_id)) >= times

    wait_until(f"{times} lines in the log", often_enough, deployment.patience_seconds)


def rotations_of(job: BackupJob, sweep: dict[str, Any]) -> list[str]:
    """The executions that a sweep names for the recovery point, whether or not it has started them."""
    assert "Rotations" in sweep, sweep
    return [
        rotation["Execution"] for rotation in sweep["Rotations"] if rotation["RecoveryPoint"] == job.recovery_point_arn
    ]


@pytest.mark.parametrize("kind", ["native", "advanced"])
def test_a_backup_is_rotated_through_its_event(kind: str, deployment: Deployment) -> None:
    with recovery_points(native=kind == "native"):
        job = back_up(f"{kind}-event", deployment)

    state = deployment.rotate("staging", job)

    assert items(state["TargetTableName"]) == items(source_name(f"{kind}-event"))
    assert state["BackupVaultArn"] == deployment.vault("first")["arn"]
    assert state["BackupSnsMessage"] == {
        "StatusMessage": "",
        "RecoveryPointArn": job.recovery_point_arn,
        "BackedUpResourceArn": job.table_arn,
        "BackupJobID": job.id,
        "StartTime": f"{job.start_time:%Y-%m-%dT%H:%M:%S}.{job.start_time.microsecond // 1000:03}Z",
    }


@pytest.mark.parametrize("kind", ["native", "advanced"])
def test_a_backup_whose_event_is_lost_is_rotated_by_the_next_sweep(kind: str, deployment: Deployment) -> None:
    with recovery_points(native=kind == "native"):
        job = back_up_unnoticed(source_name(f"{kind}-unnoticed"), deployment)
    assert deployment.executions(job) == []

    deployment.fire_sweep()

    assert deployment.rotate("staging", job)["BackupSnsMessage"]["BackupJobID"] == ""


def test_an_event_that_comes_twice_and_a_sweep_lead_to_one_rotation(deployment: Deployment) -> None:
    name = source_name("repeated")
    answer_lost = Fault(service="lambda", operation="Invoke", containing=name, drop=True, takes_effect=True, times=1)
    with injected(os.environ[ENDPOINT], answer_lost) as fault:
        job = back_up("repeated", deployment)
        wait_until_handled(job, 2, deployment)
    assert fault.struck == 1
    deployment.sweep()
    state = deployment.rotate("staging", job)

    assert rotations_of(job, deployment.sweep()) == deployment.executions(job) == [f"staging-{job.recovery_point_id}"]
    assert len(deployment.log_lines("restore_backup", state["TargetTableName"])) == 1


def test_a_recovery_point_that_is_copied_into_a_vault_is_rotated_from_there(deployment: Deployment) -> None:
    job = back_up("copied", deployment, "other")

    copy = deployment.copy(job, "other", "first")

    execution = deployment.end_of_rotation("staging", copy)
    assert_switched("copied", execution)
    assert json.loads(execution["input"])["BackupVaultArn"] == deployment.vault("first")["arn"]
    assert deployment.executions(job) == [], "events about other vaults are ignored"
    assert deployment.log_lines("start_workflow", job.recovery_point_id) == []


@pytest.mark.parametrize(("original", "other"), [("first", "second"), ("second", "first")])
def test_a_copy_from_one_vault_to_another_is_not_rotated_again(
    original: str, other: str, deployment: Deployment
) -> None:
    job = back_up(f"twofold-{original}", deployment, original)

    copy = deployment.copy(job, original, other)

    deployment.rotate("staging", job)
    sweep = deployment.sweep()
    assert rotations_of(job, sweep) == [f"staging-{job.recovery_point_id}"]
    assert rotations_of(copy, sweep) == deployment.executions(copy) == []


def test_a_copy_of_a_backup_that_a_notification_announced_leads_to_no_second_table(deployment: Deployment) -> None:
    job = deployment.end_of_backup(deployment.start_backup(make_table(source_name("known"))))
    first = deployment.rotate("staging", job)

    deployment.rotate("staging", deployment.copy(job, "announced", "first"))

    assert table_names("rotator-test-known-staging-") == [first["TargetTableName"]]


def test_what_is_no_completed_backup_of_a_table_in_a_vault_starts_nothing(deployment: Deployment) -> None:
    name = source_name("ignored")
    failed = client("backup").start_backup_job(
        BackupVaultName=deployment.vault("first")["name"],
        ResourceArn=make_table(name),
        # It may restore only.
        IamRoleArn=deployment.rotator["restore_role"]["arn"],
    )["BackupJobId"]

    def state() -> str:
        return str(client("backup").describe_backup_job(BackupJobId=failed)["State"])

    wait_until("failed job", lambda: state() == "FAILED")
    of_a_volume = {
        "source": "aws.backup",
        "detail-type": BACKUP_EVENT,
        "resources": ["arn:aws:ec2:us-east-1::snapshot/snap-0"],
        "detail": {
            "resourceType": "EBS",
            "state": "COMPLETED",
            "backupVaultArn": deployment.vault("first")["arn"],
        },
    }
    assert deployment.start_workflow(of_a_volume) == {"Rotations": []}
    # Its event comes after that of the failed one.
    wait_until_handled(back_up("after-ignored", deployment), 1, deployment)

    assert deployment.log_lines("start_workflow", name) == []
    assert table_names("rotator-test-ignored-staging-") == []


def test_an_event_that_cannot_be_read_is_kept(deployment: Deployment) -> None:
    table_arn = make_table(source_name("unreadable"))
    event = {
        "source": "aws.backup",
        "detail-type": BACKUP_EVENT,
        "resources": [f"{table_arn}/backup/01595022364460-083c1149"],
        "detail": {
            "resourceType": "DynamoDB",
            "state": "COMPLETED",
            "resourceArn": table_arn,
            "backupVaultArn": deployment.vault("first")["arn"],
            "creationDate": "yesterday",
        },
    }
    # As EventBridge invokes it. Nobody else can send events of AWS Backup.
    client("lambda").invoke(
        FunctionName=deployment.rotator["functions"]["start_workflow"]["name"],
        InvocationType="Event",
        Payload=json.dumps(event),
    )

    record = deployment.dead_letter("failed_notifications_queue", table_arn)

    assert record["responsePayload"]["errorType"] == "UnreadableEvent"
    assert "yesterday" in record["responsePayload"]["errorMessage"]
    assert replayed(record) == event


def test_an_event_that_cannot_be_delivered_is_kept_and_can_be_replayed(deployment: Deployment) -> None:
    function = deployment.rotator["functions"]["start_workflow"]["arn"]
    with not_invoked_by(deployment.rotator["recovery_point_rules"]["backup-completed"]["arn"], function):
        job = back_up("undelivered", deployment)
        event = deployment.dead_letter("undelivered_notifications_queue", job.id)

    answer = deployment.start_workflow(replayed(event))

    assert rotations_of(job, answer) == [f"staging-{job.recovery_point_id}"]
    deployment.rotate("staging", job)


def test_a_vault_that_cannot_be_read_does_not_hold_up_the_others(deployment: Deployment) -> None:
    unreadable = deployment.vault("second")
    denied = Fault(
        service="backup",
        operation="ListRecoveryPointsByBackupVault",
        containing=unreadable["name"],
        error="AccessDeniedException",
    )
    job = back_up_unnoticed(source_name("readable"), deployment)
    with injected(os.environ[ENDPOINT], denied):
        deployment.fire_sweep()
        record = deployment.dead_letter("failed_notifications_queue", "AccessDeniedException")
    deployment.rotate("staging", job)

    assert "ListRecoveryPointsByBackupVault" in record["responsePayload"]["errorMessage"]
    assert replayed(record) == {"Sweep": {}}


def test_a_sweep_never_starts_a_failed_rotation_again(deployment: Deployment) -> None:
    table_arn = make_table("rotator-test-swept-unlucky")
    job = deployment.end_of_backup(deployment.start_backup(table_arn, deployment.vault("first")["name"]))
    failed = deployment.end_of_rotation("too-long", job)
    assert failed["status"] == "FAILED"

    assert f"too-long-{job.recovery_point_id}" in rotations_of(job, deployment.sweep())

    assert deployment.executions(job) == sorted(
        f"{rule}-{job.recovery_point_id}" for rule in ("no-parameter-name", "too-long")
    )
    assert deployment.end_of_rotation("too-long", job)["startDate"] == failed["startDate"]


def test_after_a_bad_night_each_table_has_one_copy(deployment: Deployment) -> None:
    stems = [f"night-{number}" for number in range(10)]
    unnoticed, late, punctual = stems[:3], stems[3], stems[4:]
    arrives_late = Fault(service="aws.backup", operation=BACKUP_EVENT, containing=source_name(late), seconds=5)
    with ExitStack() as night:
        for fault in (*map(event_lost, map(source_name, unnoticed)), arrives_late):
            night.enter_context(injected(os.environ[ENDPOINT], fault))
        jobs: dict[str, BackupJob] = {}
        for kind, backed_up in (("native", stems[::2]), ("advanced", stems[1::2])):
            with recovery_points(native=kind == "native"):
                jobs |= back_up_all(backed_up, deployment, deployment.vault("first")["name"])
        for stem in punctual:
            wait_until_handled(jobs[stem], 1, deployment)
        assert [deployment.executions(jobs[stem]) for stem in unnoticed] == [[], [], []]

        deployment.fire_sweep()
        wait_until_handled(jobs[late], 2, deployment)

    for stem, job in jobs.items():
        assert_switched(stem, deployment.end_of_rotation("staging", job))
        assert deployment.executions(job) == [f"staging-{job.recovery_point_id}"]
        assert len(table_names(f"rotator-test-{stem}-staging-")) == 1


def test_a_rule_with_a_schedule_follows_the_clocks_of_its_time_zone_and_nothing_else(deployment: Deployment) -> None:
    table_arn = make_table("rotator-test-scheduled")
    job = deployment.end_of_backup(deployment.start_backup(table_arn, deployment.vault("first")["name"]))
    deployment.publish(job.notification())
    wait_until_handled(job, 2, deployment)
    deployment.sweep()
    wait_until_handled(job, 3, deployment)
    assert deployment.executions(job) == []

    schedule = deployment.rotator["schedules"]["refresh-nightly"]["arn"]
    # On 30 March there was no half past two, and on 26 October there were two.
    nights = [("2025-03-29", "2025-04-01"), ("2025-10-25", "2025-10-28")]
    due = [
        datetime.fromisoformat(text)
        for text in (
            "2025-03-29T02:30+01:00",
            "2025-03-31T02:30+02:00",
            "2025-10-25T02:30+02:00",
            "2025-10-26T02:30+02:00",
            "2025-10-27T02:30+01:00",
        )
    ]
    for times in (1, 2):
        for since, until in nights:
            fire_schedule(os.environ[ENDPOINT], schedule, *map(midnight, (since, until)))
        wait_until_handled(job, 3 + times * len(due), deployment)

    executions = {f"nightly-{job.recovery_point_id}-{stamp(moment, '')}": stamp(moment, "-") for moment in due}
    for name, suffix in executions.items():
        execution = deployment.end_of_execution(name)
        assert execution["status"] == "SUCCEEDED", execution.get("cause")
        assert json.loads(execution["input"])["TargetTableName"] == f"rotator-test-nightly-{suffix}"
    assert deployment.executions(job) == sorted(executions)
    assert len(table_names("rotator-test-nightly-")) == len(due)
    value = client("ssm").get_parameter(Name="/rotator-test/nightly/table-arn")["Parameter"]["Value"]
    assert value.endswith(f"/rotator-test-nightly-{stamp(due[-1], '-')}")


def midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def stamp(moment: datetime, separator: str) -> str:
    """As in the names of executions, and of copies."""
    return f"{moment.astimezone(UTC):%Y%m%d{separator}%H{separator}%M{separator}%S}"
