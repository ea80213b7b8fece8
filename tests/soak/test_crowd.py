"""Ten times as many backups complete at once as DynamoDB restores at once."""

import os
from collections.abc import Callable

from local_aws import calls, changed_settings
from tests.support.aws import ENDPOINT, recovery_points
from tests.support.backups import assert_switched, back_up_all, dead_letters, ended
from tests.support.deployment import Deployment
from tests.support.scale import SCALE

RESTORES_AT_ONCE = 10 * SCALE
NOTIFICATIONS = 10 * RESTORES_AT_ONCE
RESTORE_SECONDS = 8
PATIENCE_SECONDS = 1200

# As much smaller as the quota, or so few restores at once would hardly be throttled.
RATE_FACTOR = RESTORES_AT_ONCE / 50

# What DynamoDB allows in a second, and how often a rotation needs it.
CALLS_PER_SECOND = {"TagResource": 5, "ListTagsOfResource": 10}
CALLS_PER_ROTATION = {"TagResource": 1, "ListTagsOfResource": 2}


def refused(operation: str, code: str) -> int:
    _, errors = calls(os.environ[ENDPOINT], "dynamodb", operation)
    return errors.get(code, 0)


def test_each_of_a_crowd_gets_its_turn(deployment: Deployment, say: Callable[[str], None]) -> None:
    stems = [f"crowd-{number}" for number in range(NOTIFICATIONS)]
    at_quota, throttled = refused("RestoreTableFromBackup", "LimitExceededException"), _throttled()
    with (
        recovery_points(native=True),
        changed_settings(
            os.environ[ENDPOINT],
            restore_seconds=RESTORE_SECONDS,
            restores_at_once=RESTORES_AT_ONCE,
            rate_factor=RATE_FACTOR,
            backup_seconds=20,
        ),
    ):
        jobs = back_up_all(stems, deployment)
        executions, letters = ended(jobs.values(), deployment, PATIENCE_SECONDS)

    assert len(executions) == NOTIFICATIONS, f"{NOTIFICATIONS - len(executions)} rotations have not ended"
    began = min(execution["startDate"] for execution in executions.values())
    took = (max(execution["stopDate"] for execution in executions.values()) - began).total_seconds()
    floors = {
        "restores at once": NOTIFICATIONS / RESTORES_AT_ONCE * RESTORE_SECONDS,
        **{
            f"the rate of {name}": NOTIFICATIONS * CALLS_PER_ROTATION[name] / (rate * RATE_FACTOR)
            for name, rate in CALLS_PER_SECOND.items()
        },
    }
    floor = max(floors.values())
    at_quota = refused("RestoreTableFromBackup", "LimitExceededException") - at_quota
    throttled = _throttled() - throttled
    say(f"\n{NOTIFICATIONS} rotations took {took:.0f} s, {took / floor:.1f} times the floor of {floor:.0f} s, which is")
    say(f"the highest of {', '.join(f'{seconds:.0f} s ({what})' for what, seconds in floors.items())}.")
    say(f"DynamoDB was at its quota {at_quota} times, and throttled tags {throttled} times.")
    for stem in stems:
        assert_switched(stem, executions[jobs[stem].id])
    assert [*letters.values(), *dead_letters(deployment)] == []
    assert at_quota > 0
    assert throttled > 0


def _throttled() -> int:
    return sum(refused(operation, "ThrottlingException") for operation in CALLS_PER_SECOND)
