"""One call in twenty goes wrong, whichever it is."""

import json
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from local_aws import Fault, injected
from tests.support.aws import ENDPOINT, recovery_points
from tests.support.backups import assert_switched, back_up_all, ended, source_name
from tests.support.deployment import BackupJob, Deployment
from tests.support.faults import ROLE, SEED, passing_faults
from tests.support.polling import wait_until
from tests.support.scale import SCALE

ROTATIONS = 100 * SCALE
SWEPT = 40 * SCALE
SWEEPS = 2
PATIENCE_SECONDS = 900
SECONDS_BETWEEN_SWEEPS = 10

# The rotator does not get over a missing permission: it ends some rotations halfway, and one of each kind is not even
# started.
FAULTS_THAT_STAY = [
    Fault(
        role=ROLE,
        service="dynamodb",
        operation="DescribeTable",
        error="AccessDeniedException",
        probability=0.02,
        seed=SEED + 6,
    ),
    Fault(
        role=ROLE, service="states", operation="StartExecution", containing="-chance-7-", error="AccessDeniedException"
    ),
]


def test_no_rotation_is_lost(deployment: Deployment, say: Callable[[str], None]) -> None:
    """Each is complete, or reported, or its notification is in a dead-letter queue; and none is there twice."""
    say(f"\nROTATOR_SOAK_SEED={SEED}")
    jobs: dict[str, BackupJob] = {}
    with passing_faults() as faults, ExitStack() as active:
        faults += [active.enter_context(injected(os.environ[ENDPOINT], fault)) for fault in FAULTS_THAT_STAY]
        for kind in ("native", "advanced"):
            with recovery_points(native=kind == "native"):
                jobs |= back_up_all([f"{kind}-chance-{number}" for number in range(ROTATIONS // 2)], deployment)
        executions, letters = ended(jobs.values(), deployment, PATIENCE_SECONDS)
        struck = [fault.struck for fault in faults]

    # A report that Lambda tried three times in vain is in the queue.
    failed = [stem for stem, job in jobs.items() if executions.get(job.id, {}).get("status") == "FAILED"]
    dead_reports: list[dict[str, Any]] = []

    def unreported() -> list[str]:
        dead_reports.extend(deployment.messages("failed_reports_queue"))
        subjects, dead = {message["Subject"] for message in deployment.inbox()}, json.dumps(dead_reports)
        return [
            stem
            for stem in failed
            if f"Failed: rotation of {source_name(stem)} by rule staging" not in subjects and jobs[stem].id not in dead
        ]

    wait_until("reports", lambda: not unreported(), why_not=lambda: f"of {unreported()}")
    complete = reported = kept = 0
    for stem, job in jobs.items():
        execution = executions.get(job.id)
        assert len(deployment.executions(job)) <= 1
        if execution is None:
            assert job.id in letters, f"{stem} is lost, or has not ended"
            kept += 1
        elif execution["status"] == "SUCCEEDED":
            assert_switched(stem, execution)
            complete += 1
        else:
            assert (execution["status"], bool(execution["error"])) == ("FAILED", True), (
                f"{stem} is {execution['status']}"
            )
            reported += 1
    say(f"{sum(struck)} faults struck: {complete} complete, {reported} reported, {kept} dead letters.")
    assert min(struck) > 0, struck
    assert min(complete, reported, kept) > 0, "one of the outcomes has not been seen"


def test_the_next_sweep_finds_each_backup_whose_event_is_lost(
    deployment: Deployment, say: Callable[[str], None]
) -> None:
    """Whatever fails meanwhile, each recovery point is rotated, and none of them twice."""
    say(f"\nROTATOR_SOAK_SEED={SEED}")
    stems = [f"swept-{number}" for number in range(SWEPT)]
    lost = Fault(service="aws.backup", operation="*", error="Lost", probability=0.3, seed=SEED + 7)
    with passing_faults(), injected(os.environ[ENDPOINT], lost) as lost_events:
        jobs = back_up_all(stems, deployment, deployment.vault("first")["name"])
        for _ in range(SWEEPS):
            deployment.fire_sweep()
            time.sleep(SECONDS_BETWEEN_SWEEPS)
    deployment.fire_sweep()

    executions = {stem: deployment.end_of_rotation("staging", job) for stem, job in jobs.items()}
    complete = [stem for stem, execution in executions.items() if execution["status"] == "SUCCEEDED"]
    for stem in complete:
        assert_switched(stem, executions[stem])
    for stem, job in jobs.items():
        assert deployment.executions(job) == [f"staging-{job.recovery_point_id}"], stem
    say(f"{lost_events.struck} of {len(jobs)} events lost: {len(complete)} complete.")
    assert lost_events.struck > 0
    assert complete, "no rotation is complete"
