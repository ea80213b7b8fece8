"""The steps of the demo: apply the example, back up its table, watch the rotation, check the result."""

from pathlib import Path
from typing import Any

import boto3

from demo import rotation
from demo.example import Example, PromiseBroken, write
from demo.terminal import Terminal
from demo.terraform import Terraform
from local_aws import LocalAws

APPLY, PLAN, DESTROY = "terraform apply", "terraform plan", "terraform destroy"
BACKUP, ROTATION = "backup", "rotation"

BACKUP_PATIENCE_SECONDS = 60
BACKUP_SECONDS = 2
RESTORE_SECONDS = 4
# AWS restores for minutes, so the state machine waits for minutes. Here, it waits for this share of the time.
WAIT_FACTOR = 0.05


class Walkthrough:
    """The steps in order; later ones use the results of earlier ones."""

    def __init__(self, example: Example, terraform: Terraform, local_aws: LocalAws, terminal: Terminal) -> None:
        self._example = example
        self._terraform = terraform
        self._local_aws = local_aws
        self._terminal = terminal
        self._outputs: dict[str, Any] = {}
        self._execution_arn = ""
        self._target_table = ""
        self._restored = ""

    @property
    def parameter(self) -> str:
        return str(self._outputs["ssm_parameter_name"])

    def start(self) -> str:
        """Returns the endpoint of the local AWS."""
        with self._terminal.step("local AWS") as step:
            endpoint = self._local_aws.start(
                backup_seconds=BACKUP_SECONDS, restore_seconds=RESTORE_SECONDS, wait_factor=WAIT_FACTOR
            )
            step.result = endpoint
        return endpoint

    def apply(self) -> None:
        terminal, terraform = self._terminal, self._terraform
        with terminal.step("terraform init"):
            terraform.init()
        with terminal.step(APPLY) as step:
            step.result = f"{terraform.apply(step.progress)} resources created"
        with terminal.step(PLAN) as step:
            changes = terraform.planned_changes()
            if changes:
                raise PromiseBroken(f"terraform plan after apply is not empty: {', '.join(changes)}")
            step.result = "no changes"
        self._outputs = terraform.outputs()

    def back_up(self) -> None:
        terminal, backup = self._terminal, boto3.client("backup")
        source = self._outputs["table_name"]
        terminal.heading(f"Backup of {source}")
        with terminal.step("items") as step:
            items = self._example.items()
            write(boto3.resource("dynamodb").Table(source), items)
            step.result = f"{len(items)} {self._example.what_items_are}"
        with terminal.step(BACKUP) as step:
            job_id = backup.start_backup_job(
                BackupVaultName=self._outputs["backup_vault_name"],
                ResourceArn=self._outputs["table_arn"],
                IamRoleArn=self._outputs["backup_role_arn"],
            )["BackupJobId"]
            for _ in rotation.patiently(BACKUP_PATIENCE_SECONDS):
                job = backup.describe_backup_job(BackupJobId=job_id)
                step.progress(f"job {job_id} is {job['State']}")
                if job["State"] not in ("CREATED", "PENDING", "RUNNING"):
                    break
            if job["State"] != "COMPLETED":
                raise PromiseBroken(f"the backup job is {job['State']}: {job.get('StatusMessage')}")
            step.result = f"job {job_id} is {job['State']}"
        terminal.line("", f"recovery point {job['RecoveryPointArn'].split(':', 5)[5]}")

    def rotate(self) -> None:
        terminal, step_functions = self._terminal, boto3.client("stepfunctions")
        self._execution_arn = rotation.first_execution(step_functions, self._outputs["state_machine_arn"])
        terminal.heading(f"Rotation {self._execution_arn.rpartition(':')[2]}")
        seconds = 0.0
        for state in rotation.follow(step_functions, self._execution_arn):
            terminal.line(state.name, str(state), state.seconds)
            self._target_table = state.output["TargetTableName"]
            seconds += state.seconds
        terminal.seconds[ROTATION] = seconds

    def compare(self) -> None:
        """Checks that the parameter points at the target table, and that its items are what the example promises."""
        terminal, dynamodb = self._terminal, boto3.resource("dynamodb")
        terminal.heading("Result")
        value = boto3.client("ssm").get_parameter(Name=self.parameter)["Parameter"]["Value"]
        target = dynamodb.Table(self._target_table)
        if value != target.table_arn:
            raise PromiseBroken(f"{self.parameter} is {value}, not {target.table_arn}")
        print(f"  {self.parameter} is\n    {value}")

        self._restored = self._example.compare(dynamodb.Table(self._outputs["table_name"]), target, terminal)

    def destroy(self) -> None:
        terminal = self._terminal
        terminal.heading("Clean-up")
        with terminal.step("restored table") as step:
            boto3.resource("dynamodb").Table(self._target_table).delete()
            step.result = f"{self._target_table} deleted"
        with terminal.step("parameter") as step:
            boto3.client("ssm").delete_parameter(Name=self.parameter)
            step.result = f"{self.parameter} deleted"
        with terminal.step(DESTROY) as step:
            step.result = f"{self._terraform.destroy(step.progress)} resources destroyed"
        left = left_over()
        if left:
            raise PromiseBroken(f"this was left behind: {', '.join(left)}")
        terminal.line("left behind", "nothing")

    def how_to_explore(self, endpoint: str, directory: Path) -> None:
        rotator = self._outputs["state_machine_arn"].split(":")[-1]
        self._terminal.heading("Everything is still running; to explore it")
        masking = ""
        if "masking_state_machine_arn" in self._outputs:
            masking = f"""
  To see which attributes a copy has, of which types, by a dry run of the masking:
  aws stepfunctions start-execution --state-machine-arn {self._outputs["masking_state_machine_arn"]} \\
    --input '{{"TargetTableName": "{self._target_table}", "DryRun": true}}'
  aws stepfunctions describe-execution --query output --output text --execution-arn <its executionArn>
"""
        print(f"""
  unset AWS_PROFILE AWS_SESSION_TOKEN
  {shell_variables(endpoint, boto3.Session().region_name)}

  aws dynamodb scan --table-name {self._target_table}
  aws ssm get-parameter-history --name {self.parameter}
  aws stepfunctions get-execution-history --execution-arn \\
    {self._execution_arn}

  To start another backup, and with it another rotation:
  aws backup start-backup-job --backup-vault-name {self._outputs["backup_vault_name"]} \\
    --resource-arn {self._outputs["table_arn"]} \\
    --iam-role-arn {self._outputs["backup_role_arn"]}

  To see what a refresh would do; without DryRun, it makes another copy:
  echo '{{"Refresh": {{"SourceTable": "{self._outputs["table_name"]}", "DryRun": true}}}}' |
    aws lambda invoke --function-name {rotator}-start-workflow --payload fileb:///dev/stdin /dev/stdout

  To set the parameter to the previous copy, once there is another:
  echo '{{"RollBack": {{"Parameter": "{self.parameter}"}}}}' |
    aws lambda invoke --function-name {rotator}-update-ssm-parameter --payload fileb:///dev/stdin /dev/stdout
{masking}
  The log of the local AWS: {directory / self._local_aws.log.name}
  To stop it:               make demo-stop""")

    def sum_up(self, set_up_seconds: float) -> None:
        """Sums up the results, each of which its step has checked."""
        terminal = self._terminal
        terminal.heading("As promised")
        terminal.fact("plan after apply", "no changes")
        terminal.fact(self._example.outcome, self._restored)
        terminal.fact("parameter", f"{self.parameter} points at the restored table")
        if DESTROY in terminal.seconds:
            terminal.fact("left after destroy", "nothing")
        seconds = {"set-up": set_up_seconds, **terminal.seconds}
        parts = ("set-up", APPLY, PLAN, BACKUP, ROTATION, DESTROY)
        shown = [f"{part.removeprefix('terraform ')} {seconds[part]:.1f}" for part in parts if part in seconds]
        terminal.fact("seconds", f"{', '.join(shown)}; total {sum(seconds.values()):.1f}")


def shell_variables(endpoint: str, region: str) -> str:
    """What lets the AWS CLI reach the local AWS. Version 1 reads only the default Region."""
    return f"""export AWS_ENDPOINT_URL={endpoint} AWS_REGION={region} AWS_DEFAULT_REGION={region}
  export AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo"""


def left_over() -> list[str]:
    """What is left of the example, by kind."""
    found: dict[str, list[Any]] = {
        "tables": boto3.client("dynamodb").list_tables()["TableNames"],
        "backups": boto3.client("dynamodb").list_backups()["BackupSummaries"],
        "vaults": boto3.client("backup").list_backup_vaults()["BackupVaultList"],
        "functions": boto3.client("lambda").list_functions()["Functions"],
        "layers": boto3.client("lambda").list_layers()["Layers"],
        "log groups": boto3.client("logs").describe_log_groups()["logGroups"],
        "parameters": boto3.client("ssm").describe_parameters()["Parameters"],
        "event rules": boto3.client("events").list_rules()["Rules"],
        "schedules": boto3.client("scheduler").list_schedules()["Schedules"],
        "queues": boto3.client("sqs").list_queues().get("QueueUrls", []),
        "roles": boto3.client("iam").list_roles()["Roles"],
        "state machines": boto3.client("stepfunctions").list_state_machines()["stateMachines"],
        "topics": boto3.client("sns").list_topics()["Topics"],
    }
    return [f"{len(things)} {kind}" for kind, things in found.items() if things]
