"""The commands of the pages in docs/ about getting started, operating and upgrading, run by a reader, one by one."""

import json
import os
import shutil
from collections.abc import Iterator

import pytest

from local_aws import changed_settings
from tests.support.aws import ENDPOINT, client
from tests.support.fixtures import PATIENCE_SECONDS
from tests.support.pages import ROOT, Shell, answer, clone, commands
from tests.support.polling import wait_until

STARTING, OPERATING, UPGRADING = "docs/getting-started.md", "docs/operating.md", "docs/upgrading.md"
NAME = "backup-dynamodb-rotator"
PARAMETER = "/staging/orders/table-arn"

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="some commands need jq")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """In the directory of the basic example, once it is applied and there is a first copy."""
    with (
        changed_settings(os.environ[ENDPOINT], restore_seconds=1),
        Shell(clone(tmp_path_factory.mktemp("reader"))) as shell,
    ):
        shell.run(*commands(STARTING, "Apply"))
        shell.run(*commands(STARTING, "Make a backup"))
        pointed_at, executions = [shell.run(block) for block in commands(STARTING, "Watch the rotation")]
        assert ":table/orders-staging-" in pointed_at
        (execution,) = executions.strip().splitlines()
        assert execution.startswith("staging-")
        yield shell


def value() -> str:
    return str(client("ssm").get_parameter(Name=PARAMETER)["Parameter"]["Value"])


def state_machine() -> str:
    (machine,) = (
        machine for machine in client("stepfunctions").list_state_machines()["stateMachines"] if machine["name"] == NAME
    )
    return str(machine["stateMachineArn"])


def status(execution_arn: str) -> str:
    return str(client("stepfunctions").describe_execution(executionArn=execution_arn)["status"])


def refresh(reader: Shell) -> str:
    """The ARN of the execution that the command for a refresh starts."""
    (rotation,) = answer(reader.run(*commands(OPERATING, "Starting a rotation by hand")))["Rotations"]
    return f"{state_machine().replace(':stateMachine:', ':execution:')}:{rotation['Execution']}"


def refreshed(reader: Shell) -> str:
    """The same, once it has succeeded."""
    execution_arn = refresh(reader)
    wait_until("end of the refresh", lambda: status(execution_arn) == "SUCCEEDED" or None, PATIENCE_SECONDS)
    return execution_arn


def queue_url(name: str) -> str:
    return str(client("sqs").get_queue_url(QueueName=f"{NAME}-{name}")["QueueUrl"])


def messages(name: str) -> int:
    attributes = client("sqs").get_queue_attributes(QueueUrl=queue_url(name), AttributeNames=["All"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"])


def test_a_reader_gets_started(reader: Shell) -> None:
    assert "Amara" in reader.run(*commands(STARTING, "Look at the copy"))
    (planned,) = answer(reader.run(*commands(STARTING, "Ask for another one")))["Rotations"]
    assert planned["TargetTable"].startswith("orders-staging-")
    assert "RestoreCost" in planned


def test_an_upgrade_that_changes_nothing_plans_nothing(reader: Shell) -> None:
    assert "No changes." in reader.run(*commands(UPGRADING, "How to upgrade"))


def test_a_reader_refreshes_rolls_back_and_redrives(reader: Shell) -> None:
    first = value()
    refreshed(reader)
    assert value() != first

    moved = answer(reader.run(*commands(OPERATING, "Rolling back")))

    assert (moved["To"], value()) == (first, first)
    with changed_settings(os.environ[ENDPOINT], restore_seconds=100):
        execution_arn = refresh(reader)
        running = commands(OPERATING, "Tearing down")[1]
        assert execution_arn in reader.run(running, state_machine_arn=state_machine())
        client("stepfunctions").stop_execution(executionArn=execution_arn)
    wait_until("stop", lambda: status(execution_arn) == "ABORTED" or None)
    reader.run(*commands(OPERATING, "When a rotation failed"), execution_arn=execution_arn)
    # Nobody could clean up what it makes later.
    wait_until("end of the redrive", lambda: status(execution_arn) == "SUCCEEDED" or None, PATIENCE_SECONDS)


def test_a_reader_replays_what_failed(reader: Shell) -> None:
    # The table has no backup yet.
    client("dynamodb").create_table(
        TableName="late-production",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    request = json.dumps({"Refresh": {"SourceTable": "late-production", "DryRun": True}})
    client("lambda").invoke(FunctionName=f"{NAME}-start-workflow", InvocationType="Event", Payload=request)
    wait_until("failure", lambda: messages("failed-notifications") or None)
    back_up("late-production")
    replay, delete = commands(OPERATING, "Replaying a failed notification")

    assert answer(reader.run(replay, url=queue_url("failed-notifications")))["Rotations"]
    reader.run(delete, url=queue_url("failed-notifications"))

    assert messages("failed-notifications") == 0
    event = {"detail": {"executionArn": refreshed(reader)}}
    client("sqs").send_message(QueueUrl=queue_url("failed-reports"), MessageBody=json.dumps({"requestPayload": event}))
    printed = reader.run(*commands(OPERATING, "Replaying a failed report"), url=queue_url("failed-reports"))
    assert "FunctionError" not in printed


def back_up(table: str) -> None:
    backup = client("backup")
    role = client("iam").get_role(RoleName="orders-backup")["Role"]["Arn"]
    arn = client("dynamodb").describe_table(TableName=table)["Table"]["TableArn"]
    job = backup.start_backup_job(BackupVaultName="orders", ResourceArn=arn, IamRoleArn=role)["BackupJobId"]
    wait_until("backup", lambda: backup.describe_backup_job(BackupJobId=job)["State"] == "COMPLETED" or None)


def test_a_reader_finds_what_is_left_and_cleans_up(reader: Shell) -> None:
    copies, without_rule, without_tags, parameters = commands(OPERATING, "Finding what was left behind")
    assert f"{NAME}\tstaging\t{value()}" in reader.run(copies).splitlines()
    assert value() not in reader.run(without_rule)
    assert value().split("/")[1] not in reader.run(without_tags)
    assert PARAMETER in reader.run(parameters).splitlines()
    reader.run(commands(OPERATING, "Tearing down")[0])

    listed, deleted = commands(STARTING, "Clean up")
    assert value() in reader.run(listed)
    reader.run(deleted)

    assert [name for name in client("dynamodb").list_tables()["TableNames"] if name.startswith("orders-")] == []
    assert client("ssm").describe_parameters(Filters=[{"Key": "Name", "Values": [PARAMETER]}])["Parameters"] == []


def test_each_command_of_these_pages_is_run() -> None:
    run_under = {
        STARTING: [
            "Apply",
            "Make a backup",
            "Watch the rotation",
            "Look at the copy",
            "Ask for another one",
            "Clean up",
        ],
        OPERATING: [
            "When a rotation failed",
            "Rolling back",
            "Starting a rotation by hand",
            "Replaying a failed notification",
            "Replaying a failed report",
            "Tearing down",
            "Finding what was left behind",
        ],
        UPGRADING: ["How to upgrade"],
    }
    for page, headings in run_under.items():
        blocks = sum(len(commands(page, heading)) for heading in headings)
        assert (ROOT / page).read_text().count("```sh\n") == blocks
