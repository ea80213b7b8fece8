"""What arrives in an inbox."""

import json
from dataclasses import replace

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns import sns_backends

from rotator.clients import Clients
from rotator.report import report_result
from rotator.state import Invocation
from tests.unit.rotations import EXECUTION_ARN, SETTINGS, TARGET, TARGET_ARN, invocation, restored


def published(topic_arn: str) -> list[tuple[str, str]]:
    topic = sns_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].topics[topic_arn]
    return [(subject, message) for _, message, subject, *_ in topic.sent_notifications]


def test_a_failure_says_what_why_where_and_what_to_do(clients: Clients) -> None:
    topic_arn = clients.sns.create_topic(Name="rotations")["TopicArn"]
    rotation = invocation()
    cause = {"errorMessage": "the reason", "errorType": "TargetTableTaken", "stackTrace": ["line 1"]}
    rotation["State"]["Failure"] = {"Error": "TargetTableTaken", "Cause": json.dumps(cause), "RedriveCount": 0}

    report_result(rotation, replace(SETTINGS, notification_topic_arn=topic_arn), clients)

    ((subject, text),) = published(topic_arn)
    assert subject == "Failed: rotation of orders by rule staging"
    for part in (
        "TargetTableTaken",
        "the reason",
        TARGET,
        f"https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details/{EXECUTION_ARN}",
        f"redrive-execution --execution-arn {EXECUTION_ARN}",
    ):
        assert part in text
    assert "line 1" not in text


def test_a_cause_that_is_no_json_is_told_as_it_is(clients: Clients) -> None:
    topic_arn = clients.sns.create_topic(Name="rotations")["TopicArn"]
    rotation = invocation()
    rotation["State"]["Failure"] = {"Error": "States.Timeout", "Cause": "", "RedriveCount": 0}

    report_result(rotation, replace(SETTINGS, notification_topic_arn=topic_arn), clients)

    assert "States.Timeout" in published(topic_arn)[0][1]


@pytest.mark.parametrize("wanted", [True, False])
def test_a_success_is_told_where_that_is_asked_for(wanted: bool, clients: Clients) -> None:
    topic_arn = clients.sns.create_topic(Name="rotations")["TopicArn"]

    report_result(complete(), replace(SETTINGS, notification_topic_arn=topic_arn, notify_of_success=wanted), clients)

    subjects = [subject for subject, _ in published(topic_arn)]
    assert subjects == (["Complete: rotation of orders by rule staging"] if wanted else [])


@pytest.mark.parametrize(
    ("compared_with", "size", "told"),
    [
        ("backup", 4711, "yes; compared with: backup; size of the backup: 4711 bytes"),
        (
            "nothing, as the source table is gone",
            None,
            "nothing, as the source table is gone; size of the backup: unknown",
        ),
    ],
)
def test_a_success_tells_the_proof_that_the_backup_restores(
    compared_with: str, size: int | None, told: str, clients: Clients
) -> None:
    topic_arn = clients.sns.create_topic(Name="rotations")["TopicArn"]
    rotation = complete()
    rotation["State"]["VerifyTableOutput"] = {
        "Verified": True,
        "Differences": [],
        "ComparedWith": compared_with,
        "BackupSizeBytes": size,
    }

    report_result(rotation, replace(SETTINGS, notification_topic_arn=topic_arn, notify_of_success=True), clients)

    ((_, text),) = published(topic_arn)
    assert "Restored in:     261 s" in text
    assert "Verified:        yes; compared with: " in text
    assert told in text


@pytest.mark.parametrize(
    ("error", "complete_yet", "told"),
    [
        ("RotationTimedOut", None, True),
        ("RotationTimedOut", False, True),
        ("AccessDeniedException", True, False),
        # It would be somebody else's table.
        ("TargetTableTaken", False, False),
        ("RestoreJobFailed", None, False),
    ],
)
def test_a_failure_tells_of_a_restore_that_goes_on(
    error: str, complete_yet: bool | None, told: bool, clients: Clients
) -> None:
    topic_arn = clients.sns.create_topic(Name="rotations")["TopicArn"]
    rotation = invocation()
    rotation["State"]["RestoreTableFromBackupOutput"] = {"TableDescription": {}}
    if complete_yet is not None:
        rotation["State"]["DescribeTableOutput"] = restored() | {"RestoreComplete": complete_yet}
    rotation["State"]["Failure"] = {"Error": error, "Cause": "", "RedriveCount": 0}

    report_result(rotation, replace(SETTINGS, notification_topic_arn=topic_arn), clients)

    ((_, text),) = published(topic_arn)
    assert ("The restore goes on." in text) == told


def test_a_failure_after_the_switch_does_not_say_that_the_parameter_stayed(clients: Clients) -> None:
    topic_arn = clients.sns.create_topic(Name="rotations")["TopicArn"]
    rotation = complete()
    rotation["State"]["UpdateSSMParameterOutput"] = {"Version": 2, "Tier": "Standard", "Value": TARGET_ARN}
    rotation["State"]["Failure"] = {"Error": "AccessDeniedException", "Cause": "", "RedriveCount": 0}

    report_result(rotation, replace(SETTINGS, notification_topic_arn=topic_arn), clients)

    ((_, text),) = published(topic_arn)
    assert "still points" not in text


def test_a_failure_from_before_a_redrive_is_over(clients: Clients) -> None:
    topic_arn = clients.sns.create_topic(Name="rotations")["TopicArn"]
    rotation = complete()
    rotation["State"]["Failure"] = {"Error": "TargetTableTaken", "Cause": "", "RedriveCount": 0}
    rotation["Execution"]["RedriveCount"] = 1

    report_result(rotation, replace(SETTINGS, notification_topic_arn=topic_arn), clients)

    assert published(topic_arn) == []


def test_without_a_topic_nothing_is_told(clients: Clients) -> None:
    report_result(complete(), SETTINGS, clients)


def complete() -> Invocation:
    rotation = invocation()
    rotation["State"]["DescribeTableOutput"] = restored()
    return rotation
