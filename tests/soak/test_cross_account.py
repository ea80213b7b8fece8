"""Production in one account, staging in another: the example, and what else a rotator promises about source tables of
another account or Region.
"""

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from pytest_terraform.tf import TerraformTestApi

from local_aws import Fault, changed_settings, injected
from tests.support.accounts import PRODUCTION, STAGING, Vault, make_role
from tests.support.aws import ENDPOINT, client, items
from tests.support.deployment import BackupJob, Deployment
from tests.support.examples import Reader, applied
from tests.support.fixtures import PATIENCE_SECONDS
from tests.support.pages import answer
from tests.support.permissions import statements, without, without_policy
from tests.support.polling import wait_until
from tests.support.tables import make_table, table_names

NAME = "rotator-test-elsewhere"
ADMINISTRATOR = "OrganizationAccountAccessRole"
AWS_BACKUP = {"Service": "backup.amazonaws.com"}
BACKUP_POLICY = "service-role/AWSBackupServiceRolePolicyForBackup"

_seconds = itertools.count()


@pytest.fixture(scope="module", autouse=True)
def _quick(_aws: None) -> Iterator[None]:
    with changed_settings(os.environ[ENDPOINT], restore_seconds=0.01, backup_seconds=0.1):
        yield


@pytest.fixture(scope="session", autouse=True)
def _role_for_terraform(_aws: None) -> None:
    """What an organization has in each of its accounts."""
    make_role(PRODUCTION, ADMINISTRATOR, {"AWS": f"arn:aws:iam::{STAGING}:root"}, "AdministratorAccess")


@pytest.fixture(scope="module")
def reader(_role_for_terraform: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with applied("cross-account", tmp_path_factory.mktemp("cross_account")) as reader:
        yield reader


@pytest.fixture(scope="module")
def example(reader: Reader) -> Deployment:
    return reader.deployment()


@pytest.fixture
def elsewhere(unforwarded: TerraformTestApi) -> Deployment:
    """A rotator that nobody forwards events to."""
    return Deployment(unforwarded.outputs, PATIENCE_SECONDS)


@pytest.fixture
def production(example: Deployment) -> Vault:
    """Production's vault in the example."""
    outputs = example.outputs
    return Vault(PRODUCTION, outputs["backup_vault_name"]["value"], outputs["backup_role_arn"]["value"])


@pytest.fixture(scope="module")
def sealed(unforwarded: TerraformTestApi, example: Deployment) -> Vault:
    """A vault of production's with a customer managed key."""
    client("backup", PRODUCTION).create_backup_vault(
        BackupVaultName="sealed", EncryptionKeyArn=unforwarded.outputs["production_key_arn"]["value"]
    )
    return Vault(PRODUCTION, "sealed", example.outputs["backup_role_arn"]["value"])


@pytest.fixture(scope="module")
def shared(unforwarded: TerraformTestApi, example: Deployment) -> Vault:
    """A logically air-gapped vault with a customer managed key, which production shares with staging."""
    arn = client("backup", PRODUCTION).create_logically_air_gapped_backup_vault(
        BackupVaultName="shared",
        EncryptionKeyArn=unforwarded.outputs["production_key_arn"]["value"],
        MinRetentionDays=7,
        MaxRetentionDays=35,
    )["BackupVaultArn"]
    client("ram", PRODUCTION).create_resource_share(name="shared", resourceArns=[arn], principals=[STAGING])
    return Vault(PRODUCTION, "shared", example.outputs["backup_role_arn"]["value"])


def test_terraform_finds_nothing_to_change_afterwards(reader: Reader) -> None:
    reader.assert_nothing_to_change()


def test_production_has_nothing_of_the_rotator_but_the_forwarder(example: Deployment) -> None:
    forwarder = "backup-dynamodb-rotator-forward-copies"
    assert example.rotator["event_bus"]["arn"].split(":")[4] == STAGING

    roles = client("iam", PRODUCTION).list_roles()["Roles"]
    assert {role["RoleName"] for role in roles} == {ADMINISTRATOR, "orders-backup", forwarder}
    assert [rule["Name"] for rule in client("events", PRODUCTION).list_rules()["Rules"]] == [forwarder]
    assert [bus["Name"] for bus in client("events", PRODUCTION).list_event_buses()["EventBuses"]] == ["default"]
    for service, operation, key in (
        ("lambda", "list_functions", "Functions"),
        ("stepfunctions", "list_state_machines", "stateMachines"),
        ("logs", "describe_log_groups", "logGroups"),
        ("sns", "list_topics", "Topics"),
        ("scheduler", "list_schedules", "Schedules"),
        ("ssm", "describe_parameters", "Parameters"),
    ):
        assert getattr(client(service, PRODUCTION), operation)()[key] == []
    assert client("sqs", PRODUCTION).list_queues().get("QueueUrls", []) == []


@pytest.mark.parametrize("arrives", ["in time", "never", "after the sweep"])
def test_a_copied_backup_is_rotated_once_whether_its_event_arrives_or_not(
    arrives: str, example: Deployment, production: Vault
) -> None:
    item = {"order_id": {"S": "1"}}
    name, arn = (example.outputs[key]["value"] for key in ("table_name", "table_arn"))
    client("dynamodb", PRODUCTION).put_item(TableName=name, Item=item)
    event = Fault(
        service="aws.backup",
        operation="Copy Job State Change",
        seconds=5 if arrives == "after the sweep" else 0.01,
        error="Lost" if arrives == "never" else None,
    )

    with injected(os.environ[ENDPOINT], event) as sent:
        job = production.copy(production.back_up(arn), example.outputs["destination_vault_arn"]["value"])
        wait_until("event", lambda: sent.struck)
    if arrives != "in time":
        example.fire_sweep()
    state = example.rotate("staging", job)

    assert items(state["TargetTableName"], key="order_id") == [item]
    table = state["DescribeTableOutput"]["Table"]["TableArn"]
    parameter = client("ssm").get_parameter(Name=example.outputs["ssm_parameter_name"]["value"])["Parameter"]
    assert (parameter["Value"], table.split(":")[4]) == (table, STAGING)
    if arrives == "in time":
        example.fire_sweep()
    if arrives != "never":
        wait_until("second report", lambda: started_again(job, example), PATIENCE_SECONDS)
    assert example.executions(job) == [f"staging-{job.recovery_point_id}"]


def test_the_commands_of_the_example_copy_a_backup(reader: Reader, example: Deployment, production: Vault) -> None:
    start, look, copy, parameter = reader.commands("Copy a backup by hand")

    job = production.end_of_backup(answer(reader.shell.run(in_production(start)))["BackupJobId"])
    state, recovery_point_arn = json.loads(reader.shell.run(in_production(look), id=job.id))
    assert state == "COMPLETED"
    started = reader.shell.run(in_production(copy), recovery_point=recovery_point_arn)
    copied = production.end_of_copy(answer(started)["CopyJobId"], job)

    table = example.rotate("staging", copied)["DescribeTableOutput"]["Table"]
    assert reader.shell.run(parameter).strip() == table["TableArn"]


def in_production(block: str) -> str:
    """The commands with the credentials of production."""
    return f"(export AWS_ACCESS_KEY_ID={PRODUCTION}\n{block})\n"


@pytest.mark.parametrize("closed", ["role of the forwarder", "bus of the rotator"])
def test_an_event_is_forwarded_only_where_both_accounts_allow_it(
    closed: str, example: Deployment, production: Vault
) -> None:
    arn, destination = (example.outputs[key]["value"] for key in ("table_arn", "destination_vault_arn"))
    forwarder = without("events:PutEvents", "backup-dynamodb-rotator-forward-copies", account=PRODUCTION)
    with forwarder if closed == "role of the forwarder" else without_policy(example.rotator["event_bus"]["name"]):
        job = production.copy(production.back_up(arn), destination)
        time.sleep(1)
    assert example.executions(job) == []


def test_a_copy_is_ready_to_use_although_nothing_of_its_source_table_can_be_read(
    elsewhere: Deployment, sealed: Vault
) -> None:
    source = f"{NAME}-orders-production"
    tags = [{"Key": "team", "Value": "orders"}, {"Key": "stage", "Value": "production"}]
    source_arn = make_table(source, account=PRODUCTION, Tags=tags)
    # Another table with the same name, in staging's account.
    make_table(source, Tags=[{"Key": "team", "Value": "nobody"}, {"Key": "decoy", "Value": "yes"}])

    state = swept(elsewhere, sealed.copy(sealed.back_up(source_arn), elsewhere.outputs["vault_arn"]["value"]))

    target = state["TargetTableName"]
    assert items(target) == [{"id": {"S": source}}]
    table_arn = state["DescribeTableOutput"]["Table"]["TableArn"]
    found = client("dynamodb").list_tags_of_resource(ResourceArn=table_arn)["Tags"]
    copied = {tag["Key"]: tag["Value"] for tag in found}
    assert {key: text for key, text in copied.items() if ":" not in key} == {"team": "orders", "stage": "staging"}
    assert copied["backup-dynamodb-rotator:source-table"] == source_arn
    (parameter,) = client("ssm").describe_parameters(
        ParameterFilters=[{"Key": "Name", "Values": [f"/{NAME}/orders/table-arn"]}]
    )["Parameters"]
    assert source_arn in parameter["Description"]

    proof = state["VerifyTableOutput"]
    assert proof["Verified"] is None
    assert proof["ComparedWith"] == "nothing, as the source table belongs to another account or Region"
    assert proof["Comparisons"] == ["items"]
    report = report_on(f"Complete: rotation of {source} by rule tagged", elsewhere)
    assert source_arn in report
    assert "not proven (items; compared with: nothing, as the source table belongs to another account" in report

    # The rule keeps one copy, besides the one that the parameter pointed at before.
    for _ in range(2):
        # So that each has a name of its own.
        time.sleep(1)
        state = swept(elsewhere, sealed.copy(sealed.back_up(source_arn), elsewhere.outputs["vault_arn"]["value"]))
    assert state["DeleteOldTablesOutput"]["Deleted"] == [target]


def test_a_setting_of_a_source_table_in_another_account_fails_before_the_restore(
    elsewhere: Deployment, production: Vault
) -> None:
    source = f"{NAME}-streaming"
    source_arn = make_table(source, account=PRODUCTION)
    job = production.copy(production.back_up(source_arn), elsewhere.outputs["vault_arn"]["value"])
    elsewhere.fire_sweep()

    execution = elsewhere.end_of_rotation("streaming", job)

    assert (execution["status"], execution["error"]) == ("FAILED", "SettingsNotApplied")
    assert table_names(f"{NAME}-streamed") == []
    report = report_on(f"Failed: rotation of {source} by rule streaming", elsewhere)
    assert "in the step Start Restore" in report
    assert f"carries over stream, time_to_live, but the source table {source_arn} belongs to another account" in report


def test_a_recovery_point_in_a_shared_vault_is_restored_without_a_copy(elsewhere: Deployment, shared: Vault) -> None:
    source_arn = make_table(f"{NAME}-shared-production", account=PRODUCTION, Tags=[{"Key": "team", "Value": "orders"}])

    job = shared.back_up(source_arn)
    state = swept(elsewhere, job)

    assert job.recovery_point_arn.split(":")[4] == PRODUCTION
    assert items(state["TargetTableName"]) == [{"id": {"S": f"{NAME}-shared-production"}}]
    table_arn = state["DescribeTableOutput"]["Table"]["TableArn"]
    tags = client("dynamodb").list_tags_of_resource(ResourceArn=table_arn)["Tags"]
    assert {"Key": "team", "Value": "orders"} in tags


def test_a_backup_copied_from_another_region_of_the_account_is_rotated(elsewhere: Deployment) -> None:
    region = "eu-west-1"
    role_arn = make_role(STAGING, f"{NAME}-backup", AWS_BACKUP, BACKUP_POLICY)
    there = Vault(STAGING, NAME, role_arn, region)
    client("backup", STAGING, region).create_backup_vault(BackupVaultName=NAME)
    source = f"{NAME}-remote-production"
    source_arn = make_table(source, account=STAGING, region=region, Tags=[{"Key": "team", "Value": "orders"}])

    job = there.copy(there.back_up(source_arn), elsewhere.outputs["vault_arn"]["value"])
    state = swept(elsewhere, job)

    assert state["BackupSnsMessage"]["BackedUpResourceArn"] == source_arn
    assert items(state["TargetTableName"]) == [{"id": {"S": source}}]
    # The vault that the other account shares is searched first.
    assert "Rotations" in elsewhere.refresh(Rule="tagged", RecoveryPointArn=job.recovery_point_arn, DryRun=True)


def test_each_permission_on_what_another_account_shares_is_needed(
    elsewhere: Deployment, shared: Vault, say: Callable[[str], None]
) -> None:
    source_arn = make_table(f"{NAME}-needed-production", account=PRODUCTION)
    job = shared.back_up(source_arn)
    scenario = partial(refresh, elsewhere, source_arn, job)
    scenario()

    functions = elsewhere.rotator["function_roles"]
    roles = [*functions.values(), elsewhere.rotator["restore_role"]]
    granted = [found for role in roles for found in statements(role["name"], on=f":{PRODUCTION}:")]
    unneeded = []
    for role, sid, action in granted:
        # Decrypts native recovery points, which never are another account's: the module cannot tell their keys apart.
        if (role, sid) == (functions["restore_backup"]["name"], "DecryptBackups"):
            continue
        with without(action, role, sid):
            try:
                scenario()
            except AssertionError as error:
                reason = str(error).splitlines()[0]
            else:
                reason = ""
        say(f"{role} {sid} {action}: {reason:.150}")
        if action not in reason:
            unneeded.append((role, sid, action, reason))
    assert granted
    assert unneeded == []


def refresh(deployment: Deployment, source_arn: str, job: BackupJob) -> None:
    """Another copy of a recovery point, which is found in its vault, and by its ARN."""
    found = deployment.refresh(SourceTable=source_arn, DryRun=True)
    assert "Rotations" in found, found["errorMessage"]
    # Each has an execution and a table of its own, and no request is one of the future.
    request_time = (datetime.now(UTC) - timedelta(hours=1) + timedelta(seconds=next(_seconds))).isoformat()
    requested = deployment.refresh(Rule="tagged", RecoveryPointArn=job.recovery_point_arn, RequestTime=request_time)
    assert "Rotations" in requested, requested["errorMessage"]
    (rotation,) = requested["Rotations"]
    execution = deployment.end_of_execution(rotation["Execution"])
    assert execution["status"] == "SUCCEEDED", f"{execution['error']}: {execution['cause']}"


def started_again(job: BackupJob, deployment: Deployment) -> bool:
    """Whether the rotation of a recovery point was found to have been started before."""
    lines = deployment.log_lines("start_workflow", "The rotation has already been started")
    return any(line["recovery_point"] == job.recovery_point_arn for line in lines)


def swept(deployment: Deployment, job: BackupJob) -> dict[str, Any]:
    """The state in which the rotation ended that the sweep started."""
    deployment.fire_sweep()
    return deployment.rotate("tagged", job)


def report_on(subject: str, deployment: Deployment) -> str:
    def arrived() -> str | None:
        texts = (message["Message"] for message in deployment.inbox() if message["Subject"] == subject)
        return next(texts, None)

    return wait_until("report", arrived, PATIENCE_SECONDS)
