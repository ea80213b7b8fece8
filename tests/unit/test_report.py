"""What people read in their inbox and in chat about a rotation that has ended."""

import json
import re
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from botocore.stub import Stubber
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns import sns_backends

from rotator.clients import Clients
from rotator.report.result import report_result
from rotator.settings import ReportSettings
from rotator.state import RotationState
from tests.support.rotations import EXECUTION_ARN, TABLE_ARN, TARGET, TARGET_ARN, invocation, restored

Step = str
HOOK = "arn:aws:lambda:us-east-1:123456789012:function:mask"
REDRIVE = f"aws stepfunctions redrive-execution --execution-arn {EXECUTION_ARN}"
NEW_ROTATION = "aws lambda invoke --function-name rotator-start-workflow"


def state_before_the_restore(**changes: Any) -> RotationState:  # noqa: ANN401
    return {**invocation()["State"], **changes}  # type: ignore[typeddict-item]


def state_during_the_restore(**changes: Any) -> RotationState:  # noqa: ANN401
    return state_before_the_restore(RestoreTableFromBackupOutput={"TableDescription": {}}, **changes)


def state_after_the_restore(**changes: Any) -> RotationState:  # noqa: ANN401
    return state_during_the_restore(DescribeTableOutput=restored(), **changes)


def ended(
    clients: Clients,
    status: Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "RUNNING"],
    state: Any,  # noqa: ANN401
    step: Step = "Verify Table",
    *,
    notify_of_success: bool = True,
    **described: Any,  # noqa: ANN401
) -> list[tuple[str, str, dict[str, Any]]]:
    """Subject, text and chat notification of what is published about an execution that ended in a state."""
    topic_arn = clients.sns.create_topic(Name="rotations")["TopicArn"]
    event = {"detail-type": "Step Functions Execution Status Change", "detail": {"executionArn": EXECUTION_ARN}}
    execution = {
        "executionArn": EXECUTION_ARN,
        "stateMachineArn": EXECUTION_ARN.replace(":execution:", ":stateMachine:").rpartition(":")[0],
        "startDate": datetime.now(UTC),
        "status": status,
        "input": json.dumps(state_before_the_restore()),
        **({"output": json.dumps(state)} if status == "SUCCEEDED" else {}),
        **described,
    }
    entered = {"name": step, "input": json.dumps(state)}
    events: list[Any] = [
        {"timestamp": datetime.now(UTC), "type": "ExecutionFailed", "id": 9},
        {"timestamp": datetime.now(UTC), "type": "TaskStateEntered", "id": 8, "stateEnteredEventDetails": entered},
        {
            "timestamp": datetime.now(UTC),
            "type": "TaskStateEntered",
            "id": 2,
            "stateEnteredEventDetails": {"name": "-"},
        },
    ]
    with Stubber(clients.stepfunctions) as stub:
        stub.add_response("describe_execution", execution, {"executionArn": EXECUTION_ARN})
        stub.add_response("get_execution_history", {"events": events})
        report_result(event, ReportSettings(topic_arn, notify_of_success, "rotator-start-workflow"), clients)
    topic = sns_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].topics[topic_arn]
    messages = [(subject, json.loads(message)) for _, message, subject, *_ in topic.sent_notifications]
    return [(subject, texts["default"], json.loads(texts["https"])) for subject, texts in messages]


def failed(clients: Clients, state: RotationState, step: Step, error: str, cause: str = "the reason") -> str:
    description = {"errorMessage": cause, "errorType": error, "stackTrace": ["line 1"]}
    ((_, text, _),) = ended(clients, "FAILED", state, step, error=error, cause=json.dumps(description))
    return text


def test_a_failure_says_what_why_where_and_what_to_do(clients: Clients) -> None:
    description = {"errorMessage": "the reason", "errorType": "VerificationFailed", "stackTrace": ["line 1"]}

    ((subject, text, _),) = ended(
        clients, "FAILED", state_after_the_restore(), error="VerificationFailed", cause=json.dumps(description)
    )

    assert subject == "Failed: rotation of orders by rule staging"
    for part in (
        "failed in the step Verify Table. The parameter still points where it did before.",
        "VerificationFailed",
        "the reason",
        TARGET,
        f"https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details/{EXECUTION_ARN}",
        REDRIVE,
        f"aws dynamodb delete-table --table-name {TARGET}\n{NEW_ROTATION}",
    ):
        assert part in text
    assert "line 1" not in text


@pytest.mark.parametrize(
    ("status", "subject", "summary"),
    [
        ("TIMED_OUT", "Timed out: rotation of orders by rule staging", "did not end within timeout_hours in the step"),
        ("ABORTED", "Stopped: rotation of orders by rule staging", "was stopped in the step Verify Table."),
    ],
)
def test_an_execution_that_ran_out_of_time_or_was_stopped_can_be_redriven(
    status: Literal["TIMED_OUT", "ABORTED"], subject: str, summary: str, clients: Clients
) -> None:
    ((found, text, _),) = ended(clients, status, state_after_the_restore())

    assert found == subject
    assert summary in text
    assert REDRIVE in text


def test_an_execution_that_aws_does_not_redrive_has_to_be_replaced(clients: Clients) -> None:
    ((_, text, _),) = ended(
        clients,
        "FAILED",
        state_after_the_restore(),
        error="States.Runtime",
        redriveStatus="NOT_REDRIVABLE",
        redriveStatusReason="Execution history event limit reached",
    )

    assert "cannot be redriven: Execution history event limit reached." in text
    assert REDRIVE not in text
    assert NEW_ROTATION in text


@pytest.mark.parametrize("error", ["InvalidTableName", "InvalidParameterName", "RestoreOptionImpossible"])
def test_where_the_rule_is_at_fault_a_redrive_is_not_suggested(error: str, clients: Clients) -> None:
    text = failed(clients, state_before_the_restore(), "Start Restore", error)

    assert REDRIVE not in text
    assert NEW_ROTATION in text
    assert "delete-table" not in text


@pytest.mark.parametrize(("step", "redrivable"), [("Check Restore Status", True), ("Carry Over Settings", False)])
def test_only_the_check_of_a_restore_can_start_over_where_the_copy_is_gone(
    step: Step, redrivable: bool, clients: Clients
) -> None:
    text = failed(clients, state_after_the_restore(), step, "TableNotFound")

    assert f"The copy {TARGET} no longer exists." in text
    assert (REDRIVE in text) == redrivable
    assert "delete-table" not in text


def test_the_command_for_a_new_rotation_names_backup_and_rule(clients: Clients) -> None:
    text = failed(clients, state_before_the_restore(), "Start Restore", "AccessDeniedException")

    command = next(line for line in text.splitlines() if line.startswith(NEW_ROTATION))
    ((record,),) = json.loads(command.partition("--payload '")[2].rpartition("'")[0]).values()
    assert record["Sns"]["MessageAttributes"] == {
        "StartTime": {"Type": "String", "Value": "2026-11-23T02:07:00.000Z"},
        "Rule": {"Type": "String", "Value": "staging"},
    }
    assert f"Resource ARN : {TABLE_ARN}. BackupJob ID : again-" in record["Sns"]["Message"]


@pytest.mark.parametrize(
    ("state", "error", "copy"),
    [
        (state_before_the_restore(), "AccessDeniedException", "Nothing was restored."),
        (state_during_the_restore(), "States.Timeout", "A restore already under way continues."),
        (state_during_the_restore(), "TargetTableTaken", "belongs to something else, and was left alone."),
        (state_during_the_restore(), "RestoreJobFailed", "AWS Backup gave up the restore."),
        (state_after_the_restore(), "AccessDeniedException", f"The copy {TARGET} stays.\n"),
        (state_after_the_restore(BeforeSwitch=HOOK), "ValueError", "it may hold unmasked data."),
        (
            state_after_the_restore(BeforeSwitch=HOOK, BeforeSwitchOutput={"Output": {}}),
            "VerificationFailed",
            f"The copy {TARGET} stays.\n",
        ),
    ],
)
def test_a_failure_says_what_happened_to_the_copy(
    state: RotationState, error: str, copy: str, clients: Clients
) -> None:
    text = failed(clients, state, "Check Restore Status", error)

    assert copy in text
    assert "The parameter still points where it did before." in text


def test_a_failure_after_the_switch_does_not_say_that_the_parameter_stayed(clients: Clients) -> None:
    switched = {"Version": 2, "Tier": "Standard", "Value": TARGET_ARN}
    state = state_after_the_restore(UpdateSSMParameterOutput=switched)

    text = failed(clients, state, "Delete Old Tables", "AccessDeniedException")

    assert "still points" not in text
    assert REDRIVE in text
    assert "delete-table" not in text
    assert NEW_ROTATION not in text


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (json.dumps({"ExecutionArn": "x", "Status": "FAILED", "Error": "NotMasked", "Cause": "why"}), "NotMasked why"),
        (json.dumps({"errorMessage": "no such key", "errorType": "ValueError"}), "no such key"),
        ("not JSON", "not JSON"),
        ("[]", "[]"),
    ],
)
def test_a_failed_hook_is_named_with_its_reason(cause: str, told: str, clients: Clients) -> None:
    state = state_after_the_restore(BeforeSwitch=HOOK)

    ((_, text, _),) = ended(clients, "FAILED", state, "Run Hook Function", error="ValueError", cause=cause)

    assert HOOK in text
    assert told in text
    assert "ExecutionArn" not in text


def test_an_execution_with_another_input_is_reported_as_well(clients: Clients) -> None:
    ((subject, text, _),) = ended(clients, "FAILED", {}, "Native Recovery Point?", input="{}", error="States.Runtime")

    assert subject == "Failed: rotation of an unknown table by rule an unknown rule"
    assert "Input:" in text


@pytest.mark.parametrize("wanted", [True, False])
def test_a_success_is_reported_where_that_is_wanted(wanted: bool, clients: Clients) -> None:
    messages = ended(clients, "SUCCEEDED", state_after_the_restore(), notify_of_success=wanted)

    subjects = [subject for subject, *_ in messages]
    assert subjects == (["Complete: rotation of orders by rule staging"] if wanted else [])


@pytest.mark.parametrize(
    ("compared_with", "size", "told"),
    [
        ("backup", 4711, "yes, compared with: backup; size of the backup: 4711 bytes"),
        ("nothing, as the source table is gone", None, "the source table is gone; size of the backup: unknown"),
    ],
)
def test_a_success_includes_the_proof_that_the_backup_restores(
    compared_with: str, size: int | None, told: str, clients: Clients
) -> None:
    proof = {"Verified": True, "ComparedWith": compared_with, "BackupSizeBytes": size}

    ((_, text, _),) = ended(clients, "SUCCEEDED", state_after_the_restore(VerifyTableOutput=proof))

    assert re.search(r"Restored in: +261 s\n", text)
    assert re.search(r"Verified: +yes, compared with: ", text)
    assert told in text


def test_in_chat_a_failure_has_the_fields_of_a_custom_notification(clients: Clients) -> None:
    ((subject, _, chat),) = ended(clients, "FAILED", state_after_the_restore(), error="AccessDeniedException")

    assert (chat["version"], chat["source"]) == ("1.0", "custom")
    assert chat["content"]["textType"] == "client-markdown"
    assert chat["content"]["title"] == subject
    assert f"*Target table*: {TARGET}" in chat["content"]["description"]
    redrive, new_rotation = chat["content"]["nextSteps"]
    assert f"```{REDRIVE}```" in redrive
    assert NEW_ROTATION in new_rotation
    assert chat["metadata"]["threadId"] == EXECUTION_ARN.rpartition(":")[2]


def test_an_execution_that_was_redriven_since_is_not_reported(clients: Clients) -> None:
    assert ended(clients, "RUNNING", state_after_the_restore()) == []


def test_the_result_is_logged_with_rotation_and_rule(clients: Clients, caplog: pytest.LogCaptureFixture) -> None:
    failed(clients, state_after_the_restore(), "Verify Table", "VerificationFailed")

    (record,) = [record for record in caplog.records if record.message == "Rotation ended"]
    assert vars(record)["status"] == "FAILED"
    assert vars(record)["error"] == "VerificationFailed"
