"""State machines are validated, executed and described as on AWS."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import changed_settings
from tests.support.canaries import ACCOUNT, REGION, allow, code, policy, segments
from tests.support.polling import wait_until

Aws = Callable[..., Any]
Make = Callable[..., str]
LOG_DELIVERY = allow(
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
PASS: dict[str, Any] = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
WAIT: dict[str, Any] = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
FAIL = """
    class TableMissing(Exception): pass
    def handler(event, context): raise TableMissing("no such table")
"""


@pytest.fixture
def machine(aws: Aws, role: Make, name: str) -> Callable[..., str]:
    """Creates a state machine; returns its ARN."""

    def make(definition: dict[str, Any], *statements: dict[str, Any], **options: Any) -> str:  # noqa: ANN401
        arn: str = aws("stepfunctions").create_state_machine(
            **{
                "name": name,
                "definition": json.dumps(definition),
                "roleArn": options.pop("roleArn", None) or role("states.amazonaws.com", *statements),
                **options,
            }
        )["stateMachineArn"]
        return arn

    return make


@pytest.fixture
def execute(aws: Aws, machine: Make) -> Callable[..., dict[str, Any]]:
    """Executes a definition to its end; returns the description of the execution."""

    def run(definition: dict[str, Any], *statements: dict[str, Any], given: object = None) -> dict[str, Any]:
        arn = machine(definition, *statements)
        execution = aws("stepfunctions").start_execution(stateMachineArn=arn, input=json.dumps(given or {}))
        return closed(aws, execution["executionArn"])

    return run


class Busy:
    """A function that runs until the test ends it."""

    def __init__(self, function: Make, directory: Path) -> None:
        self._end = directory / "end"
        source = f"""
            import os, time
            def handler(event, context):
                while not os.path.exists({str(self._end)!r}):
                    time.sleep(0.05)
            """
        self.arn = function(source, Timeout=120)

    def end(self) -> None:
        """Returns when its result has come, as a rule."""
        self._end.touch()
        time.sleep(1)


def closed(aws: Aws, execution: str) -> dict[str, Any]:
    def description() -> dict[str, Any] | None:
        found = aws("stepfunctions").describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    return dict(wait_until("change", description, 60))


def task(resource: str, arguments: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    state = {"Type": "Task", "Resource": resource, "End": True, **fields}
    if arguments:
        state["Parameters"] = arguments
    return {"StartAt": "Task", "States": {"Task": state}}


def both_ways(function: str) -> list[dict[str, Any]]:
    """A task that invokes the function, in either of the two ways."""
    return [
        task(function),
        task("arn:aws:states:::lambda:invoke", {"FunctionName": function, "Payload.$": "$"}, OutputPath="$.Payload"),
    ]


def at_once(definitions: list[dict[str, Any]]) -> dict[str, Any]:
    """A definition whose output lists those of the given tasks."""
    return {"StartAt": "All", "States": {"All": {"Type": "Parallel", "Branches": definitions, "End": True}}}


def history(aws: Aws, execution: str, **options: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return list(aws("stepfunctions").get_execution_history(executionArn=execution, **options)["events"])


# What a state does


@pytest.mark.parametrize("way", [0, 1])
def test_a_function_is_invoked_with_the_execution_roles_permission(
    aws: Aws, function: Make, execute: Callable[..., dict[str, Any]], way: int
) -> None:
    arn = function("def handler(event, context): return {'seen': event}")
    definition = both_ways(arn)[way]
    done = execute(definition, allow("lambda:InvokeFunction", on=arn), given={"a": 1})
    assert (done["status"], json.loads(done["output"])) == ("SUCCEEDED", {"seen": {"a": 1}})


@pytest.mark.parametrize("way", [0, 1])
def test_without_the_permission_the_task_fails(
    aws: Aws, function: Make, execute: Callable[..., dict[str, Any]], name: str, way: int
) -> None:
    arn = function("def handler(event, context): return event")
    done = execute(both_ways(arn)[way])
    assert (done["status"], done["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert f"assumed-role/{name}-states/" in done["cause"]
    assert f"is not authorized to perform: lambda:InvokeFunction on resource: {arn}" in done["cause"]


@pytest.mark.parametrize("way", [0, 1])
def test_a_missing_function_has_lambdas_error(execute: Callable[..., dict[str, Any]], way: int) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:none"
    done = execute(both_ways(arn)[way], allow("lambda:InvokeFunction"))
    assert done["error"] == "Lambda.ResourceNotFoundException"


@pytest.mark.parametrize("way", [0, 1])
def test_an_exceptions_class_is_the_error_and_its_description_the_cause(
    aws: Aws, function: Make, execute: Callable[..., dict[str, Any]], way: int
) -> None:
    done = execute(both_ways(function(FAIL))[way], allow("lambda:InvokeFunction"))
    assert (done["status"], done["error"]) == ("FAILED", "TableMissing")
    cause = json.loads(done["cause"])
    assert (cause["errorType"], cause["errorMessage"]) == ("TableMissing", "no such table")
    assert cause["stackTrace"]


def test_errors_are_retried_and_caught_by_name(
    aws: Aws, function: Make, execute: Callable[..., dict[str, Any]]
) -> None:
    definitions = both_ways(function(FAIL))
    for definition in definitions:
        definition["States"]["Task"] |= {
            "Retry": [{"ErrorEquals": ["TableMissing"], "IntervalSeconds": 1, "MaxAttempts": 1}],
            "Catch": [
                {"ErrorEquals": ["Another"], "Next": "Wrong"},
                {"ErrorEquals": ["TableMissing"], "ResultPath": "$.Error", "Next": "Caught"},
            ],
        }
        definition["States"] |= {"Wrong": {"Type": "Fail"}, "Caught": {"Type": "Pass", "End": True}}
    done = execute(at_once(definitions), allow("lambda:InvokeFunction"), given={"a": 1})
    for output in json.loads(done["output"]):
        assert output["a"] == 1
        assert output["Error"]["Error"] == "TableMissing"
        assert json.loads(output["Error"]["Cause"])["errorMessage"] == "no such table"
    failures = [event for event in history(aws, done["executionArn"]) if event["type"].endswith("Failed")]
    assert len(failures) == 4


def test_a_task_times_out(function: Make, execute: Callable[..., dict[str, Any]]) -> None:
    definitions = both_ways(function("import time\ndef handler(event, context): time.sleep(5)", Timeout=10))
    for definition in definitions:
        definition["States"]["Task"] |= {
            "TimeoutSeconds": 1,
            "Catch": [
                {"ErrorEquals": ["States.TaskFailed"], "Next": "Wrong"},
                {"ErrorEquals": ["States.Timeout"], "Next": "Caught"},
            ],
        }
        definition["States"] |= {"Wrong": {"Type": "Fail"}, "Caught": {"Type": "Succeed"}}
    assert execute(at_once(definitions), allow("lambda:InvokeFunction"))["status"] == "SUCCEEDED"


def test_no_state_catches_an_invalid_path(execute: Callable[..., dict[str, Any]]) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    definition = task("arn:aws:states:::aws-sdk:ssm:getParameter", {"Name.$": "$.missing"}, Catch=catch)
    definition["States"]["Caught"] = {"Type": "Succeed"}
    done = execute(definition, allow("ssm:GetParameter"))
    assert (done["status"], done["error"]) == ("FAILED", "States.Runtime")


def test_task_failed_catches_the_error_of_a_service(execute: Callable[..., dict[str, Any]]) -> None:
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}]
    definition = task("arn:aws:states:::aws-sdk:ssm:getParameter", {"Name": "/none"}, Catch=catch)
    definition["States"]["Caught"] = {"Type": "Pass", "End": True}
    done = execute(definition, allow("ssm:GetParameter"))
    assert json.loads(done["output"])["Error"] == "Ssm.ParameterNotFoundException"


def test_the_output_of_a_service_has_dates_as_text(aws: Aws, name: str, execute: Callable[..., dict[str, Any]]) -> None:
    aws("ssm").put_parameter(Name=f"/{name}", Value="green", Type="String")
    definition = task("arn:aws:states:::aws-sdk:ssm:getParameter", {"Name": f"/{name}"})
    done = execute(definition, allow("ssm:GetParameter"))
    parameter = json.loads(done["output"])["Parameter"]
    assert parameter["Value"] == "green"
    assert parameter["LastModifiedDate"].endswith("Z")


def test_the_start_time_can_be_output(execute: Callable[..., dict[str, Any]]) -> None:
    started = {"Type": "Pass", "Parameters": {"Started.$": "$$.Execution.StartTime"}, "End": True}
    done = execute({"StartAt": "Pass", "States": {"Pass": started}})
    assert json.loads(done["output"])["Started"].endswith("Z")


def test_a_failure_takes_error_and_cause_from_its_input(execute: Callable[..., dict[str, Any]]) -> None:
    state = {"Type": "Fail", "ErrorPath": "$.Error", "CausePath": "$.Cause"}
    done = execute({"StartAt": "Fail", "States": {"Fail": state}}, given={"Error": "Named", "Cause": "because"})
    assert (done["status"], done["error"], done["cause"]) == ("FAILED", "Named", "because")
    assert done["stopDate"]


# Executions


def test_unnamed_executions_get_different_names(aws: Aws, machine: Make) -> None:
    arn = machine(PASS)
    started = {aws("stepfunctions").start_execution(stateMachineArn=arn)["executionArn"] for _ in range(3)}
    assert len(started) == 3
    assert len(aws("stepfunctions").list_executions(stateMachineArn=arn)["executions"]) == 3


@pytest.mark.parametrize("wrong", ["a b", "a.b", "x" * 81, "é"])
def test_an_invalid_name_is_rejected(aws: Aws, machine: Make, wrong: str) -> None:
    client = aws("stepfunctions")
    with pytest.raises(client.exceptions.InvalidName):
        client.start_execution(stateMachineArn=machine(PASS), name=wrong)


def test_a_name_starts_one_execution(aws: Aws, machine: Make) -> None:
    client, arn = aws("stepfunctions"), machine(WAIT)
    first = client.start_execution(stateMachineArn=arn, name="x" * 80, input='{"a": 1}')
    again = client.start_execution(stateMachineArn=arn, name="x" * 80, input='{"a": 1}')
    assert (first["executionArn"], first["startDate"]) == (again["executionArn"], again["startDate"])
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=arn, name="x" * 80, input='{"a": 2}')
    client.stop_execution(executionArn=first["executionArn"])
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=arn, name="x" * 80, input='{"a": 1}')


def test_input_that_is_not_json_is_rejected(aws: Aws, machine: Make) -> None:
    client = aws("stepfunctions")
    with pytest.raises(client.exceptions.InvalidExecutionInput):
        client.start_execution(stateMachineArn=machine(PASS), input="{")


def test_stopping_is_immediate_and_final(aws: Aws, function: Make, machine: Make, tmp_path: Path) -> None:
    client = aws("stepfunctions")
    working = Busy(function, tmp_path)
    arn = machine(task(working.arn), allow("lambda:InvokeFunction"))
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    stopped = client.stop_execution(executionArn=execution, error="Stopped", cause="by hand")
    for ended in (False, True):
        if ended:
            working.end()
        found = client.describe_execution(executionArn=execution)
        assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Stopped", "by hand")
        assert found["stopDate"] == stopped["stopDate"]
    aborted = history(aws, execution)[-1]
    assert (aborted["type"], aborted["executionAbortedEventDetails"]["cause"]) == ("ExecutionAborted", "by hand")


def test_stopping_an_ended_execution_changes_nothing(aws: Aws, execute: Callable[..., dict[str, Any]]) -> None:
    done = execute(PASS)
    aws("stepfunctions").stop_execution(executionArn=done["executionArn"])
    assert closed(aws, done["executionArn"])["status"] == "SUCCEEDED"


def test_a_failed_execution_can_be_redriven(aws: Aws, function: Make, machine: Make, name: str) -> None:
    arn = function("def handler(event, context): return event")
    definition = task(arn)
    definition["States"] = {"First": {"Type": "Pass", "Result": {"a": 1}, "Next": "Task"}, **definition["States"]}
    definition["StartAt"] = "First"
    client = aws("stepfunctions")
    execution = client.start_execution(stateMachineArn=machine(definition))["executionArn"]
    assert closed(aws, execution)["redriveStatus"] == "REDRIVABLE"
    document = policy(allow("lambda:InvokeFunction"))
    aws("iam").put_role_policy(RoleName=f"{name}-states", PolicyName="late", PolicyDocument=document)
    client.redrive_execution(executionArn=execution)
    done = closed(aws, execution)
    assert (done["status"], done["redriveCount"], json.loads(done["output"])) == ("SUCCEEDED", 1, {"a": 1})
    assert "error" not in done
    types = [event["type"] for event in history(aws, execution)]
    assert types.count("PassStateEntered") == 1
    assert types.index("ExecutionFailed") < types.index("ExecutionRedriven") < types.index("ExecutionSucceeded")
    with pytest.raises(client.exceptions.ExecutionNotRedrivable):
        client.redrive_execution(executionArn=execution)


NESTED = "arn:aws:states:::states:startExecution.sync:2"
FOLLOWING = ("states:StartExecution", "states:DescribeExecution")
MANAGED_RULE = ("events:DescribeRule", "events:PutRule", "events:PutTargets")


@pytest.mark.parametrize("fails", [True, False])
def test_a_state_machine_waits_for_another_one(aws: Aws, machine: Make, role: Make, name: str, fails: bool) -> None:
    end = {"Type": "Fail", "Error": "Theirs", "Cause": "theirs"} if fails else {"Type": "Pass", "End": True}
    other = aws("stepfunctions").create_state_machine(
        name=f"{name}-other",
        definition=json.dumps({"StartAt": "End", "States": {"End": end}}),
        roleArn=role("states.amazonaws.com", suffix="-other"),
    )["stateMachineArn"]
    definition = task(NESTED, {"StateMachineArn": other, "Input": {"a": 1}})
    arn = machine(definition, allow(*FOLLOWING, *MANAGED_RULE))
    execution = aws("stepfunctions").start_execution(stateMachineArn=arn)["executionArn"]
    done = closed(aws, execution)
    if fails:
        assert (done["status"], done["error"]) == ("FAILED", "States.TaskFailed")
        assert "Theirs" in done["cause"]
    else:
        assert json.loads(done["output"])["Output"] == {"a": 1}


@pytest.mark.parametrize("may_stop", [True, False])
def test_stopping_an_execution_stops_the_one_it_waits_for_if_the_role_may(
    aws: Aws, machine: Make, role: Make, name: str, may_stop: bool
) -> None:
    client = aws("stepfunctions")
    other = client.create_state_machine(
        name=f"{name}-other", definition=json.dumps(WAIT), roleArn=role("states.amazonaws.com", suffix="-other")
    )["stateMachineArn"]
    permissions = [*FOLLOWING, *MANAGED_RULE, *(["states:StopExecution"] if may_stop else [])]
    execution = client.start_execution(
        stateMachineArn=machine(task(NESTED, {"StateMachineArn": other, "Input": {}}), allow(*permissions))
    )["executionArn"]

    def nested() -> str | None:
        found = client.list_executions(stateMachineArn=other)["executions"]
        submitted = "TaskSubmitted" in [event["type"] for event in history(aws, execution)]
        return found[0]["executionArn"] if found and submitted else None

    waited_for = wait_until("change", nested, 30)
    client.stop_execution(executionArn=execution)
    status = client.describe_execution(executionArn=waited_for)["status"]
    assert status == ("ABORTED" if may_stop else "RUNNING")


def test_waiting_for_another_execution_needs_permission_for_the_managed_rule(machine: Make) -> None:
    with pytest.raises(ClientError, match="not authorized to create managed-rule"):
        machine(task(NESTED, {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:x"}))


@pytest.mark.parametrize(
    ("change", "permissions", "error"),
    [
        ({"executions_at_once": 1}, FOLLOWING, "StepFunctions.ExecutionLimitExceeded"),
        ({}, ("states:DescribeExecution",), "StepFunctions.AWSStepFunctionsException"),
    ],
    ids=["quota", "denied"],
)
def test_another_execution_that_cannot_start_has_the_error_of_step_functions(
    aws: Aws,
    local_aws: str,
    machine: Make,
    role: Make,
    name: str,
    change: dict[str, int],
    permissions: tuple[str, ...],
    error: str,
) -> None:
    other = aws("stepfunctions").create_state_machine(
        name=f"{name}-other", definition=json.dumps(PASS), roleArn=role("states.amazonaws.com", suffix="-other")
    )["stateMachineArn"]
    nested = task(NESTED, {"StateMachineArn": other, "Input": {}})
    # Until the setting has changed.
    wait = {"Type": "Wait", "Seconds": 1, "Next": "Task"}
    definition = {"StartAt": "Wait", "States": {"Wait": wait, **nested["States"]}}
    arn = machine(definition, allow(*permissions, *MANAGED_RULE))
    execution = aws("stepfunctions").start_execution(stateMachineArn=arn)["executionArn"]
    with changed_settings(local_aws, **change):
        assert closed(aws, execution)["error"] == error


def test_only_so_many_executions_run_at_once(aws: Aws, local_aws: str, machine: Make) -> None:
    arn = machine(PASS)
    with changed_settings(local_aws, executions_at_once=0):
        assert code(aws("stepfunctions").start_execution, stateMachineArn=arn) == "ExecutionLimitExceeded"
    aws("stepfunctions").start_execution(stateMachineArn=arn)


def test_a_fail_state_fails_again_when_redriven(aws: Aws, execute: Callable[..., dict[str, Any]]) -> None:
    fail = {"Type": "Fail", "Error": "Always"}
    execution = execute({"StartAt": "Fail", "States": {"Fail": fail}})["executionArn"]
    aws("stepfunctions").redrive_execution(executionArn=execution)
    done = closed(aws, execution)
    assert (done["status"], done["error"], done["redriveCount"]) == ("FAILED", "Always", 1)


def test_the_context_of_an_execution_counts_redrives(aws: Aws, machine: Make) -> None:
    client = aws("stepfunctions")
    redriven = {"Variable": "$$.Execution.RedriveCount", "NumericEquals": 1, "Next": "Count"}
    states = {
        "Redriven?": {"Type": "Choice", "Choices": [redriven]},
        "Count": {"Type": "Pass", "InputPath": "$$.Execution.RedriveCount", "ResultPath": "$.count", "End": True},
    }
    definition = {"StartAt": "Redriven?", "States": states}
    execution = client.start_execution(stateMachineArn=machine(definition))["executionArn"]
    assert closed(aws, execution)["status"] == "FAILED"
    client.redrive_execution(executionArn=execution)
    assert json.loads(closed(aws, execution)["output"]) == {"count": 1}


def test_an_execution_times_out(execute: Callable[..., dict[str, Any]]) -> None:
    done = execute(WAIT | {"TimeoutSeconds": 1})
    assert (done["status"], done["stopDate"] > done["startDate"]) == ("TIMED_OUT", True)


def test_the_history_is_complete(aws: Aws, execute: Callable[..., dict[str, Any]]) -> None:
    execution = execute(PASS, given={"a": 1})["executionArn"]
    events = history(aws, execution)
    types = ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    assert [event["type"] for event in events] == types
    assert json.loads(events[1]["stateEnteredEventDetails"]["input"]) == {"a": 1}
    assert json.loads(events[3]["executionSucceededEventDetails"]["output"]) == {"a": 1}
    assert [event["type"] for event in history(aws, execution, reverseOrder=True)] == types[::-1]
    assert "input" not in history(aws, execution, includeExecutionData=False)[1]["stateEnteredEventDetails"]
    pages = aws("stepfunctions").get_paginator("get_execution_history")
    found = pages.paginate(executionArn=execution, PaginationConfig={"PageSize": 3}).build_full_result()["events"]
    assert [event["type"] for event in found] == types


def logging(name: str, level: str, data: bool = True) -> dict[str, Any]:
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*"
    return {
        "level": level,
        "includeExecutionData": data,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
    }


@pytest.mark.parametrize(
    ("level", "data", "types"),
    [
        ("ALL", True, ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
        ("ALL", False, ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
        ("ERROR", True, ["FailStateEntered", "ExecutionFailed"]),
        ("OFF", True, []),
    ],
)
def test_the_history_is_logged(aws: Aws, machine: Make, name: str, level: str, data: bool, types: list[str]) -> None:
    aws("logs").create_log_group(logGroupName=name)
    definition = {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": "Named"}}}
    arn = machine(definition, LOG_DELIVERY, loggingConfiguration=logging(name, level, data))
    execution = aws("stepfunctions").start_execution(stateMachineArn=arn, input='{"a": 1}')["executionArn"]
    closed(aws, execution)
    lines = [json.loads(event["message"]) for event in aws("logs").filter_log_events(logGroupName=name)["events"]]
    assert [line["type"] for line in lines] == types
    assert all(line["execution_arn"] == execution for line in lines)
    entered = [line["details"] for line in lines if line["type"] == "FailStateEntered"]
    assert all(("input" in details) == data for details in entered)
    if lines:
        assert lines[-1]["details"]["error"] == "Named"


# State machines


def test_a_role_that_may_not_deliver_logs_is_rejected(aws: Aws, machine: Make, role: Make, name: str) -> None:
    aws("logs").create_log_group(logGroupName=name)
    text = "The state machine IAM Role is not authorized to access the Log Destination"
    lacking = role("states.amazonaws.com", allow(*LOG_DELIVERY["Action"][1:]))
    with pytest.raises(ClientError, match=text) as error:
        machine(PASS, roleArn=lacking, loggingConfiguration=logging(name, "ALL"))
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    arn = machine(PASS, roleArn=lacking)
    with pytest.raises(ClientError, match=text):
        aws("stepfunctions").update_state_machine(stateMachineArn=arn, loggingConfiguration=logging(name, "ALL"))


def test_a_role_that_step_functions_may_not_assume_is_rejected(machine: Make, role: Make) -> None:
    with pytest.raises(ClientError, match="authorized to assume the provided role"):
        machine(PASS, roleArn=role("lambda.amazonaws.com"))


def test_a_log_group_must_exist(machine: Make, name: str) -> None:
    with pytest.raises(ClientError, match="Log Destination"):
        machine(PASS, LOG_DELIVERY, loggingConfiguration=logging(name, "ALL"))


DANGLING = {
    "next": {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}},
    "start": {"StartAt": "B", "States": {"A": {"Type": "Pass", "End": True}}},
    "catch": task("arn:aws:states:::aws-sdk:ssm:getParameter", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "B"}]),
    "default": {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Choice", "Default": "B", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "C"}]},
            "C": {"Type": "Succeed"},
        },
    },
    "within": {
        "StartAt": "A",
        "States": {
            "A": {
                "Type": "Parallel",
                "End": True,
                "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "C"}}}],
            }
        },
    },
    "unreachable": {"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}},
    "syntax": {"StartAt": "A", "States": {"A": {"Type": "Nonsense"}}},
}


@pytest.mark.parametrize("definition", DANGLING.values(), ids=DANGLING.keys())
def test_an_invalid_definition_is_rejected(aws: Aws, machine: Make, definition: dict[str, Any]) -> None:
    client = aws("stepfunctions")
    validation = client.validate_state_machine_definition(definition=json.dumps(definition))
    assert (validation["result"], len(validation["diagnostics"])) == ("FAIL", 1)
    with pytest.raises(client.exceptions.InvalidDefinition):
        machine(definition)


def test_a_valid_definition_is_accepted(aws: Aws) -> None:
    found = aws("stepfunctions").validate_state_machine_definition(definition=json.dumps(PASS))
    assert (found["result"], found["diagnostics"]) == ("OK", [])


def test_logging_and_tracing_can_be_switched_off(aws: Aws, machine: Make, name: str) -> None:
    client = aws("stepfunctions")
    aws("logs").create_log_group(logGroupName=name)
    options = {"loggingConfiguration": logging(name, "ALL"), "tracingConfiguration": {"enabled": True}}
    arn = machine(PASS, LOG_DELIVERY, **options)
    found = client.describe_state_machine(stateMachineArn=arn)
    assert {key: found[key] for key in options} == options
    client.update_state_machine(stateMachineArn=arn, loggingConfiguration={}, tracingConfiguration={})
    found = client.describe_state_machine(stateMachineArn=arn)
    assert found["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}
    assert found["tracingConfiguration"] == {"enabled": False}


@pytest.mark.parametrize(
    "lacking", ["PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets"]
)
def test_traces_are_lost_without_a_permission(aws: Aws, machine: Make, name: str, lacking: str) -> None:
    arn = machine(
        PASS, allow("xray:*"), allow(f"xray:{lacking}", effect="Deny"), tracingConfiguration={"enabled": True}
    )
    execution = aws("stepfunctions").start_execution(stateMachineArn=arn)["executionArn"]
    assert closed(aws, execution)["status"] == "SUCCEEDED"
    assert segments(aws, name) == []
    aws("iam").put_role_policy(RoleName=f"{name}-states", PolicyName="all", PolicyDocument=policy(allow("xray:*")))
    execution = aws("stepfunctions").start_execution(stateMachineArn=arn)["executionArn"]
    (segment,) = wait_until("change", lambda: segments(aws, name))
    assert segment["origin"] == "AWS::StepFunctions::StateMachine"
    assert segment["resource_arn"] == execution


def test_versions_are_listed(aws: Aws, machine: Make) -> None:
    arn = machine(PASS, publish=True)
    found = aws("stepfunctions").list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in found] == [f"{arn}:1"]


def test_a_second_state_machine_with_the_same_name_is_rejected(aws: Aws, machine: Make, role: Make) -> None:
    role_arn = role("states.amazonaws.com")
    assert machine(PASS, roleArn=role_arn) == machine(PASS, roleArn=role_arn)
    with pytest.raises(ClientError) as error:
        machine(WAIT, roleArn=role_arn)
    assert error.value.response["Error"]["Code"] == "StateMachineAlreadyExists"


def test_a_change_to_the_roles_policy_takes_effect_at_once(aws: Aws, function: Make, machine: Make, name: str) -> None:
    arn = machine(task(function("def handler(event, context): return 1")))
    client = aws("stepfunctions")
    assert closed(aws, client.start_execution(stateMachineArn=arn)["executionArn"])["status"] == "FAILED"
    aws("iam").put_role_policy(
        RoleName=f"{name}-states", PolicyName="late", PolicyDocument=policy(allow("lambda:InvokeFunction"))
    )
    assert closed(aws, client.start_execution(stateMachineArn=arn)["executionArn"])["status"] == "SUCCEEDED"


# How executions end, and go on


BUSY: dict[str, Callable[[str], dict[str, Any]]] = {
    "task": lambda function: task(function),
    "wait": lambda _: WAIT,
    "retry": lambda _: task(
        "arn:aws:states:::aws-sdk:ssm:getParameter",
        {"Name": "/none"},
        Retry=[{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60}],
    ),
}
"""Definitions that take their time, in a task, in a wait or between two tries."""


@pytest.mark.parametrize("busy", BUSY)
@pytest.mark.parametrize("stopped", [True, False])
def test_an_execution_ends_at_once_whatever_it_is_doing(
    aws: Aws, function: Make, machine: Make, tmp_path: Path, busy: str, stopped: bool
) -> None:
    client = aws("stepfunctions")
    working = Busy(function, tmp_path)
    definition = BUSY[busy](working.arn) | ({} if stopped else {"TimeoutSeconds": 1})
    arn = machine(definition, allow("lambda:InvokeFunction", "ssm:GetParameter"))
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    time.sleep(0.5)
    if stopped:
        client.stop_execution(executionArn=execution, error="Stopped", cause="by hand")
    done = closed(aws, execution)
    assert (done["stopDate"] - done["startDate"]).total_seconds() < 20
    types = [event["type"] for event in history(aws, execution)]
    if stopped:
        assert (done["status"], done["error"], done["cause"]) == ("ABORTED", "Stopped", "by hand")
        assert types[-1] == "ExecutionAborted"
    else:
        assert (done["status"], done["error"], done.get("cause")) == ("TIMED_OUT", "States.Timeout", None)
        assert types[-1] == "ExecutionTimedOut"
    if busy == "task":
        working.end()
    assert [event["type"] for event in history(aws, execution)] == types
    assert closed(aws, execution) | {"ResponseMetadata": None} == done | {"ResponseMetadata": None}


@pytest.mark.parametrize("busy", ["task", "wait"])
def test_a_redrive_goes_on_in_the_same_state_and_has_all_the_time_again(
    aws: Aws, function: Make, machine: Make, tmp_path: Path, busy: str
) -> None:
    client = aws("stepfunctions")
    working = Busy(function, tmp_path)
    definition = BUSY[busy](working.arn)
    state = dict(definition["States"])
    first = {"First": {"Type": "Pass", "Result": {"a": 1}, "Next": definition["StartAt"]}}
    definition = {"StartAt": "First", "States": first | state, "TimeoutSeconds": 1}
    arn = machine(definition, allow("lambda:InvokeFunction"))
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    assert closed(aws, execution)["status"] == "TIMED_OUT"
    for count in (1, 2):
        redriven = client.redrive_execution(executionArn=execution)["redriveDate"]
        found = client.describe_execution(executionArn=execution)
        assert (found["status"], found["redriveCount"], found["redriveDate"]) == ("RUNNING", count, redriven)
        assert (found["redriveStatus"], "stopDate" in found) == ("NOT_REDRIVABLE", False)
        assert "RUNNING" in found["redriveStatusReason"]
        done = closed(aws, execution)
        assert (done["status"], done["redriveStatus"]) == ("TIMED_OUT", "REDRIVABLE")
        assert 0.9 < (done["stopDate"] - redriven).total_seconds() < 20
    working.end()
    events = history(aws, execution)
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    types = [event["type"] for event in events]
    assert (types.count("PassStateEntered"), types.count("ExecutionRedriven")) == (1, 2)
    assert (types[-1], types.count("ExecutionTimedOut")) == ("ExecutionTimedOut", 3)
    entered = [event["stateEnteredEventDetails"] for event in events if event["type"] == f"{busy.title()}StateEntered"]
    assert {json.loads(details["input"])["a"] for details in entered} == {1}


def test_a_redrive_tries_as_often_again_and_has_the_old_definition(aws: Aws, machine: Make) -> None:
    client = aws("stepfunctions")
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    definition = task("arn:aws:states:::aws-sdk:ssm:getParameter", {"Name": "/none"}, Retry=retry)
    arn = machine(definition, allow("ssm:GetParameter"))
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    closed(aws, execution)
    client.update_state_machine(stateMachineArn=arn, definition=json.dumps(PASS))
    client.redrive_execution(executionArn=execution)
    assert closed(aws, execution)["status"] == "FAILED"
    failures = [event for event in history(aws, execution) if event["type"] == "TaskFailed"]
    assert len(failures) == 4


def test_an_execution_that_was_stopped_can_be_redriven(aws: Aws, local_aws: str, machine: Make) -> None:
    client = aws("stepfunctions")
    wait = {"Type": "Wait", "Seconds": 60, "Next": "Count"}
    context = {"Count.$": "$$.Execution.RedriveCount", "Time.$": "$$.Execution.RedriveTime"}
    states = {"Wait": wait, "Count": {"Type": "Pass", "Parameters": context, "End": True}}
    execution = client.start_execution(stateMachineArn=machine({"StartAt": "Wait", "States": states}))["executionArn"]
    client.stop_execution(executionArn=execution)
    with changed_settings(local_aws, wait_factor=0.001):
        client.redrive_execution(executionArn=execution)
        output = json.loads(closed(aws, execution)["output"])
    assert (output["Count"], output["Time"][-1]) == (1, "Z")


def test_an_execution_that_was_stopped_at_once_begins_when_it_is_redriven(aws: Aws, machine: Make) -> None:
    client = aws("stepfunctions")
    arn = machine({"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}})
    before_the_first_state = []

    # Soon, one of them is stopped in time.
    def stopped_in_time() -> str | None:
        execution: str = client.start_execution(stateMachineArn=arn, input='{"a": 1}')["executionArn"]
        client.stop_execution(executionArn=execution)
        events = client.get_execution_history(executionArn=execution)["events"]
        if [event["type"] for event in events] == ["ExecutionStarted", "ExecutionAborted"]:
            before_the_first_state.append(execution)
        return next(iter(before_the_first_state), None)

    execution = wait_until("execution that was stopped in time", stopped_in_time, 60)
    client.redrive_execution(executionArn=execution)
    assert json.loads(closed(aws, execution)["output"]) == {"a": 1}


def test_waits_and_retries_can_be_made_shorter(
    aws: Aws, local_aws: str, execute: Callable[..., dict[str, Any]]
) -> None:
    definition = task(
        "arn:aws:states:::aws-sdk:ssm:getParameter",
        {"Name": "/none"},
        Retry=[{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60, "MaxAttempts": 1}],
        Catch=[{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Wait"}],
    )
    definition["States"]["Wait"] = {"Type": "Wait", "Seconds": 60, "Next": "Wait As Told"}
    definition["States"]["Wait As Told"] = {"Type": "Wait", "SecondsPath": "$.seconds", "End": True}
    with changed_settings(local_aws, wait_factor=0.005, retry_factor=0.005):
        done = execute(definition, allow("ssm:GetParameter"), given={"seconds": 60})
    assert 0.8 < (done["stopDate"] - done["startDate"]).total_seconds() < 60
    types = [event["type"] for event in history(aws, done["executionArn"])]
    assert types[-5:-1] == ["WaitStateEntered", "WaitStateExited"] * 2


def test_what_waits_for_another_one_stops_it_when_its_time_is_over(
    aws: Aws, machine: Make, role: Make, name: str
) -> None:
    client = aws("stepfunctions")
    other = client.create_state_machine(
        name=f"{name}-other", definition=json.dumps(WAIT), roleArn=role("states.amazonaws.com", suffix="-other")
    )["stateMachineArn"]
    definition = task(NESTED, {"StateMachineArn": other, "Input": {}}) | {"TimeoutSeconds": 2}
    arn = machine(definition, allow(*FOLLOWING, *MANAGED_RULE, "states:StopExecution"))
    assert closed(aws, client.start_execution(stateMachineArn=arn)["executionArn"])["status"] == "TIMED_OUT"
    (nested,) = client.list_executions(stateMachineArn=other)["executions"]
    assert closed(aws, nested["executionArn"])["status"] == "ABORTED"


LOOP: dict[str, Any] = {
    "StartAt": "Again",
    "States": {"Again": {"Type": "Pass", "Next": "And Again"}, "And Again": {"Type": "Pass", "Next": "Again"}},
}


@pytest.mark.parametrize("limit", [9, 10])
def test_a_history_that_gets_too_long_ends_the_execution(
    aws: Aws, local_aws: str, execute: Callable[..., dict[str, Any]], limit: int
) -> None:
    client = aws("stepfunctions")
    with changed_settings(local_aws, history_events=limit):
        done = execute(LOOP)
        cause = f"The execution reached the maximum number of history events ({limit})."
        assert (done["status"], done["error"], done["cause"]) == ("FAILED", "States.Runtime", cause)
        last = history(aws, done["executionArn"])[-1]
        assert (last["id"], last["type"]) == (limit, "ExecutionFailed")
        assert last["executionFailedEventDetails"] == {"error": "States.Runtime", "cause": cause}
        assert (done["redriveStatus"], "history" in done["redriveStatusReason"]) == ("NOT_REDRIVABLE", True)
        with pytest.raises(client.exceptions.ExecutionNotRedrivable):
            client.redrive_execution(executionArn=done["executionArn"])


def test_a_last_state_that_makes_the_history_too_long_does_not_end_it_well(
    aws: Aws, local_aws: str, execute: Callable[..., dict[str, Any]]
) -> None:
    with changed_settings(local_aws, history_events=3):
        assert execute(PASS)["error"] == "States.Runtime"


def test_pages_of_the_history_go_backwards_too(aws: Aws, execute: Callable[..., dict[str, Any]]) -> None:
    client = aws("stepfunctions")
    execution = execute(PASS, given={"a": 1})["executionArn"]
    page = client.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=3)
    assert [event["id"] for event in page["events"]] == [4, 3, 2]
    entered = page["events"][2]["stateEnteredEventDetails"]
    assert (entered["name"], json.loads(entered["input"])) == ("Pass", {"a": 1})
    token = page["nextToken"]
    rest = client.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=3, nextToken=token)
    assert ([event["id"] for event in rest["events"]], "nextToken" in rest) == ([1], False)
    with pytest.raises(client.exceptions.InvalidToken):
        client.get_execution_history(executionArn=execution, nextToken="none")
    with pytest.raises(ClientError, match="ValidationException"):
        client.get_execution_history(executionArn=execution, maxResults=1001)


# Events


@pytest.fixture
def told(aws: Aws, name: str) -> Callable[[], list[dict[str, Any]]]:
    """Gives what has come of the executions of the state machine of this test."""
    machine_arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [machine_arn]},
    }
    rule = aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    queue_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}.fifo"
    statement = allow("sqs:SendMessage", Principal={"Service": "events.amazonaws.com"}) | {
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}}
    }
    queue = aws("sqs").create_queue(
        QueueName=f"{name}.fifo",
        Attributes={"Policy": policy(statement), "FifoQueue": "true", "ContentBasedDeduplication": "true"},
    )["QueueUrl"]
    target = {"Id": "queue", "Arn": queue_arn, "SqsParameters": {"MessageGroupId": "all"}}
    aws("events").put_targets(Rule=name, Targets=[target])
    found: list[dict[str, Any]] = []

    def received() -> list[dict[str, Any]]:
        for message in aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            aws("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            found.append(json.loads(message["Body"]))
        return found

    return received


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def test_eventbridge_is_told_of_each_status(
    aws: Aws, execute: Callable[..., dict[str, Any]], told: Callable[[], list[dict[str, Any]]]
) -> None:
    done = execute(PASS, given={"a": 1})
    wait_until("change", lambda: len(told()) == 2)
    running, succeeded = told()
    assert running["resources"] == succeeded["resources"] == [done["executionArn"]]
    expected = {
        "executionArn": done["executionArn"],
        "stateMachineArn": done["stateMachineArn"],
        "name": done["name"],
        "status": "RUNNING",
        "startDate": milliseconds(done["startDate"]),
        "stopDate": None,
        "input": '{"a": 1}',
        "inputDetails": {"included": True},
        "output": None,
        "outputDetails": None,
        "error": None,
        "cause": None,
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is RUNNING and cannot be redriven",
    }
    assert running["detail"] == expected
    assert succeeded["detail"] == expected | {
        "status": "SUCCEEDED",
        "stopDate": milliseconds(done["stopDate"]),
        "output": '{"a":1}',
        "outputDetails": {"included": True},
        "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
    }


def test_eventbridge_is_told_of_failures_stops_timeouts_and_redrives(
    aws: Aws, machine: Make, told: Callable[[], list[dict[str, Any]]]
) -> None:
    client = aws("stepfunctions")
    choices = [
        {"Variable": "$.wait", "BooleanEquals": True, "Next": "Wait"},
        {"Variable": "$.wait", "BooleanEquals": False, "Next": "Fail"},
    ]
    states = {
        "Wait?": {"Type": "Choice", "Choices": choices},
        "Wait": {"Type": "Wait", "Seconds": 60, "End": True},
        "Fail": {"Type": "Fail", "Error": "Named", "Cause": "because"},
    }
    arn = machine({"StartAt": "Wait?", "States": states, "TimeoutSeconds": 1})

    def start(wait: bool) -> str:
        given = json.dumps({"wait": wait})
        return str(client.start_execution(stateMachineArn=arn, input=given)["executionArn"])

    failed = start(wait=False)
    closed(aws, failed)
    client.redrive_execution(executionArn=failed)
    closed(aws, failed)
    client.stop_execution(executionArn=start(wait=True), error="Stopped", cause="by hand")
    closed(aws, start(wait=True))
    wait_until("change", lambda: len(told()) == 8)
    details = [event["detail"] for event in told()]
    assert [(d["status"], d["error"], d["cause"], d["redriveCount"]) for d in details] == [
        ("RUNNING", None, None, 0),
        ("FAILED", "Named", "because", 0),
        ("RUNNING", None, None, 1),
        ("FAILED", "Named", "because", 1),
        ("RUNNING", None, None, 0),
        ("ABORTED", "Stopped", "by hand", 0),
        ("RUNNING", None, None, 0),
        ("TIMED_OUT", "States.Timeout", None, 0),
    ]
    assert (details[3]["redriveStatus"], details[3]["redriveStatusReason"]) == ("REDRIVABLE", None)
    assert details[3]["redriveDate"] == milliseconds(client.describe_execution(executionArn=failed)["redriveDate"])


@pytest.mark.parametrize(("size", "included"), [(120_000, True), (130_000, False)])
def test_events_leave_out_what_is_too_large(
    execute: Callable[..., dict[str, Any]], told: Callable[[], list[dict[str, Any]]], size: int, included: bool
) -> None:
    done = execute(PASS, given={"a": "x" * size})
    wait_until("change", lambda: len(told()) == 2)
    detail = told()[1]["detail"]
    assert (detail["input"] is not None, detail["inputDetails"]) == (included, {"included": included})
    assert (detail["output"], detail["outputDetails"]) == (done["output"], {"included": True})


@pytest.mark.parametrize("result", ["text", None, 1, ["é"]])
def test_an_output_is_json_whatever_it_is(execute: Callable[..., dict[str, Any]], result: object) -> None:
    state = {"Type": "Pass", "Result": result, "End": True}
    assert json.loads(execute({"StartAt": "Pass", "States": {"Pass": state}})["output"]) == result


# What is too large

TOO_LARGE = "returned a result with a size exceeding the maximum number of bytes service limit."
CATCH_ALL = [
    {"ErrorEquals": ["States.ALL"], "Next": "Caught"},
    {"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"},
]


@pytest.mark.parametrize("way", [0, 1])
def test_a_result_that_is_too_large_ends_the_execution(
    function: Make, execute: Callable[..., dict[str, Any]], way: int
) -> None:
    definition = both_ways(function("def handler(event, context): return 'x' * 300_000"))[way]
    definition["States"]["Task"]["Catch"] = CATCH_ALL
    definition["States"]["Caught"] = {"Type": "Succeed"}
    done = execute(definition, allow("lambda:InvokeFunction"))
    assert (done["status"], done["error"]) == ("FAILED", "States.DataLimitExceeded")
    assert TOO_LARGE in done["cause"]


@pytest.mark.parametrize("way", [0, 1])
def test_a_state_that_becomes_too_large_ends_the_execution(
    aws: Aws, function: Make, execute: Callable[..., dict[str, Any]], way: int
) -> None:
    definition = both_ways(function("def handler(event, context): return 'x' * 150_000"))[way]
    definition["States"]["Task"] |= {"ResultPath": "$.b", "OutputPath": "$", "Catch": CATCH_ALL}
    definition["States"]["Caught"] = {"Type": "Succeed"}
    done = execute(definition, allow("lambda:InvokeFunction"), given={"a": "x" * 150_000})
    assert (done["status"], done["error"]) == ("FAILED", "States.DataLimitExceeded")
    assert TOO_LARGE in done["cause"]
    assert history(aws, done["executionArn"])[-1]["executionFailedEventDetails"]["cause"] == done["cause"]


def test_parameters_that_make_too_much_of_the_input_end_the_execution(
    function: Make, execute: Callable[..., dict[str, Any]]
) -> None:
    twice = {"First.$": "$.a", "Second.$": "$.a"}
    definition = task(function("def handler(event, context): return 1"), twice, Catch=CATCH_ALL)
    definition["States"]["Caught"] = {"Type": "Succeed"}
    done = execute(definition, allow("lambda:InvokeFunction"), given={"a": "x" * 150_000})
    assert (done["status"], done["error"]) == ("FAILED", "States.DataLimitExceeded")


@pytest.mark.parametrize(
    ("letter", "more", "status"), [("x", 0, "SUCCEEDED"), ("x", 1, "FAILED"), ("é", 0, "SUCCEEDED")]
)
def test_the_largest_state_has_262144_bytes(
    execute: Callable[..., dict[str, Any]], letter: str, more: int, status: str
) -> None:
    size = (262_144 - len('{"a":""}')) // len(letter.encode()) + more
    assert execute(PASS, given={"a": letter * size})["status"] == status
