"""Which rotations leave a verdict in AWS Backup."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from rotator.clients import Clients
from rotator.errors import NotYet, TemporaryFailure, VerdictRefused
from rotator.report.result import report_result
from rotator.settings import ReportSettings
from rotator.verdict import record_verdict
from tests.support.rotations import EXECUTION_ARN, invocation, restored

JOB = "4CEB6DFA-0F35-4F9C-B1C8-2A2F0F4E0B0B"
VERIFIED = {
    "Verified": True,
    "ComparedWith": "source table",
    "Comparisons": ["key", "indexes", "items"],
    "BackupSizeBytes": 4711,
}
SUCCESS = {
    "RestoreJobId": JOB,
    "ValidationStatus": "SUCCESSFUL",
    "ValidationStatusMessage": "Verified: key, indexes, items. Compared with: source table.",
}
SETTINGS = ReportSettings(None, False, "start", "update")
PUT = "put_restore_validation_result"


def reported(clients: Clients, status: str, expect: Callable[[Stubber], object], **state: Any) -> None:  # noqa: ANN401
    """Reports the end of a rotation that leaves this state, and checks that AWS Backup gets the calls expected."""
    ended = {**invocation()["State"], "DescribeTableOutput": restored(), **state}
    execution = {
        "executionArn": EXECUTION_ARN,
        "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:rotator",
        "startDate": datetime.now(UTC),
        "status": status,
        "input": json.dumps(invocation()["State"]),
        "output": json.dumps(ended),
    }
    entered = {"name": "Verify Table", "input": json.dumps(ended)}
    event = {"timestamp": datetime.now(UTC), "id": 1, "type": "TaskStateEntered", "stateEnteredEventDetails": entered}
    with Stubber(clients.stepfunctions) as stepfunctions, Stubber(clients.backup) as backup:
        stepfunctions.add_response("describe_execution", execution)
        stepfunctions.add_response("get_execution_history", {"events": [event]})
        expect(backup)
        report_result({"detail": {"executionArn": EXECUTION_ARN}}, SETTINGS, clients)
        backup.assert_no_pending_responses()


def refuse(backup: Stubber, **recorded: Any) -> None:  # noqa: ANN401
    backup.add_client_error(PUT, "InvalidRequestException", "Not part of a restore testing plan")
    backup.add_response("describe_restore_job", {"RestoreJobId": JOB, **recorded}, {"RestoreJobId": JOB})


def warnings(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.levelname == "WARNING"]


def test_a_verified_rotation_leaves_its_verdict(clients: Clients, caplog: pytest.LogCaptureFixture) -> None:
    reported(
        clients,
        "SUCCEEDED",
        lambda backup: backup.add_response(PUT, {}, SUCCESS),
        VerifyTableOutput=VERIFIED,
        StartRestoreJobOutput={"RestoreJobId": JOB},
    )

    assert warnings(caplog) == []


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("SUCCEEDED", {"VerifyTableOutput": {**VERIFIED, "Verified": None}}),
        ("SUCCEEDED", {"VerifyTableOutput": VERIFIED, "StartRestoreJobOutput": {"RestoreJobId": ""}}),
        ("SUCCEEDED", {"StartRestoreJobOutput": {"RestoreJobId": JOB}}),
        ("FAILED", {}),
        ("ABORTED", {"VerifyTableOutput": VERIFIED}),
        ("TIMED_OUT", {"VerifyTableOutput": VERIFIED}),
        ("RUNNING", {"VerifyTableOutput": VERIFIED}),
    ],
    ids=["nothing proven", "another's copy", "not verified", "failed", "stopped", "timed out", "redriven"],
)
def test_a_rotation_leaves_no_verdict_that_is_not_certain(status: str, state: dict[str, Any], clients: Clients) -> None:
    reported(clients, status, lambda _: None, **{"StartRestoreJobOutput": {"RestoreJobId": JOB}, **state})


def test_a_native_backup_that_dynamodb_restored_has_no_restore_job(clients: Clients) -> None:
    reported(clients, "SUCCEEDED", lambda _: None, VerifyTableOutput=VERIFIED)


def test_a_verdict_that_is_refused_is_logged_once(clients: Clients, caplog: pytest.LogCaptureFixture) -> None:
    reported(clients, "SUCCEEDED", refuse, VerifyTableOutput=VERIFIED, StartRestoreJobOutput={"RestoreJobId": JOB})

    (warning,) = warnings(caplog)
    assert warning["message"] == "Verdict not recorded in AWS Backup"
    assert warning["restore_job"] == JOB
    assert warning["reason"].startswith(f"AWS Backup does not accept the verdict SUCCESSFUL on the restore job {JOB}: ")
    assert "Not part of a restore testing plan" in warning["reason"]


def test_a_verdict_whose_response_was_lost_counts_as_recorded(
    clients: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    reported(
        clients,
        "SUCCEEDED",
        lambda backup: refuse(backup, ValidationStatus="SUCCESSFUL"),
        VerifyTableOutput=VERIFIED,
        StartRestoreJobOutput={"RestoreJobId": JOB},
    )

    assert warnings(caplog) == []


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [("ThrottlingException", 400, NotYet), ("ServiceUnavailableException", 500, TemporaryFailure)],
)
def test_what_passes_is_tried_again(code: str, status: int, error: type[Exception], clients: Clients) -> None:
    with Stubber(clients.backup) as backup:
        for _ in range(3):
            backup.add_client_error(PUT, code, http_status_code=status)
        with pytest.raises(error):
            record_verdict(JOB, "SUCCESSFUL", "Verified.", clients.backup)


def test_another_verdict_is_not_ours(clients: Clients) -> None:
    with Stubber(clients.backup) as backup:
        refuse(backup, ValidationStatus="FAILED")
        with pytest.raises(VerdictRefused):
            record_verdict(JOB, "SUCCESSFUL", "Verified.", clients.backup)


def test_where_the_role_may_not_even_look_the_refusal_is_that_of_the_verdict(clients: Clients) -> None:
    with Stubber(clients.backup) as backup:
        backup.add_client_error(PUT, "AccessDeniedException", "not authorized to put")
        backup.add_client_error("describe_restore_job", "AccessDeniedException", "not authorized to describe")
        with pytest.raises(VerdictRefused, match="not authorized to put"):
            record_verdict(JOB, "SUCCESSFUL", "Verified.", clients.backup)


def test_a_long_reason_is_cut_off(clients: Clients) -> None:
    with Stubber(clients.backup) as backup:
        backup.add_response(PUT, {}, {**SUCCESS, "ValidationStatusMessage": "x" * 1_000})
        record_verdict(JOB, "SUCCESSFUL", "x" * 2_000, clients.backup)
