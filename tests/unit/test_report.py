"""What people read in their inbox and in chat about a rotation that has ended."""

import json
import re
import shlex
from dataclasses import replace
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
from tests.support.rotations import EXECUTION_ARN, TARGET, TARGET_ARN, invocation, restored

Step = str
HOOK = "arn:aws:lambda:us-east-1:123456789012:function:mask"
PARAMETER = "/staging/orders/table-arn"
REDRIVE = f"aws stepfunctions redrive-execution --execution-arn {EXECUTION_ARN} --region us-east-1"
NEW_ROTATION = "aws lambda invoke --function-name rotator-start-workflow"
SETTINGS = ReportSettings(None, False, "rotator-start-workflow", "rotator-update-ssm-parameter")


def state_before_the_restore(**changes: Any) -> RotationState:  # noqa: ANN401
    return {**invocation(parameter=PARAMETER)["State"], **changes}  # type: ignore[typeddict-item]


def state_during_the_restore(**changes: Any) -> RotationState:  # noqa: ANN401
    return state_before_the_restore(RestoreTableFromBackupOutput={"TableDescription": {}}, **changes)


def state_after_the_restore(**changes: Any) -> RotationState:  # noqa: ANN401
    return state_during_the_restore(**{"DescribeTableOutput": restored(), **changes})


def state_after_the_switch(**changes: Any) -> RotationState:  # noqa: ANN401
    switched = {"Version": 2, "Tier": "Standard", "Value": TARGET_ARN}
    return state_after_the_restore(**{"UpdateSSMParameterOutput": switched, **changes})


ATTEMPT: tuple[dict[str, Any], ...] = ({"type": "TaskScheduled"}, {"type": "TaskStarted"})


def attempt_that_failed(error: str, cause: str, kind: str = "TaskFailed") -> tuple[dict[str, Any], ...]:
    """Events in the history of an execution."""
    resource = {"resourceType": "lambda", "resource": "invoke"} if kind.startswith("Task") else {}
    details = {f"{kind[0].lower()}{kind[1:]}EventDetails": {"error": error, "cause": cause, **resource}}
    return (*ATTEMPT, {"type": kind, **details})


def ended(
    clients: Clients,
    status: Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "RUNNING"],
    state: Any,  # noqa: ANN401
    step: Step = "Verify Table",
    *,
    notify_of_success: bool = True,
    attempts: tuple[dict[str, Any], ...] = (),
    execution_arn: str = EXECUTION_ARN,
    **described: Any,  # noqa: ANN401
) -> list[tuple[str, str, dict[str, Any]]]:
    """Subject, text and chat notification of what is published about an execution that ended in a step.

    `attempts` are the events of the history between entering that step and the end.
    """
    topic_arn = clients.sns.create_topic(Name="rotations")["TopicArn"]
    event = {"detail-type": "Step Functions Execution Status Change", "detail": {"executionArn": execution_arn}}
    execution = {
        "executionArn": execution_arn,
        "stateMachineArn": execution_arn.replace(":execution:", ":stateMachine:").rpartition(":")[0],
        "startDate": datetime.now(UTC),
        "status": status,
        "input": json.dumps(state_before_the_restore()),
        **({"output": json.dumps(state)} if status == "SUCCEEDED" else {}),
        **described,
    }
    history: list[Any] = [
        {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "An Earlier Step"}},
        *attempt_that_failed("EarlierError", "overcome"),
        {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": step, "input": json.dumps(state)}},
        *attempts,
        {"type": "ExecutionFailed"},
    ]
    events: list[Any] = [
        {"timestamp": datetime.now(UTC), "id": number, **event} for number, event in enumerate(history, 1)
    ]
    with Stubber(clients.stepfunctions) as stub:
        stub.add_response("describe_execution", execution, {"executionArn": execution_arn})
        stub.add_response("get_execution_history", {"events": events[::-1]})
        settings = replace(SETTINGS, notification_topic_arn=topic_arn, notify_of_success=notify_of_success)
        report_result(event, settings, clients)
    topic = sns_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].topics[topic_arn]
    messages = [(subject, json.loads(message)) for _, message, subject, *_ in topic.sent_notifications]
    return [(subject, texts["default"], json.loads(texts["https"])) for subject, texts in messages]


def failed(clients: Clients, state: RotationState, step: Step, error: str, cause: str = "the reason") -> str:
    cause = json.dumps({"errorMessage": cause, "errorType": error, "stackTrace": ["line 1"]})
    attempts = attempt_that_failed(error, cause)
    ((_, text, _),) = ended(clients, "FAILED", state, step, attempts=attempts, error=error, cause=cause)
    return text


def facts(text: str) -> dict[str, str]:
    """The table in the text of a message."""
    return dict(re.findall(r"^([A-Z][\w ]+): +(\S.*)$", text, re.MULTILINE))


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
        "because a redrive reuses the old input and the old definition. It makes a copy of the newest backup:\n\necho ",
        NEW_ROTATION,
    ):
        assert part in text
    assert "line 1" not in text
    assert facts(text)["Rotation"] == EXECUTION_ARN.rpartition(":")[2]


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

    assert "cannot be redriven: Execution history event limit reached.\n\nOnce the cause is fixed, start a new" in text
    assert REDRIVE not in text
    assert NEW_ROTATION in text


@pytest.mark.parametrize("error", ["InvalidTableName", "InvalidParameterName", "RestoreOptionImpossible"])
def test_where_the_rule_is_at_fault_a_redrive_is_not_suggested(error: str, clients: Clients) -> None:
    text = failed(clients, state_before_the_restore(), "Start Restore", error)

    assert "A redrive would only fail again.\n\nOnce the cause is fixed, start a new rotation. It makes a copy" in text
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


def invocation_in(text: str) -> tuple[Any, str]:
    """The request that a message has a function invoked with, and the command for it."""
    echo, command = next(line for line in text.splitlines() if "aws lambda invoke" in line).split(" | ")
    (request,) = shlex.split(echo)[1:]
    return json.loads(request), command


def test_the_command_for_a_new_rotation_names_rule_and_source_table_so_that_it_goes_back_to_no_older_backup(
    clients: Clients,
) -> None:
    state = state_before_the_restore()

    text = failed(clients, state, "Start Restore", "AccessDeniedException")

    request, command = invocation_in(text)
    assert request == {"Refresh": {"Rule": "staging", "SourceTable": state["BackupSnsMessage"]["BackedUpResourceArn"]}}
    assert command == f"{NEW_ROTATION} --payload fileb:///dev/stdin /dev/stdout --region us-east-1"


def test_commands_name_the_region_of_the_execution(clients: Clients) -> None:
    arn = EXECUTION_ARN.replace("us-east-1", "eu-central-1")
    state = state_after_the_restore()

    ((_, text, _),) = ended(clients, "FAILED", state, "Update SSM Parameter", execution_arn=arn, error="NotYet")

    commands = [line for line in text.splitlines() if re.search(r"^(echo .* \| )?aws ", line)]
    assert len(commands) == 3
    assert all(command.endswith(" --region eu-central-1") for command in commands)


@pytest.mark.parametrize(
    ("step", "state", "error", "copy"),
    [
        ("Start Restore", state_before_the_restore(), "AccessDeniedException", "Nothing was restored."),
        (
            "Start Restore",
            state_before_the_restore(),
            "Runtime.ExitError",
            "A restore may be under way, because an attempt to start it got no response. Unless you redrive the "
            f"execution, its table {TARGET} stays until you delete it, and never gets the module's tags.\n",
        ),
        (
            "Start Restore",
            state_after_the_restore(DescribeTableOutput=restored() | {"RestoreStatus": "START_OVER"}),
            "AccessDeniedException",
            "Nothing was restored.",
        ),
        (
            "Check Restore Status",
            state_during_the_restore(),
            "States.Timeout",
            f"A restore already under way continues. Unless you redrive the execution, its table {TARGET} stays until "
            "you delete it, and never gets the module's tags.\n",
        ),
        (
            "Check Restore Status",
            state_during_the_restore(BeforeSwitch=HOOK),
            "States.Timeout",
            f"A restore already under way continues. Unless you redrive the execution, its table {TARGET} stays until "
            "you delete it, and never gets the module's tags. Nor does the hook run on it, so it may hold unmasked "
            "data.\n",
        ),
        (
            "Check Restore Status",
            state_during_the_restore(),
            "RecoveryPointMismatch",
            f"A restore already under way continues. Its table {TARGET} stays until you delete it, and never gets the "
            "module's tags.\n",
        ),
        (
            "Check Restore Status",
            state_during_the_restore(),
            "TargetTableTaken",
            f"The table {TARGET} belongs to something else, and was left alone.",
        ),
        (
            "Check Restore Status",
            state_during_the_restore(),
            "RestoreJobFailed",
            f"AWS Backup gave up the restore to {TARGET}.",
        ),
        (
            "Check Restore Status",
            state_after_the_restore(DescribeTableOutput=restored() | {"RestoreStatus": "CLAIMED"}),
            "AccessDeniedException",
            f"The copy {TARGET} stays. It may lack settings that the rule asks for.\n",
        ),
        (
            "Carry Over Settings",
            state_after_the_restore(BeforeSwitch=HOOK, BeforeSwitchOutput={"Output": {}}),
            "SettingsNotApplied",
            f"The copy {TARGET} stays. It may lack settings that the rule asks for.\n",
        ),
        (
            "Run Hook Function",
            state_after_the_restore(BeforeSwitch=HOOK),
            "ValueError",
            f"The copy {TARGET} stays. The hook has not completed on it, so it may hold unmasked data.\n",
        ),
        (
            "Run Hook Function",
            state_after_the_restore(BeforeSwitch=HOOK),
            "States.DataLimitExceeded",
            f"The copy {TARGET} stays. The hook has run on it, but returned more than a state may hold (256 KiB).\n",
        ),
        (
            "Verify Table",
            state_after_the_restore(
                BeforeSwitch=HOOK, BeforeSwitchOutput={"Output": {}}, CarryOverSettingsOutput={"Settings": {}}
            ),
            "VerificationFailed",
            f"The copy {TARGET} stays.\n",
        ),
    ],
)
def test_a_failure_before_the_switch_says_what_happened_to_the_copy(
    step: Step, state: RotationState, error: str, copy: str, clients: Clients
) -> None:
    text = failed(clients, state, step, error)

    assert f"The parameter still points where it did before. {copy}" in text


@pytest.mark.parametrize(
    "attempts",
    [
        (),
        ATTEMPT,
        (*attempt_that_failed("NotYet", "a limit"), *ATTEMPT),
        (*ATTEMPT, {"type": "ExecutionAborted"}, {"type": "ExecutionRedriven"}),
        (
            *ATTEMPT,
            {"type": "ExecutionAborted"},
            {"type": "ExecutionRedriven"},
            *attempt_that_failed("NotYet", "a limit"),
        ),
        (*attempt_that_failed("TemporaryFailure", "no response"), *attempt_that_failed("NotYet", "a limit")),
    ],
)
def test_an_execution_that_ended_while_it_started_the_restore_may_have_left_a_table(
    attempts: tuple[dict[str, Any], ...], clients: Clients
) -> None:
    ((_, text, _),) = ended(clients, "ABORTED", state_before_the_restore(), "Start Restore", attempts=attempts)

    assert "A restore may be under way, because an attempt to start it got no response." in text
    assert TARGET in text
    assert "Nothing was restored." not in text


def test_of_a_rule_without_a_parameter_no_message_speaks_of_one(clients: Clients) -> None:
    text = failed(clients, state_before_the_restore(TargetParameterName=""), "Start Restore", "AccessDeniedException")

    assert "in the step Start Restore. Nothing was restored." in text


def test_where_the_switch_failed_the_parameter_may_point_at_the_copy_so_nobody_is_told_to_delete_it(
    clients: Clients,
) -> None:
    text = failed(clients, state_after_the_restore(), "Update SSM Parameter", "TemporaryFailure")

    assert f"The parameter may already point at the copy {TARGET}, which stays." in text
    assert "Before you delete the copy, look where the parameter points: AWS may have set it" in text
    assert text.index(REDRIVE) < text.index(f"aws ssm get-parameter --name {PARAMETER}") < text.index(NEW_ROTATION)
    assert "delete-table" not in text


def test_a_failure_after_the_switch_does_not_say_that_the_parameter_stayed(clients: Clients) -> None:
    text = failed(clients, state_after_the_switch(), "Delete Old Tables", "AccessDeniedException")

    assert f"The copy {TARGET} is ready to use. The parameter had been set before that. Old copies may be left." in text
    assert REDRIVE in text
    assert "delete-table" not in text
    assert NEW_ROTATION not in text


def test_without_a_parameter_the_copy_is_in_use_once_old_ones_are_deleted(clients: Clients) -> None:
    state = state_after_the_restore(TargetParameterName="")

    text = failed(clients, state, "Delete Old Tables", "AccessDeniedException")

    assert f"The copy {TARGET} is ready to use. Old copies may be left." in text
    assert "delete-table" not in text


@pytest.mark.parametrize(
    ("error", "cause", "told"),
    [
        (
            "ValueError",
            json.dumps({"errorMessage": "no such key", "errorType": "ValueError", "stackTrace": ["line 1"]}),
            {"Error": "ValueError", "Cause": "no such key"},
        ),
        (
            "RecursionError",
            json.dumps({"errorMessage": 'in "f"\\', "errorType": "RecursionError", "stackTrace": ["line 1"] * 9})[:120],
            {"Error": "RecursionError", "Cause": 'in "f"\\'},
        ),
        (
            "ValueError",
            json.dumps({"errorMessage": "cut off in é", "errorType": "ValueError"})[:35],
            {"Error": "ValueError", "Cause": "cut off in "},
        ),
        (
            "Sandbox.Timedout",
            json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": "Error: Task timed out after 60.00 seconds"}),
            {"Error": "Sandbox.Timedout", "Cause": "Error: Task timed out after 60.00 seconds"},
        ),
        (
            "States.DataLimitExceeded",
            "The state/task 'arn:aws:states:::lambda:invoke' returned a result with a size exceeding the maximum",
            {"Error": "States.DataLimitExceeded", "Cause": "The state/task 'arn:aws:states:::lambda:invoke' returned"},
        ),
        (
            "States.TaskFailed",
            json.dumps({"ExecutionArn": "x", "Status": "FAILED", "Error": "NotMasked", "Cause": "why"}),
            {"Error": "States.TaskFailed", "Cause": "FAILED: NotMasked: why"},
        ),
        (
            "States.TaskFailed",
            json.dumps(
                {
                    "ExecutionArn": "x",
                    "Status": "FAILED",
                    "Error": "ValueError",
                    "Cause": json.dumps({"errorMessage": "no such key", "stackTrace": ["line 1"]}),
                }
            ),
            {"Error": "States.TaskFailed", "Cause": "FAILED: ValueError: no such key"},
        ),
        (
            "States.TaskFailed",
            json.dumps({"ExecutionArn": "x", "Status": "TIMED_OUT"}),
            {"Error": "States.TaskFailed", "Cause": "TIMED_OUT"},
        ),
        (
            "Lambda.ResourceNotFoundException",
            "Function not found (Service: AWSLambda; Status Code: 404)",
            {"Error": "Lambda.ResourceNotFoundException", "Cause": "Function not found (Service: AWSLambda;"},
        ),
        ("States.Timeout", "", {"Error": "States.Timeout"}),
        ("ValueError", "[]", {"Error": "ValueError", "Cause": "[]"}),
    ],
)
def test_a_failed_hook_is_named_with_its_reason_and_without_a_stack_trace(
    error: str, cause: str, told: dict[str, str], clients: Clients
) -> None:
    state = state_after_the_restore(BeforeSwitch=HOOK)

    ((_, text, _),) = ended(clients, "FAILED", state, "Run Hook Function", error=error, cause=cause)

    found = facts(text)
    assert found["Hook"] == HOOK
    assert ("Cause" in found) == ("Cause" in told)
    assert all(found[name].startswith(value) for name, value in told.items())
    assert not any(word in text for word in ("line 1", "stackTrace", "ExecutionArn", "errorMessage"))


@pytest.mark.parametrize("kind", ["TaskFailed", "LambdaFunctionFailed", "TaskTimedOut", "TaskSubmitFailed"])
@pytest.mark.parametrize("status", ["TIMED_OUT", "ABORTED", "FAILED"])
def test_an_execution_that_ended_while_it_was_retrying_quotes_the_last_error(
    status: Literal["TIMED_OUT", "ABORTED", "FAILED"], kind: str, clients: Clients
) -> None:
    last = json.dumps({"errorMessage": "Limit of 50 restores", "stackTrace": ["line 1"]})
    attempts = (*attempt_that_failed("NotYet", "an earlier one", kind), *attempt_that_failed("NotYet", last, kind))

    ((_, text, _),) = ended(
        clients,
        status,
        state_before_the_restore(),
        "Start Restore",
        attempts=attempts,
        cause="History limit exceeded",
    )

    assert facts(text)["Cause"] == "History limit exceeded"
    assert facts(text)["Last error"] == "NotYet: Limit of 50 restores"
    assert "Nothing was restored." in text


def test_an_error_that_was_overcome_or_redriven_is_not_quoted(clients: Clients) -> None:
    attempts = (*attempt_that_failed("NotYet", "before the redrive"), {"type": "ExecutionRedriven"})

    ((_, text, _),) = ended(clients, "TIMED_OUT", state_after_the_restore(), attempts=attempts)

    assert "Last error" not in text


@pytest.mark.parametrize("state", [{}, [], {"BackupSnsMessage": "?"}, {"Rule": "staging"}])
def test_an_execution_with_another_input_is_reported_with_the_way_to_start_a_rotation(
    state: Any,  # noqa: ANN401
    clients: Clients,
) -> None:
    ((subject, text, _),) = ended(clients, "FAILED", state, "Start Restore Job", error="NotARotation", cause="It lacks")

    assert subject == f"Failed: {EXECUTION_ARN.rpartition(':')[2]}, which is not a rotation"
    assert facts(text)["Input"] == json.dumps(state)
    assert facts(text)["Cause"] == "It lacks"
    assert "Nothing was restored." in text
    assert '{"Refresh": {"SourceTable": "<source table>"}}' in text
    assert NEW_ROTATION in text
    assert REDRIVE not in text


@pytest.mark.parametrize(
    ("partition", "region", "console"),
    [
        ("aws", "eu-central-1", "eu-central-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("aws-eusc", "eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
        ("aws-iso-b", "us-isob-east-1", "us-isob-east-1.console.sc2shome.sgov.gov"),
    ],
)
def test_the_link_leads_to_the_console_of_the_partition(
    partition: str, region: str, console: str, clients: Clients
) -> None:
    arn = f"arn:{partition}:states:{region}:123456789012:execution:rotator:staging-1"

    ((_, text, _),) = ended(clients, "SUCCEEDED", state_after_the_restore(), execution_arn=arn)

    assert facts(text)["Execution"] == (f"https://{console}/states/home?region={region}#/v2/executions/details/{arn}")


def test_in_a_partition_whose_console_is_unknown_there_is_no_link(clients: Clients) -> None:
    arn = "arn:aws-new:states:new-north-1:123456789012:execution:rotator:staging-1"

    ((_, text, _),) = ended(clients, "SUCCEEDED", state_after_the_restore(), execution_arn=arn)

    assert facts(text)["Execution"] == arn
    assert "https://" not in text


@pytest.mark.parametrize("wanted", [True, False])
def test_a_success_is_reported_where_that_is_wanted(wanted: bool, clients: Clients) -> None:
    messages = ended(clients, "SUCCEEDED", state_after_the_restore(), notify_of_success=wanted)

    subjects = [subject for subject, *_ in messages]
    assert subjects == (["Complete: rotation of orders by rule staging"] if wanted else [])


@pytest.mark.parametrize(
    ("proof", "told"),
    [
        (
            {"Verified": True, "Comparisons": ["keys", "not empty"], "ComparedWith": "backup", "BackupSizeBytes": 4711},
            "yes (keys, not empty; compared with: backup; size of the backup: 4711 bytes)",
        ),
        ({"Verified": None, "Comparisons": [], "ComparedWith": "nothing", "BackupSizeBytes": 0}, "nothing to compare"),
        (
            {
                "Verified": None,
                "Comparisons": ["items"],
                "ComparedWith": "nothing, as the source table belongs to another account or Region",
                "BackupSizeBytes": 4711,
            },
            "not proven (items; compared with: nothing, as the source table belongs to another account or Region; size "
            "of the backup: 4711 bytes)",
        ),
        # Before an upgrade.
        (
            {"Verified": True, "ComparedWith": "source table", "BackupSizeBytes": None},
            "yes (compared with: source table; size of the backup: unknown)",
        ),
        (
            {"Verified": True, "ComparedWith": "nothing, as the source table is gone", "BackupSizeBytes": None},
            "nothing to compare",
        ),
    ],
)
def test_a_success_includes_the_proof_that_the_backup_restores(
    proof: dict[str, Any], told: str, clients: Clients
) -> None:
    ((_, text, _),) = ended(clients, "SUCCEEDED", state_after_the_restore(VerifyTableOutput=proof))

    assert facts(text)["Restored in"] == "261 s"
    assert facts(text)["Verified"] == told


@pytest.mark.parametrize(
    ("value", "subject", "is_left"),
    [
        (TARGET_ARN, "Complete: rotation of orders by rule staging", False),
        (TARGET, "Complete: rotation of orders by rule staging", False),
        (f"{TARGET_ARN}-later", "Complete, left at a later copy: rotation of orders by rule staging", True),
    ],
)
def test_a_success_says_where_the_parameter_was_left_at_a_later_copy(
    value: str, subject: str, is_left: bool, clients: Clients
) -> None:
    state = state_after_the_switch(UpdateSSMParameterOutput={"Version": 2, "Tier": "Standard", "Value": value})

    ((found, text, _),) = ended(clients, "SUCCEEDED", state)

    assert found == subject
    assert facts(text)["Parameter is"] == value
    assert ("The parameter was left at a later copy." in text) == is_left
    assert "Release" not in text


def test_a_failure_after_the_switch_says_where_the_parameter_was_left_at_a_later_copy(clients: Clients) -> None:
    left = {"Version": 2, "Tier": "Standard", "Value": f"{TARGET_ARN}-later"}

    text = failed(clients, state_after_the_switch(UpdateSSMParameterOutput=left), "Delete Old Tables", "Denied")

    assert "The parameter was left at a later copy. Old copies may be left." in text


def test_a_success_says_that_the_parameter_is_held_and_how_to_release_it(clients: Clients) -> None:
    switch = {"Version": 2, "Tier": "Standard", "Value": f"{TARGET_ARN}-before", "Held": True}
    state = state_after_the_switch(UpdateSSMParameterOutput=switch, TargetParameterName="/staging/orders")

    ((subject, text, _),) = ended(clients, "SUCCEEDED", state)

    assert subject == "Complete, parameter held: rotation of orders by rule staging"
    assert "The parameter was left alone, because it is held." in text
    request, command = invocation_in(text)
    assert request == {"Release": {"Parameter": "/staging/orders"}}
    assert command.startswith("aws lambda invoke --function-name rotator-update-ssm-parameter ")
    assert command.endswith(" --region us-east-1")


def test_a_failure_after_the_switch_says_how_to_release_a_parameter_that_was_left_held(clients: Clients) -> None:
    switch = {"Version": 2, "Tier": "Standard", "Value": f"{TARGET_ARN}-before", "Held": True}

    text = failed(clients, state_after_the_switch(UpdateSSMParameterOutput=switch), "Delete Old Tables", "Denied")

    assert invocation_in(text)[0] == {"Release": {"Parameter": PARAMETER}}


def test_a_restore_that_started_over_until_the_time_was_up_quotes_what_aws_backup_said(clients: Clients) -> None:
    starts_over = restored() | {"RestoreStatus": "START_OVER", "StatusMessage": "Rate exceeded"}
    state = state_during_the_restore(DescribeTableOutput=starts_over)

    ((_, text, _),) = ended(clients, "TIMED_OUT", state)

    assert facts(text)["Last error"] == "Rate exceeded"


def test_a_rotation_that_another_one_stands_for_says_so_and_proves_nothing(clients: Clients) -> None:
    state = state_during_the_restore(DescribeTableOutput=restored() | {"RestoreStatus": "SUPERSEDED"})

    ((subject, text, _),) = ended(clients, "SUCCEEDED", state)

    assert subject == "Superseded: rotation of orders by rule staging"
    assert f"The rotation of the other backup made the copy {TARGET}, which stands for both." in text
    assert not {"Restored in", "Verified", "Parameter is"} & facts(text).keys()


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
