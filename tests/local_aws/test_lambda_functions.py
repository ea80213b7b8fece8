"""Lambda functions run, fail and are configured as on AWS."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.canaries import ACCOUNT, REGION, allow, policy, segments, zipped
from tests.support.polling import wait_until

Aws = Callable[..., Any]
Make = Callable[..., str]
ECHO = "def handler(event, context): return event"
VPC = {"SubnetIds": ["subnet-1a"], "SecurityGroupIds": ["sg-2b"]}
NETWORK_ACTIONS = [
    "AssignPrivateIpAddresses",
    "CreateNetworkInterface",
    "DeleteNetworkInterface",
    "DescribeNetworkInterfaces",
    "DescribeSubnets",
    "UnassignPrivateIpAddresses",
]
FAIL = """
    class TableMissing(Exception): pass
    def handler(event, context): raise TableMissing("no such table")
"""


def invoked(aws: Aws, arn: str, event: object = None, **options: str) -> tuple[dict[str, Any], Any]:
    response = aws("lambda").invoke(FunctionName=arn, Payload=json.dumps(event), **options)
    payload = response["Payload"].read()
    return response, json.loads(payload) if payload else None


def log_of(aws: Aws, group: str) -> list[str]:
    return [event["message"] for event in aws("logs").filter_log_events(logGroupName=group)["events"]]


def test_a_function_runs_in_the_environment_that_lambda_provides(aws: Aws, function: Make, name: str) -> None:
    arn = function(
        """
        import os, boto3
        def handler(event, context):
            return {
                "caller": boto3.client("sts").get_caller_identity()["Arn"],
                "environment": dict(os.environ),
                "arn": context.invoked_function_arn,
                "left": context.get_remaining_time_in_millis(),
                "trace": os.environ["_X_AMZN_TRACE_ID"],
                "event": event,
            }
        """,
        MemorySize=256,
        Timeout=10,
        Environment={"Variables": {"COLOUR": "green"}},
    )
    _, found = invoked(aws, arn, {"a": [1]})
    assert found["event"] == {"a": [1]}
    assert found["caller"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}-lambda/{name}"
    assert found["arn"] == arn
    assert 5_000 < found["left"] <= 10_000
    assert found["trace"].startswith("Root=1-")
    environment = found["environment"]
    assert environment["COLOUR"] == "green"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert environment["AWS_LAMBDA_LOG_GROUP_NAME"] == f"/aws/lambda/{name}"
    assert environment["AWS_REGION"] == REGION


def test_a_function_imports_only_its_code_layers_and_what_lambda_provides(aws: Aws, function: Make) -> None:
    layer = aws("lambda").publish_layer_version(
        LayerName="canary",
        Content={
            "ZipFile": zipped(
                {
                    "python/from_layer.py": "COLOUR = 'green'",
                    "python/lib/python3.13/site-packages/from_site.py": "COLOUR = 'blue'",
                }
            )
        },
    )
    arn = function(
        """
        import boto3, from_layer, from_site
        def handler(event, context):
            try:
                import moto
            except ImportError:
                return [from_layer.COLOUR, from_site.COLOUR]
        """,
        Layers=[layer["LayerVersionArn"]],
    )
    _, found = invoked(aws, arn)
    assert found == ["green", "blue"]


def test_a_warm_process_is_reused_until_the_function_changes(aws: Aws, function: Make) -> None:
    arn = function("import os\ndef handler(event, context): return os.getpid()")
    first, second = invoked(aws, arn)[1], invoked(aws, arn)[1]
    assert first == second
    aws("lambda").update_function_configuration(FunctionName=arn, MemorySize=512)
    assert invoked(aws, arn)[1] != first


def test_an_exception_becomes_lambdas_error(aws: Aws, function: Make) -> None:
    response, found = invoked(aws, function(FAIL))
    assert response["FunctionError"] == "Unhandled"
    assert found["errorType"] == "TableMissing"
    assert found["errorMessage"] == "no such table"
    assert found["stackTrace"]


def test_a_function_times_out(aws: Aws, function: Make) -> None:
    arn = function(
        "import os, time\ndef handler(event, context): return os.getpid() if event else time.sleep(60)", Timeout=1
    )
    before = invoked(aws, arn, True)[1]
    response, found = invoked(aws, arn)
    assert response["FunctionError"] == "Unhandled"
    assert found["errorType"] == "Sandbox.Timedout"
    assert found["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert invoked(aws, arn, True)[1] != before


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import os\ndef handler(event, context): os._exit(3)", "Runtime.ExitError"),
        ("import no_such_module", "Runtime.ImportModuleError"),
        ("def another(event, context): pass", "Runtime.HandlerNotFound"),
    ],
)
def test_a_runtime_that_fails_says_why(aws: Aws, function: Make, source: str, error: str) -> None:
    arn = function(source)
    for _ in range(2):
        response, found = invoked(aws, arn)
        assert response["FunctionError"] == "Unhandled"
        assert found["errorType"] == error


def test_four_processes_run_at_once_and_further_events_wait(aws: Aws, function: Make, name: str) -> None:
    aws("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
    arn = function(
        """
        import os, time
        def handler(event, context):
            time.sleep(0.3)
            print("process", os.getpid())
        """,
        allow("logs:*"),
        Timeout=20,
    )
    for _ in range(12):
        aws("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload="{}")

    def processes() -> list[str]:
        return [line for line in log_of(aws, f"/aws/lambda/{name}") if line.startswith("process")]

    wait_until("change", lambda: len(processes()) == 12, 30)
    assert len(set(processes())) == 4


def test_a_reserved_concurrency_that_is_used_up_rejects_calls_and_holds_up_events(
    aws: Aws, function: Make, name: str
) -> None:
    aws("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
    arn = function(
        """
        import time
        def handler(event, context):
            time.sleep(event)
            print("slept", event)
            return event
        """,
        allow("logs:*"),
        Timeout=20,
    )
    aws("lambda").put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=1)

    def processed() -> int:
        return log_of(aws, f"/aws/lambda/{name}").count("slept 1")

    def rejection() -> ClientError | None:
        try:
            aws("lambda").invoke(FunctionName=arn, Payload="0")
        except ClientError as error:
            return error
        return None

    for _ in range(2):
        aws("lambda").invoke(FunctionName=arn, Payload="1", InvocationType="Event")
    error = wait_until("rejection", rejection, 5).response
    assert error["Error"]["Code"] == "TooManyRequestsException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert processed() < 2
    wait_until("end of both", lambda: processed() == 2)
    aws("lambda").delete_function_concurrency(FunctionName=arn)
    assert invoked(aws, arn, 0)[1] == 0


def test_logs_go_to_the_configured_group_if_the_role_may_write(aws: Aws, function: Make, name: str) -> None:
    aws("logs").create_log_group(logGroupName=f"/own/{name}")
    arn = function(
        "def handler(event, context): print('green')",
        allow("logs:CreateLogStream", "logs:PutLogEvents", on=f"arn:aws:logs:*:*:log-group:/own/{name}:*"),
        LoggingConfig={"LogGroup": f"/own/{name}"},
    )
    response, _ = invoked(aws, arn, LogType="Tail")
    assert base64.b64decode(response["LogResult"]) == b"green"
    start, line, end, report = log_of(aws, f"/own/{name}")
    assert (start.split()[0], line, end.split()[0], report.split()[0]) == ("START", "green", "END", "REPORT")


def test_logs_in_json_have_lambdas_own_lines_in_json(aws: Aws, function: Make, name: str) -> None:
    aws("logs").create_log_group(logGroupName=f"/own/{name}")
    arn = function(
        "import logging\ndef handler(event, context): logging.getLogger().warning('green')",
        allow("logs:*"),
        LoggingConfig={"LogGroup": f"/own/{name}", "LogFormat": "JSON", "ApplicationLogLevel": "INFO"},
    )
    invoked(aws, arn)
    start, line, report = (json.loads(text) for text in log_of(aws, f"/own/{name}"))
    assert (start["type"], report["type"]) == ("platform.start", "platform.report")
    assert (line["level"], line["message"]) == ("WARNING", "green")


def test_logs_are_lost_without_the_permission(aws: Aws, function: Make, name: str) -> None:
    aws("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
    arn = function("def handler(event, context): print('green')", allow("logs:CreateLogStream"))
    invoked(aws, arn)
    assert log_of(aws, f"/aws/lambda/{name}") == []


def test_a_configuration_survives(aws: Aws, function: Make, name: str) -> None:
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
    arn = function(
        ECHO,
        allow("xray:*"),
        allow("sqs:SendMessage", on=queue),
        LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"},
        DeadLetterConfig={"TargetArn": queue},
        TracingConfig={"Mode": "Active"},
        KMSKeyArn=key,
        EphemeralStorage={"Size": 1024},
    )
    client = aws("lambda")
    found = client.get_function(FunctionName=arn)["Configuration"]
    assert found["LoggingConfig"] == {"LogFormat": "JSON", "SystemLogLevel": "WARN", "LogGroup": f"/aws/lambda/{name}"}
    assert found["DeadLetterConfig"] == {"TargetArn": queue}
    assert (found["TracingConfig"], found["KMSKeyArn"]) == ({"Mode": "Active"}, key)
    assert found["EphemeralStorage"] == {"Size": 1024}

    client.update_function_configuration(
        FunctionName=arn,
        LoggingConfig={"LogFormat": "Text", "LogGroup": "/own"},
        DeadLetterConfig={"TargetArn": ""},
        TracingConfig={"Mode": "PassThrough"},
        KMSKeyArn="",
        EphemeralStorage={"Size": 512},
        Environment={},
    )
    found = client.get_function_configuration(FunctionName=arn)
    assert found["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/own"}
    assert "DeadLetterConfig" not in found
    assert (found["TracingConfig"], found.get("KMSKeyArn")) == ({"Mode": "PassThrough"}, "")
    assert found["EphemeralStorage"] == {"Size": 512}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"TracingConfig": {"Mode": "Active"}}, "role does not have permissions to call PutTraceSegments on XRAY"),
        ({"Environment": {"Variables": {"A": "x" * 4089}}}, "exceeded the 4KB limit"),
        (
            {"DeadLetterConfig": {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"}},
            "role does not have permissions to call SendMessage on SQS",
        ),
        ({"VpcConfig": VPC}, "role does not have permissions to call DescribeNetworkInterfaces on EC2"),
        ({"Code": {"ZipFile": b"not a zip"}}, "Could not unzip uploaded file"),
    ],
)
def test_an_impossible_configuration_is_rejected(
    aws: Aws, function: Make, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message) as error:
        function(ECHO, **options)
    assert error.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_an_impossible_update_is_rejected(aws: Aws, function: Make) -> None:
    arn = function(ECHO, Environment={"Variables": {"A": "x" * 4088}})
    for options in ({"TracingConfig": {"Mode": "Active"}}, {"Environment": {"Variables": {"A": "x" * 4089}}}):
        with pytest.raises(ClientError, match=r"PutTraceSegments|4KB"):
            aws("lambda").update_function_configuration(FunctionName=arn, **options)


@pytest.mark.parametrize("missing", NETWORK_ACTIONS)
def test_a_vpc_needs_the_roles_permission_for_each_action_on_its_network(
    missing: str, aws: Aws, function: Make, role: Make
) -> None:
    actions = [f"ec2:{action}" for action in NETWORK_ACTIONS]
    every = role("lambda.amazonaws.com", allow(*actions))
    others = role("lambda.amazonaws.com", allow(*{*actions} - {f"ec2:{missing}"}), suffix="-others")
    arn = function(ECHO, Role=every, VpcConfig=VPC)

    assert aws("lambda").get_function_configuration(FunctionName=arn)["VpcConfig"]["SubnetIds"] == VPC["SubnetIds"]
    with pytest.raises(ClientError, match=f"does not have permissions to call {missing} on EC2"):
        aws("lambda").update_function_configuration(FunctionName=arn, Role=others)


def test_a_role_that_lambda_may_not_assume_is_rejected(function: Make, role: Make) -> None:
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        function(ECHO, Role=role("states.amazonaws.com"))


def test_a_failure_destination_needs_the_roles_permission(aws: Aws, function: Make, name: str) -> None:
    arn = function(ECHO)
    to = {"OnFailure": {"Destination": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}}
    with pytest.raises(ClientError, match="does not have permissions to call SendMessage on SQS"):
        aws("lambda").put_function_event_invoke_config(FunctionName=arn, DestinationConfig=to)


def test_the_latest_event_invoke_configuration_applies(aws: Aws, function: Make) -> None:
    arn = function(ECHO)
    for attempts in (2, 0):
        aws("lambda").put_function_event_invoke_config(FunctionName=arn, MaximumRetryAttempts=attempts)
    assert aws("lambda").get_function_event_invoke_config(FunctionName=arn)["MaximumRetryAttempts"] == 0


@pytest.mark.parametrize(("options", "runs"), [({}, 3), ({"MaximumRetryAttempts": 1}, 2)])
def test_a_failing_event_is_retried_and_then_sent_to_the_failure_destination(
    aws: Aws, function: Make, name: str, options: dict[str, int], runs: int
) -> None:
    queue = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = function(FAIL, allow("sqs:SendMessage"), allow("logs:*"))
    to = {"OnFailure": {"Destination": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}}
    aws("lambda").put_function_event_invoke_config(FunctionName=arn, DestinationConfig=to, **options)
    response = aws("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload='{"a": 1}')
    assert response["StatusCode"] == 202
    (message,) = wait_until("change", lambda: aws("sqs").receive_message(QueueUrl=queue).get("Messages"))
    record = json.loads(message["Body"])
    assert record["version"] == "1.0"
    assert record["requestPayload"] == {"a": 1}
    assert record["requestContext"]["functionArn"] == f"{arn}:$LATEST"
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == runs
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"]["errorType"] == "TableMissing"
    starts = [line for line in log_of(aws, f"/aws/lambda/{name}") if line.startswith("START")]
    assert len(starts) == runs
    assert {line.split()[2] for line in starts} == {record["requestContext"]["requestId"]}


def test_a_record_for_an_encrypted_queue_is_lost_without_its_key(
    aws: Aws, function: Make, role: Make, key: Make, name: str
) -> None:
    key_arn = key()
    queue = aws("sqs").create_queue(QueueName=name, Attributes={"KmsMasterKeyId": key_arn})["QueueUrl"]
    aws("logs").create_log_group(logGroupName=f"/aws/lambda/{name}-lost")
    use_key = allow("kms:GenerateDataKey", "kms:Decrypt", on=key_arn)
    for kind, statements in (("lost", []), ("green", [use_key])):
        permitted = role("lambda.amazonaws.com", allow("sqs:SendMessage", "logs:*"), *statements, suffix=kind)
        arn = function(FAIL, FunctionName=f"{name}-{kind}", Role=permitted)
        # Lambda takes the destination all the same.
        to = {"OnFailure": {"Destination": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}}
        aws("lambda").put_function_event_invoke_config(FunctionName=arn, DestinationConfig=to, MaximumRetryAttempts=0)
        aws("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=json.dumps(kind))
    (message,) = wait_until("change", lambda: aws("sqs").receive_message(QueueUrl=queue).get("Messages"))
    assert json.loads(message["Body"])["requestPayload"] == "green"
    wait_until("change", lambda: any(line.startswith("END") for line in log_of(aws, f"/aws/lambda/{name}-lost")))
    time.sleep(0.1)
    assert "Messages" not in aws("sqs").receive_message(QueueUrl=queue)


def test_traces_are_lost_without_the_permission(aws: Aws, function: Make, name: str) -> None:
    arn = function(FAIL, allow("xray:*"), TracingConfig={"Mode": "Active"})
    aws("iam").put_role_policy(
        RoleName=f"{name}-lambda", PolicyName="all", PolicyDocument=policy(allow("xray:PutTraceSegments"))
    )
    invoked(aws, arn)
    assert segments(aws, name) == []
    aws("iam").put_role_policy(RoleName=f"{name}-lambda", PolicyName="all", PolicyDocument=policy(allow("xray:*")))
    invoked(aws, arn)
    (segment,) = segments(aws, name)
    assert (segment["origin"], segment["resource_arn"], segment["fault"]) == ("AWS::Lambda::Function", arn, True)


def test_a_failing_event_goes_to_the_dead_letter_queue(aws: Aws, function: Make, name: str) -> None:
    queue = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    target = {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}
    arn = function(FAIL, allow("sqs:SendMessage"), DeadLetterConfig=target)
    aws("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload='{"a": 1}')
    (message,) = wait_until(
        "change", lambda: aws("sqs").receive_message(QueueUrl=queue, MessageAttributeNames=["All"]).get("Messages")
    )
    assert json.loads(message["Body"]) == {"a": 1}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no such table"


def test_a_dry_run_runs_nothing(aws: Aws, function: Make) -> None:
    response = aws("lambda").invoke(FunctionName=function("import no_such_module"), InvocationType="DryRun")
    assert response["StatusCode"] == 204


def test_deleting_a_function_ends_its_process(aws: Aws, function: Make, name: str) -> None:
    arn = function("import os\ndef handler(event, context): return os.getpid()")
    before = invoked(aws, arn)[1]
    aws("lambda").delete_function(FunctionName=arn)
    with pytest.raises(ClientError, match="Function not found"):
        invoked(aws, arn)
    function(
        "import os\ndef handler(event, context): return os.getpid()", Role=f"arn:aws:iam::{ACCOUNT}:role/{name}-lambda"
    )
    assert invoked(aws, arn)[1] != before
