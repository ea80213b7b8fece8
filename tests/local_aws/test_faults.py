"""Faults strike the calls they are meant for, as often as requested, and calls are counted."""

import json
import time
from collections.abc import Callable
from typing import Any, Literal

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from local_aws import Fault, calls, changed_settings, injected
from tests.support.canaries import allow, code
from tests.support.polling import wait_until

Aws = Callable[..., Any]
Make = Callable[..., str]


def put(aws: Aws, name: str, value: str = "green") -> None:
    aws("ssm").put_parameter(Name=name, Value=value, Type="String")


def exists(aws: Aws, name: str) -> bool:
    return bool(aws("ssm").get_parameters(Names=[name])["Parameters"])


@pytest.fixture
def parameter(name: str) -> str:
    return f"/{name}"


@pytest.mark.parametrize(
    ("service", "error", "status", "call"),
    [
        ("ssm", "TooManyUpdates", 400, lambda aws: aws("ssm").describe_parameters()),
        ("dynamodb", "InternalServerError", 500, lambda aws: aws("dynamodb").list_tables()),
        ("sns", "Throttling", 429, lambda aws: aws("sns").list_topics()),
        ("backup", "ServiceUnavailableException", 503, lambda aws: aws("backup").list_backup_vaults()),
        ("states", "StateMachineLimitExceeded", 400, lambda aws: aws("stepfunctions").list_state_machines()),
        ("lambda", "TooManyRequestsException", 429, lambda aws: aws("lambda").list_functions()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_call_fails_as_often_as_requested_in_the_protocol_of_its_service(
    aws: Aws, local_aws: str, service: str, error: str, status: int, call: Callable[[Aws], object]
) -> None:
    with injected(local_aws, Fault(service=service, error=error, status=status, times=2)) as fault:
        for _ in range(2):
            with pytest.raises(ClientError) as found:
                call(aws)
            assert found.value.response["Error"]["Code"] == error
            assert found.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
        call(aws)
        assert fault.struck == 2
    assert fault.struck == 2


def test_a_call_that_fails_has_no_effect(aws: Aws, local_aws: str, parameter: str) -> None:
    with injected(local_aws, Fault(operation="PutParameter", error="TooManyUpdates", containing=parameter)):
        assert code(put, aws=aws, name=parameter) == "TooManyUpdates"
    assert not exists(aws, parameter)


@pytest.mark.parametrize("takes_effect", [True, False])
def test_a_connection_closes_before_or_after_the_call_takes_effect(
    aws: Aws, local_aws: str, parameter: str, takes_effect: bool
) -> None:
    fault = Fault(operation="PutParameter", containing=parameter, drop=True, takes_effect=takes_effect, times=1)
    with injected(local_aws, fault), pytest.raises(ConnectionClosedError):
        put(aws, parameter)
    assert exists(aws, parameter) == takes_effect


def test_an_error_comes_after_the_call_has_taken_effect(aws: Aws, local_aws: str, parameter: str) -> None:
    fault = Fault(service="ssm", containing=parameter, error="InternalServerError", status=500, takes_effect=True)
    with injected(local_aws, fault):
        assert code(put, aws=aws, name=parameter) == "InternalServerError"
    assert exists(aws, parameter)


def test_a_call_is_slow(aws: Aws, local_aws: str, parameter: str) -> None:
    with injected(local_aws, Fault(service="ssm", operation="Put*", containing=parameter, seconds=0.3)):
        begin = time.monotonic()
        put(aws, parameter)
        assert 0.3 <= time.monotonic() - begin < 30


def test_a_fault_leaves_other_calls_alone(aws: Aws, local_aws: str, parameter: str) -> None:
    for other in (
        Fault(service="sqs", error="Wrong"),
        Fault(service="ssm", operation="GetParameter", error="Wrong"),
        Fault(service="ssm", containing=f"{parameter}-another", error="Wrong"),
        Fault(role="*", error="Wrong"),
        Fault(function="*", kill="before"),
        Fault(times=0, error="Wrong"),
        Fault(probability=0, error="Wrong"),
    ):
        with injected(local_aws, other) as fault:
            aws("ssm").put_parameter(Name=parameter, Value="green", Type="String", Overwrite=True)
        assert fault.struck == 0


def test_a_fault_can_be_for_one_role_only(aws: Aws, local_aws: str, function: Make, parameter: str, name: str) -> None:
    arn = function(
        """
        import boto3
        def handler(event, context):
            boto3.client("ssm").put_parameter(Name=event, Value="green", Type="String", Overwrite=True)
        """,
        allow("ssm:PutParameter"),
        Timeout=20,
    )
    with injected(local_aws, Fault(role=f"{name}-lambda", operation="PutParameter", error="TooManyUpdates")):
        put(aws, parameter)
        answer = aws("lambda").invoke(FunctionName=arn, Payload=json.dumps(parameter))
        assert json.load(answer["Payload"])["errorType"] == "TooManyUpdates"


def test_chance_is_repeatable(aws: Aws, local_aws: str) -> None:
    def outcomes(seed: int) -> list[bool]:
        fault = Fault(operation="ListTables", error="InternalServerError", probability=0.5, seed=seed)
        with injected(local_aws, fault) as injected_fault:
            found = [fails(aws("dynamodb").list_tables) for _ in range(20)]
        assert injected_fault.struck == sum(found)
        return found

    assert outcomes(1) == outcomes(1) != outcomes(2)
    assert 3 < sum(outcomes(1)) < 17


def test_a_fault_strikes_the_same_share_of_calls_each_time(aws: Aws, local_aws: str) -> None:
    with injected(local_aws, Fault(operation="ListTables", error="ThrottlingException", every=3, times=2)) as fault:
        assert [fails(aws("dynamodb").list_tables) for _ in range(9)] == [False, False, True] * 2 + [False] * 3
    assert fault.struck == 2


def fails(call: Callable[[], object]) -> bool:
    try:
        call()
    except ClientError:
        return True
    return False


@pytest.fixture
def noting(function: Make, aws: Aws, name: str) -> Callable[[], tuple[Any, int]]:
    """Invokes a function that writes a line to its log; returns its response and the number of lines so far."""
    arn = function(
        """
        def handler(event, context):
            print("green")
            return "done"
        """,
        allow("logs:*"),
        Timeout=20,
    )

    def invoke() -> tuple[Any, int]:
        answer = json.load(aws("lambda").invoke(FunctionName=arn)["Payload"])
        log = aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        return answer, [event["message"] for event in log].count("green")

    return invoke


@pytest.mark.parametrize(("kill", "lines"), [("before", 0), ("after", 1)])
def test_a_function_is_killed_before_its_handler_runs_or_after(
    local_aws: str, noting: Callable[[], tuple[Any, int]], name: str, kill: Literal["before", "after"], lines: int
) -> None:
    with injected(local_aws, Fault(function=name, kill=kill, times=1)) as fault:
        answer, found = noting()
        assert answer["errorType"] == "Runtime.ExitError"
        assert answer["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
        assert (found, fault.struck) == (lines, 1)
        answer, _ = noting()
        assert (answer, fault.struck) == ("done", 1)


def test_a_function_is_killed_while_its_handler_runs(aws: Aws, local_aws: str, function: Make, parameter: str) -> None:
    arn = function(
        """
        import boto3, time
        def handler(event, context):
            boto3.client("ssm").put_parameter(Name=event["name"], Value="green", Type="String", Overwrite=True)
            time.sleep(event["seconds"])
        """,
        allow("ssm:PutParameter"),
        Timeout=20,
    )

    def invoke(seconds: float) -> Any:  # noqa: ANN401
        event = json.dumps({"name": parameter, "seconds": seconds})
        return json.load(aws("lambda").invoke(FunctionName=arn, Payload=event)["Payload"])

    invoke(0)
    aws("ssm").delete_parameter(Name=parameter)
    with injected(local_aws, Fault(function=arn.rsplit(":", 1)[-1], kill="during", seconds=3)):
        assert invoke(15)["errorType"] == "Runtime.ExitError"
        assert exists(aws, parameter)
        assert invoke(0) is None


def test_a_function_is_killed_for_some_events_only(aws: Aws, local_aws: str, function: Make, name: str) -> None:
    arn = function("def handler(event, context): return event")
    with injected(local_aws, Fault(function=name, kill="before", containing="green")):
        answers = [
            json.load(aws("lambda").invoke(FunctionName=arn, Payload=json.dumps(event))["Payload"])
            for event in ("blue", "green")
        ]
    assert (answers[0], answers[1]["errorType"]) == ("blue", "Runtime.ExitError")


def test_a_function_is_slow(local_aws: str, noting: Callable[[], tuple[Any, int]], name: str) -> None:
    noting()
    with injected(local_aws, Fault(function=f"{name[:-1]}*", seconds=0.3)):
        begin = time.monotonic()
        assert noting()[0] == "done"
        assert time.monotonic() - begin >= 0.3


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"function": "f", "error": "Wrong"},
        {"kill": "before"},
        {"function": "f", "kill": "during"},
        {"seconds": 1, "takes_effect": True},
        {"error": "Wrong", "every": 0},
    ],
)
def test_an_inconsistent_fault_is_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"a fault in|takes_effect|every"):
        Fault(**wrong)


def test_calls_are_counted_with_their_errors(aws: Aws, local_aws: str, parameter: str) -> None:
    number, errors = calls(local_aws, "ssm", "GetParameter")
    missing = code(aws("ssm").get_parameter, Name=parameter)
    put(aws, parameter)
    aws("ssm").get_parameter(Name=parameter)
    assert calls(local_aws, "ssm", "GetParameter") == (number + 2, {**errors, missing: errors.get(missing, 0) + 1})


@pytest.mark.parametrize(
    ("service", "operation", "error", "call"),
    [
        ("lambda", "GetFunction", "ResourceNotFoundException", lambda a: a("lambda").get_function(FunctionName="no")),
        (
            "sns",
            "GetTopicAttributes",
            "NotFound",
            lambda a: a("sns").get_topic_attributes(TopicArn="arn:aws:sns:a:1:c"),
        ),
        ("iam", "GetRole", "NoSuchEntity", lambda a: a("iam").get_role(RoleName="no")),
        ("dynamodb", "ListImports", "UnknownOperationException", lambda a: a("dynamodb").list_imports()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_error_codes_are_counted_in_every_protocol(
    aws: Aws, local_aws: str, service: str, operation: str, error: str, call: Callable[[Aws], object]
) -> None:
    _, before = calls(local_aws, service, operation)
    code(lambda: call(aws))
    _, after = calls(local_aws, service, operation)
    assert after == {**before, error: before.get(error, 0) + 1}


def test_settings_change_while_it_runs(aws: Aws, local_aws: str, name: str) -> None:
    dynamodb = aws("dynamodb")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def restored(target: str) -> Callable[[], bool]:
        backup = dynamodb.create_backup(TableName=name, BackupName=name)["BackupDetails"]["BackupArn"]
        dynamodb.restore_table_from_backup(TargetTableName=target, BackupArn=backup)
        return lambda: dynamodb.describe_table(TableName=target)["Table"]["TableStatus"] == "ACTIVE"

    with changed_settings(local_aws, restore_seconds=60):
        slow = restored(f"{name}-slow")
    with changed_settings(local_aws, restore_seconds=0.05):
        wait_until("change", restored(f"{name}-quick"))
    assert not slow()


@pytest.mark.parametrize("wrong", [{"port": 1}, {"no_such_setting": 1}, {"restore_seconds": "long"}])
def test_a_wrong_setting_is_rejected(local_aws: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"port|no_such_setting|long"), changed_settings(local_aws, **wrong):
        pass
