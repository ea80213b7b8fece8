"""Each permission is needed: without it, a rotation fails, and says which one is missing."""

from collections.abc import Iterator

import pytest

from tests.support.aws import client, items, local_only, recovery_points
from tests.support.deployment import BackupJob, Deployment
from tests.support.operating import replayed
from tests.support.permissions import not_invoked_by, without
from tests.support.polling import wait_until
from tests.support.tables import make_table

pytestmark = [local_only, pytest.mark.usefixtures("_quick_restores")]


@pytest.fixture(autouse=True)
def _native() -> Iterator[None]:
    """Permissions for the other kind of recovery point are those of AWS Backup's role."""
    with recovery_points(native=True):
        yield


def failure(deployment: Deployment, job: BackupJob) -> str:
    execution = deployment.end_of_rotation("staging", job)
    assert execution["status"] == "FAILED"
    return f"{execution['error']}: {execution['cause']}"


@pytest.mark.parametrize(
    ("action", "function"),
    [
        ("dynamodb:RestoreTableFromBackup", "restore_backup"),
        ("dynamodb:BatchWriteItem", "restore_backup"),
        ("ssm:GetParameterHistory", "restore_backup"),
        ("dynamodb:DescribeTable", "check_restore_status"),
        ("dynamodb:ListTagsOfResource", "check_restore_status"),
        ("dynamodb:TagResource", "check_restore_status"),
        ("ssm:GetParameterHistory", "update_ssm_parameter"),
        ("ssm:PutParameter", "update_ssm_parameter"),
    ],
)
def test_a_rotation_fails_without_a_permission_of_a_function(
    action: str, function: str, deployment: Deployment
) -> None:
    with without(action, deployment.rotator["function_roles"][function]["name"]):
        assert action in failure(deployment, deployment.back_up("users-production"))


@pytest.mark.parametrize("native", [True, False], ids=["native", "advanced"])
def test_backups_with_a_customers_key_are_restored_by_the_roles_of_the_module(
    native: bool, deployment: Deployment
) -> None:
    """A native recovery point has the key of its table, an advanced one that of its vault."""
    key = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": deployment.outputs["backup_key_arn"]["value"]}
    source = make_table(f"rotator-test-{'native' if native else 'advanced'}-sealed", SSESpecification=key)
    role = deployment.rotator["function_roles"]["restore_backup"] if native else deployment.rotator["restore_role"]
    with recovery_points(native=native):
        with without("kms:Decrypt", role["name"], "DecryptBackups"):
            execution = deployment.end_of_rotation("unsealed", backed_up(source, deployment))
        state = deployment.rotate("unsealed", backed_up(source, deployment))

    assert execution["status"] == "FAILED"
    assert "kms:Decrypt" in execution["cause"]
    copy = client("dynamodb").describe_table(TableName=state["TargetTableName"])["Table"]
    assert "SSEDescription" not in copy
    assert items(copy["TableName"]) == items(source.rpartition("/")[2])


def backed_up(table_arn: str, deployment: Deployment) -> BackupJob:
    return deployment.end_of_backup(deployment.start_backup(table_arn))


def test_a_rotation_fails_where_the_state_machine_may_not_invoke_functions(deployment: Deployment) -> None:
    def first_cause() -> str | None:
        history = client("stepfunctions").get_execution_history(executionArn=execution_arn)["events"]
        causes = [event["taskFailedEventDetails"]["cause"] for event in history if "taskFailedEventDetails" in event]
        return next(iter(causes), None)

    with without("lambda:InvokeFunction", deployment.rotator["state_machine_role"]["name"]):
        execution_arn = deployment.execution_arn("staging", deployment.back_up("users-production"))
        wait_until("execution", lambda: exists(execution_arn) or None, deployment.patience_seconds)
        cause = wait_until("failed task", first_cause, deployment.patience_seconds)
        # To Step Functions this is an error like any other of Lambda's, to be retried for minutes.
        client("stepfunctions").stop_execution(executionArn=execution_arn)
    assert "lambda:InvokeFunction" in cause


def exists(execution_arn: str) -> bool:
    try:
        client("stepfunctions").describe_execution(executionArn=execution_arn)
    except client("stepfunctions").exceptions.ExecutionDoesNotExist:
        return False
    return True


def test_a_notification_is_kept_where_no_rotation_may_be_started(deployment: Deployment) -> None:
    with without("states:StartExecution", deployment.rotator["function_roles"]["start_workflow"]["name"]):
        job = deployment.back_up("users-production")
        record = deployment.dead_letter("failed_notifications_queue", job.id)
    assert "states:StartExecution" in record["responsePayload"]["errorMessage"]
    deployment.start_workflow(replayed(record))
    deployment.rotate("staging", job)


def test_a_notification_is_kept_where_the_function_may_not_be_invoked(deployment: Deployment) -> None:
    function = deployment.rotator["functions"]["start_workflow"]["arn"]
    with not_invoked_by(deployment.outputs["topic_arn"]["value"], function):
        job = deployment.back_up("users-production")
        notification = deployment.dead_letter("undelivered_notifications_queue", job.id)
    deployment.start_workflow(replayed(notification))
    deployment.rotate("staging", job)


def test_an_event_is_kept_where_the_copied_recovery_point_may_not_be_described(deployment: Deployment) -> None:
    with recovery_points(native=False):
        job = deployment.back_up("users-production", deployment.vault("other")["name"])
    with without("backup:DescribeRecoveryPoint", deployment.rotator["function_roles"]["start_workflow"]["name"]):
        copy = deployment.copy(job, "other", "first")
        record = deployment.dead_letter("failed_notifications_queue", copy.recovery_point_arn)
    assert "backup:DescribeRecoveryPoint" in record["responsePayload"]["errorMessage"]
    (rotation,) = deployment.start_workflow(replayed(record))["Rotations"]
    assert rotation["RecoveryPoint"] == copy.recovery_point_arn


def test_a_sweep_says_which_permission_it_lacks(deployment: Deployment) -> None:
    action = "backup:ListRecoveryPointsByBackupVault"
    with without(action, deployment.rotator["function_roles"]["start_workflow"]["name"]):
        answer = deployment.sweep()
    assert all(deployment.vault(key)["arn"] in answer["errorMessage"] for key in ("first", "second"))
    assert action in answer["errorMessage"]


def test_a_sweep_is_kept_where_scheduler_may_not_invoke_the_function(deployment: Deployment) -> None:
    with without("lambda:InvokeFunction", deployment.rotator["scheduler_role"]["name"]):
        deployment.fire_sweep()
        request = deployment.dead_letter("undelivered_notifications_queue", "Sweep")
    assert "Rotations" in deployment.start_workflow(replayed(request))
