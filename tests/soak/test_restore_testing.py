"""The restore testing example: AWS Backup runs a restore test, and the validator judges what it restored."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local_aws import Fault, changed_settings, injected, run_restore_tests
from tests.support.aws import ENDPOINT, client, recovery_points
from tests.support.examples import Reader, applied
from tests.support.fixtures import PATIENCE_SECONDS
from tests.support.pages import commands
from tests.support.permissions import statements, without
from tests.support.polling import wait_until

# How long to wait for what may never come: the log, which Lambda writes once the function has ended, and what comes of
# an invocation that Lambda tries twice more.
LOG_SECONDS = 2
RETRIES_SECONDS = 10


@pytest.fixture(autouse=True)
def _quick(_aws: None) -> Iterator[None]:
    with changed_settings(
        os.environ[ENDPOINT], restore_seconds=0.01, backup_seconds=0.1, verdicts_on_restore_tests_only=True
    ):
        yield


class RestoreTesting:
    """The example, as its user has it."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.outputs, self.deployment = reader, reader.outputs, reader.deployment()

    @property
    def validator(self) -> dict[str, Any]:
        """The outputs of the module."""
        validator: dict[str, Any] = self.outputs["validator"]
        return validator

    def back_up(self, *, native: bool = False) -> None:
        item = {"entry_id": {"S": "1"}}
        client("dynamodb").put_item(TableName=self.outputs["table_name"], Item=item)
        with recovery_points(native=native):
            self.deployment.end_of_backup(self.deployment.start_backup(self.outputs["table_arn"]))

    def run(self) -> str:
        """Runs a restore test; gives the id of its restore job."""
        (job_id,) = run_restore_tests(os.environ[ENDPOINT], self.outputs["restore_testing_plan_arn"])
        return job_id

    def verdict(self, job_id: str, patience_seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """The restore job, once there is a verdict on it."""

        def judged() -> dict[str, Any] | None:
            job: dict[str, Any] = client("backup").describe_restore_job(RestoreJobId=job_id)
            return job if "ValidationStatus" in job else None

        return wait_until("verdict", judged, patience_seconds, lambda: f"{self.log()[-2000:]}")

    def log(self) -> str:
        return "\n".join(self.deployment.log_messages(self.validator["log_group"]["name"]))

    def lines(self, message: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("message") == message]

    def dead_letters(self, text: str) -> list[dict[str, Any]]:
        messages = self.deployment.messages_at(self.validator["failed_validations_queue"]["url"])
        return [message for message in messages if text in json.dumps(message)]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestoreTesting]:
    with applied("restore-testing", tmp_path_factory.mktemp("restore_testing")) as reader:
        yield RestoreTesting(reader)


def test_terraform_finds_nothing_to_change_afterwards(example: RestoreTesting) -> None:
    example.reader.assert_nothing_to_change()


@pytest.mark.parametrize("kind", ["native", "advanced"])
def test_a_table_like_its_source_gets_its_verdict_and_is_deleted(kind: str, example: RestoreTesting) -> None:
    example.back_up(native=kind == "native")

    job = example.verdict(example.run())

    compared_with = "backup" if kind == "native" else "source table"
    assert (job["ValidationStatus"], job["ValidationStatusMessage"]) == (
        "SUCCESSFUL",
        f"Verified: key, indexes, attribute types, items. Compared with: {compared_with}.",
    )
    table = job["CreatedResourceArn"].rpartition("/")[2]
    assert table.startswith("awsbackup-restore-test-")
    assert table not in client("dynamodb").list_tables()["TableNames"]


def test_a_table_that_lost_its_items_fails_its_test(example: RestoreTesting) -> None:
    example.back_up()
    # Until somebody has emptied the restored table, its event is late.
    late = Fault(service="aws.backup", operation="Restore Job State Change", seconds=5)
    with injected(os.environ[ENDPOINT], late):
        job_id = example.run()
        table = wait_until("restore", lambda: restored_table(job_id), PATIENCE_SECONDS)
        client("dynamodb").delete_item(TableName=table, Key={"entry_id": {"S": "1"}})
        job = example.verdict(job_id)

    assert job["ValidationStatus"] == "FAILED"
    assert "Not what was backed up: it has no items, but the backup has" in job["ValidationStatusMessage"]


def test_an_event_that_comes_twice_changes_nothing(example: RestoreTesting) -> None:
    example.back_up()
    job = example.verdict(example.run())
    before = len(example.lines("Restore test has its verdict"))
    event = {"detail": {"restoreJobId": job["RestoreJobId"]}}

    name = example.validator["function"]["name"]
    client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))

    wait_until("log", lambda: len(example.lines("Restore test has its verdict")) > before, PATIENCE_SECONDS)
    assert example.dead_letters(job["RestoreJobId"]) == []


def test_a_restore_outside_the_plan_is_left_alone(example: RestoreTesting) -> None:
    example.back_up()
    recovery_point = example.verdict(example.run())["RecoveryPointArn"]
    before = len(example.lines("Restore job checked"))
    job_id = client("backup").start_restore_job(
        RecoveryPointArn=recovery_point,
        ResourceType="DynamoDB",
        IamRoleArn=restore_role(example),
        Metadata={"targetTableName": "awsbackup-restore-test-by-hand", "encryptionType": "Default"},
    )["RestoreJobId"]
    wait_until("restore", lambda: restored_table(job_id), PATIENCE_SECONDS)
    # This one comes after it.
    example.verdict(example.run())

    assert "ValidationStatus" not in client("backup").describe_restore_job(RestoreJobId=job_id)
    assert {line["restore_job"] for line in example.lines("Restore job checked")[before:]}.isdisjoint({job_id})


def test_what_cannot_be_validated_is_kept(example: RestoreTesting) -> None:
    fail_to_validate("a job that never was", example)


@pytest.mark.skipif(shutil.which("jq") is None, reason="the commands need jq")
def test_the_commands_of_the_pages_replay_what_failed_and_list_the_verdicts(example: RestoreTesting) -> None:
    example.back_up()
    denied = Fault(service="dynamodb", operation="Scan", error="AccessDeniedException", containing="awsbackup-restore")
    with injected(os.environ[ENDPOINT], denied):
        job_id = example.run()
        queue = example.validator["failed_validations_queue"]["url"]
        wait_until("dead letter", lambda: has_messages(queue), PATIENCE_SECONDS)
    replay, delete = commands("modules/restore-test-validator/README.md", "When something goes wrong")
    name = example.validator["function"]["name"]
    printed = example.reader.shell.run(replay.replace("restore-test-validator", name), url=queue)
    example.reader.shell.run(delete, url=queue)
    verdicts = example.reader.shell.run(*example.reader.commands("Look at the verdicts"))

    assert "FunctionError" not in printed
    assert not has_messages(queue)
    assert example.verdict(job_id)["ValidationStatus"] == "SUCCESSFUL"
    assert "SUCCESSFUL\tVerified: key, indexes, attribute types, items. Compared with: source table." in verdicts


def test_each_permission_of_the_validator_is_needed(example: RestoreTesting, say: Callable[[str], None]) -> None:
    role = example.validator["role"]["name"]
    validate(example)
    unneeded = []
    for _, sid, action in statements(role):
        with without(action, role, sid):
            try:
                validate(example, LOG_SECONDS, RETRIES_SECONDS)
            except AssertionError as error:
                reason = str(error)
            else:
                reason = ""
        say(f"{role} {sid} {action}: {reason.splitlines()[:1]}")
        # Without logs and dead letters, nobody can say why.
        if not (action in reason or "nothing is logged" in reason or "dead letter" in reason):
            unneeded.append((sid, action, reason))
    assert unneeded == []


def validate(
    example: RestoreTesting, log_seconds: float = PATIENCE_SECONDS, retries_seconds: float = PATIENCE_SECONDS
) -> None:
    """All that the module promises."""
    example.back_up(native=True)
    job_id = example.run()
    example.verdict(job_id, patience_seconds=retries_seconds)

    def logged() -> bool:
        return job_id in example.log()

    wait_until("line", logged, log_seconds, lambda: "as nothing is logged")
    fail_to_validate(f"not {job_id}", example, retries_seconds)


def fail_to_validate(job_id: str, example: RestoreTesting, retries_seconds: float = PATIENCE_SECONDS) -> None:
    event = json.dumps({"detail": {"restoreJobId": job_id}})
    name = example.validator["function"]["name"]
    client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=event)
    wait_until("dead letter", lambda: example.dead_letters(job_id), retries_seconds)


def restored_table(job_id: str) -> str | None:
    """The name of the table, once the restore has completed."""
    job = client("backup").describe_restore_job(RestoreJobId=job_id)
    arn: str = job.get("CreatedResourceArn", "")
    return arn.rpartition("/")[2] or None


def has_messages(queue_url: str) -> bool:
    """Those that somebody has received and not deleted included."""
    attributes = client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"]) > 0


def restore_role(example: RestoreTesting) -> str:
    return str(example.outputs["backup_role_arn"]).replace("-backup", "-restore")
