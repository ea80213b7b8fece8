"""Indexes of every kind: which of them a copy has, and what a rule cannot ask for."""

import json
import os
from typing import Any

import pytest

from local_aws import changed_settings
from tests.support.aws import ENDPOINT, client, local_only, recovery_points
from tests.support.deployment import BackupJob, Deployment
from tests.support.tables import index, make_table, table_names

pytestmark = local_only

BY_PLACE = index(
    "by-place",
    KeySchema=[
        {"AttributeName": name, "KeyType": kind}
        for name, kind in (("tenant", "HASH"), ("region", "HASH"), ("city", "RANGE"))
    ],
)


def vector_index(name: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "VectorAttribute": {"AttributeName": name.removeprefix("by-")},
        "Projection": {"ProjectionType": "KEYS_ONLY"},
        "Dimensions": 256,
        "DistanceFunction": "COSINE",
    }


BY_PICTURE = vector_index("by-picture")

KINDS = ["native", "advanced"]


@pytest.fixture(scope="module")
def jobs_with_indexes(deployment: Deployment) -> dict[str, BackupJob]:
    """All at once. What is built after a restore takes so long that the verification comes earlier."""
    jobs: dict[str, BackupJob] = {}
    with changed_settings(os.environ[ENDPOINT], vector_index_seconds=20):
        for kind in KINDS:
            indexed = [BY_PICTURE, vector_index("by-embedding")]
            tables = [
                make_table(f"rotator-test-{kind}-indexed", BY_PLACE, VectorIndexes=indexed),
                make_table(f"rotator-test-{kind}-misspelt-resize", index("by-dya")),
                make_table(f"rotator-test-{kind}-vector-resize", index("by-day"), VectorIndexes=[BY_PICTURE]),
            ]
            with recovery_points(native=kind == "native"):
                for job in [deployment.end_of_backup(started) for started in [*map(deployment.start_backup, tables)]]:
                    jobs[job.table_arn.rpartition("/rotator-test-")[2]] = job
        for kind in KINDS:
            deployment.end_of_rotation("searched", jobs[f"{kind}-indexed"])
    return jobs


@pytest.mark.parametrize("kind", KINDS)
def test_a_vector_index_is_left_out_and_the_others_are_restored(
    kind: str, deployment: Deployment, jobs_with_indexes: dict[str, BackupJob]
) -> None:
    state = deployment.rotate("searched", jobs_with_indexes[f"{kind}-indexed"])

    assert state["VerifyTableOutput"]["Verified"] is True
    assert "indexes" in state["VerifyTableOutput"]["Comparisons"]
    table = client("dynamodb").describe_table(TableName=state["TargetTableName"])["Table"]
    (by_picture,) = table["VectorIndexes"]
    assert by_picture.items() >= {**BY_PICTURE, "IndexStatus": "ACTIVE"}.items()
    assert "Backfilling" not in by_picture
    (by_place,) = table["GlobalSecondaryIndexes"]
    assert by_place["KeySchema"] == BY_PLACE["KeySchema"]


def test_a_vector_index_that_is_being_built_is_waited_for(
    deployment: Deployment, jobs_with_indexes: dict[str, BackupJob]
) -> None:
    history = deployment.history("searched", jobs_with_indexes["native-indexed"])

    causes = [event["taskFailedEventDetails"]["cause"] for event in history if "taskFailedEventDetails" in event]
    assert [cause for cause in causes if "The index by-picture of" in cause and "is being built" in cause]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("misspelt-resize", "The rule leaves out by-day, but the table has these indexes: by-dya."),
        (
            "vector-resize",
            "The rule asks for billing mode PROVISIONED, but a table with vector indexes can only be on demand.",
        ),
    ],
)
def test_what_indexes_do_not_allow_fails_before_anything_is_restored(
    kind: str, source: str, reason: str, deployment: Deployment, jobs_with_indexes: dict[str, BackupJob]
) -> None:
    execution = deployment.end_of_rotation("resized", jobs_with_indexes[f"{kind}-{source}"])

    assert (execution["status"], execution["error"]) == ("FAILED", "RestoreOptionImpossible")
    assert reason in execution["cause"]
    assert json.loads(execution["input"])["TargetTableName"] not in table_names()
