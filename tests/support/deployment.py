"""What tests do with a deployed rotator, all of it through AWS's API."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from local_aws import fire_schedule
from tests.support.aws import ENDPOINT, client
from tests.support.polling import wait_until

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class BackupJob:
    """A completed backup job, as AWS Backup describes it."""

    id: str
    recovery_point_arn: str
    table_arn: str
    start_time: datetime

    @property
    def recovery_point_id(self) -> str:
        """What its rotations are named after."""
        return re.split("[:/]", self.recovery_point_arn)[-1]

    def notification(self) -> dict[str, Any]:
        """What AWS Backup published about it, as arguments of `sns.publish`."""
        start_time = self.start_time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = (
            f"An AWS Backup job was completed successfully. Recovery point ARN: {self.recovery_point_arn}. "
            f"Backed up Resource ARN : {self.table_arn}. Backup Job Id : {self.id}"
        )
        return notification(message, Id=self.id, StartTime=start_time)


def notification(message: str, **attributes: str) -> dict[str, Any]:
    attributes = {"EventType": "BACKUP_JOB", "State": "COMPLETED"} | attributes
    return {
        "Subject": "Notification from AWS Backup",
        "Message": message,
        "MessageAttributes": {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    }


@dataclass(frozen=True)
class Deployment:
    """The Terraform outputs of `terraform/rotator`, and how long AWS may take."""

    outputs: dict[str, Any]
    patience_seconds: float
    tables_made: set[str] = field(default_factory=set)
    reports: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rotator(self) -> dict[str, Any]:
        """The outputs of the module."""
        rotator: dict[str, Any] = self.outputs["rotator"]["value"]
        return rotator

    def source_table(self, key: str) -> dict[str, str]:
        table: dict[str, str] = self.outputs["source_tables"]["value"][key]
        return table

    def back_up(self, table: str, vault: str | None = None) -> BackupJob:
        """Backs up one of the source tables."""
        return self.end_of_backup(self.start_backup(self.source_table(table)["arn"], vault))

    def vault(self, key: str) -> dict[str, str]:
        """`announced` has notifications; the module is given `first` and `second`; of `other` it knows nothing."""
        vault: dict[str, str] = self.outputs["vaults"]["value"][key]
        return vault

    def start_backup(self, table_arn: str, vault: str | None = None) -> str:
        """The id of the backup job that it starts, where no vault is given in the one that publishes to the topic."""
        job_id: str = client("backup").start_backup_job(
            BackupVaultName=vault or self.outputs["vault_name"]["value"],
            ResourceArn=table_arn,
            IamRoleArn=self.outputs["backup_role_arn"]["value"],
        )["BackupJobId"]
        return job_id

    def end_of_backup(self, job_id: str) -> BackupJob:
        def ended() -> dict[str, Any] | None:
            job: dict[str, Any] = client("backup").describe_backup_job(BackupJobId=job_id)
            return job if job["State"] in ("COMPLETED", "FAILED", "ABORTED", "EXPIRED") else None

        job = wait_until(f"end of backup job {job_id}", ended, self.patience_seconds)
        assert job["State"] == "COMPLETED", job.get("StatusMessage")
        return BackupJob(job_id, job["RecoveryPointArn"], job["ResourceArn"], job["CreationDate"])

    def copy(self, job: BackupJob, source_vault: str, destination_vault: str) -> BackupJob:
        """Copies a recovery point from one of these vaults to another; gives the job with that of the copy."""
        backup = client("backup")
        job_id = backup.start_copy_job(
            RecoveryPointArn=job.recovery_point_arn,
            SourceBackupVaultName=self.vault(source_vault)["name"],
            DestinationBackupVaultArn=self.vault(destination_vault)["arn"],
            IamRoleArn=self.outputs["backup_role_arn"]["value"],
        )["CopyJobId"]

        def ended() -> dict[str, Any] | None:
            described: dict[str, Any] = backup.describe_copy_job(CopyJobId=job_id)["CopyJob"]
            return described if described["State"] in ("COMPLETED", "FAILED") else None

        copy_job = wait_until(f"end of copy job {job_id}", ended, self.patience_seconds)
        assert copy_job["State"] == "COMPLETED", copy_job.get("StatusMessage")
        return replace(job, recovery_point_arn=copy_job["DestinationRecoveryPointArn"])

    def publish(self, message: dict[str, Any]) -> None:
        client("sns").publish(TopicArn=self.outputs["topic_arn"]["value"], **message)

    def refresh(self, **request: object) -> dict[str, Any]:
        return self.start_workflow({"Refresh": request})

    def sweep(self) -> dict[str, Any]:
        return self.start_workflow({"Sweep": {}})

    def fire_sweep(self) -> None:
        """Lets its schedule invoke `start_workflow`, as it does once an hour. On the local AWS only."""
        since = datetime.now(UTC)
        fire_schedule(os.environ[ENDPOINT], self.rotator["schedules"]["sweep"]["arn"], since, since + HOUR)

    def start_workflow(self, event: object) -> dict[str, Any]:
        """What `start_workflow` answers to the event."""
        answer: dict[str, Any] = self.invoke("start_workflow", event)
        return answer

    def invoke(self, function: str, request: object) -> Any:  # noqa: ANN401 (any JSON)
        """What a function answers to a person."""
        name = self.rotator["functions"][function]["name"]
        return json.load(client("lambda").invoke(FunctionName=name, Payload=json.dumps(request))["Payload"])

    def execution_arn(self, rule: str, job: BackupJob) -> str:
        return self._execution_arn(f"{rule}-{job.recovery_point_id}")

    def _execution_arn(self, name: str) -> str:
        return f"{self.rotator['state_machine_arn'].replace(':stateMachine:', ':execution:')}:{name}"

    def end_of_rotation(self, rule: str, job: BackupJob) -> dict[str, Any]:
        """The execution of a rule for the recovery point of a backup job, once it has ended."""
        return self.end_of_execution(f"{rule}-{job.recovery_point_id}")

    def end_of_execution(self, name: str) -> dict[str, Any]:
        """The execution of that name, once it has ended."""

        def ended() -> dict[str, Any] | None:
            try:
                execution: dict[str, Any] = client("stepfunctions").describe_execution(
                    executionArn=self._execution_arn(name)
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                    raise
                return None
            self.tables_made.add(json.loads(execution["input"])["TargetTableName"])
            return execution if execution["status"] != "RUNNING" else None

        return wait_until(f"end of the rotation {name}", ended, self.patience_seconds, self._why_notifications_failed)

    def end_of_all_rotations(self) -> None:
        def ended() -> bool | None:
            pages = client("stepfunctions").get_paginator("list_executions")
            running = pages.paginate(stateMachineArn=self.rotator["state_machine_arn"], statusFilter="RUNNING")
            return not any(page["executions"] for page in running) or None

        wait_until("end of all rotations", ended, self.patience_seconds)

    def rotate(self, rule: str, job: BackupJob) -> dict[str, Any]:
        """The state in which a rotation ended; fails with error and cause if it did not succeed."""
        execution = self.end_of_rotation(rule, job)
        assert execution["status"] == "SUCCEEDED", f"{execution.get('error')}: {execution.get('cause')}"
        state: dict[str, Any] = json.loads(execution["output"])
        return state

    def hook_of(self, job: BackupJob, rule: str = "hooked") -> str:
        """The ARN of the execution of the hook that the rotation waits for."""
        arn = self.execution_arn(rule, job)

        def submitted() -> str | None:
            try:
                execution = client("stepfunctions").describe_execution(executionArn=arn)
            except client("stepfunctions").exceptions.ExecutionDoesNotExist:
                return None
            assert execution["status"] != "FAILED", f"{execution['error']}: {execution['cause']}"
            pages = client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
            details = (event.get("taskSubmittedEventDetails") for page in pages for event in page["events"])
            return next((json.loads(found["output"])["ExecutionArn"] for found in details if found), None)

        what = f"hook of the rotation of {job.table_arn}"
        return wait_until(what, submitted, self.patience_seconds, self._why_notifications_failed)

    def executions(self, job: BackupJob) -> list[str]:
        """The names of all executions that the recovery point of a backup job led to."""
        pages = client("stepfunctions").get_paginator("list_executions")
        listed = pages.paginate(stateMachineArn=self.rotator["state_machine_arn"])
        names = (run["name"] for page in listed for run in page["executions"])
        return sorted(name for name in names if job.recovery_point_id in name)

    def log_lines(self, function: str, text: str) -> list[dict[str, Any]]:
        """The lines of a function's log that hold a text."""
        messages = self.log_messages(self.rotator["function_log_groups"][function]["name"])
        # Lambda itself says in plain text that it killed a function.
        return [json.loads(line) for line in messages if text in line and not line.startswith("RequestId: ")]

    def log_messages(self, group: str) -> list[str]:
        pages = client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event["message"] for page in pages for event in page["events"]]

    def _why_notifications_failed(self) -> str:
        return "; ".join(str(record["responsePayload"]) for record in self.messages("failed_notifications_queue"))

    def history(self, rule: str, job: BackupJob) -> list[dict[str, Any]]:
        """All events of the execution of a rule for a backup job."""
        pages = client("stepfunctions").get_paginator("get_execution_history")
        return [
            event for page in pages.paginate(executionArn=self.execution_arn(rule, job)) for event in page["events"]
        ]

    def inbox(self) -> list[dict[str, Any]]:
        """All reports that have arrived so far."""
        self.reports.extend(self.messages_at(self.outputs["inbox_url"]["value"]))
        return self.reports

    def dead_letter(self, queue: str, text: str) -> dict[str, Any]:
        """The message with the text, taken out of the queue once it has come."""

        def arrived() -> dict[str, Any] | None:
            return next((message for message in self.messages(queue) if text in json.dumps(message)), None)

        return wait_until(f"message in {queue}", arrived, self.patience_seconds)

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Takes what a queue holds out of it."""
        return list(self.messages_at(self.rotator[queue]["url"]))

    def messages_at(self, url: str) -> Iterator[dict[str, Any]]:
        """Takes what the queue at a URL holds out of it."""
        sqs = client("sqs")
        while received := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
            for message in received:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                yield json.loads(message["Body"])
