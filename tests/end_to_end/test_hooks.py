"""What the user has run before the switch."""

import os

import pytest

from local_aws import Fault, injected
from tests.support.aws import ENDPOINT, client, items, local_only, recovery_points
from tests.support.deployment import BackupJob, Deployment
from tests.support.polling import wait_until
from tests.support.tables import make_table

pytestmark = local_only


@pytest.fixture
def job(early_jobs: dict[str, BackupJob]) -> BackupJob:
    return early_jobs["hook"]


def test_the_parameter_moves_after_a_state_machine_that_takes_its_time(deployment: Deployment, job: BackupJob) -> None:
    state = deployment.rotate("hooked", job)

    given = state["BeforeSwitchOutput"]["Output"]
    link = given.pop("AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID")
    assert link == deployment.execution_arn("hooked", job)
    assert given == {
        "Rule": "hooked",
        "SourceTableArn": job.table_arn,
        "TargetTableName": state["TargetTableName"],
        "TargetTableArn": state["DescribeTableOutput"]["Table"]["TableArn"],
        "BackupJobId": job.id,
        "BackupStartTime": state["BackupSnsMessage"]["StartTime"],
        "RecoveryPointArn": job.recovery_point_arn,
        "ParameterName": "/rotator-test/hooked/table-arn",
    }
    parameter = client("ssm").get_parameter(Name="/rotator-test/hooked/table-arn")["Parameter"]
    hook = client("stepfunctions").describe_execution(executionArn=deployment.hook_of(job))
    assert parameter["Value"] == given["TargetTableArn"]
    assert parameter["LastModifiedDate"] >= hook["stopDate"]


@pytest.mark.usefixtures("_quick_restores")
def test_a_rotation_that_is_stopped_stops_its_hook(deployment: Deployment, job: BackupJob) -> None:
    with recovery_points(native=True):
        another = deployment.end_of_backup(deployment.start_backup(job.table_arn))
    hook = deployment.hook_of(another)
    client("stepfunctions").stop_execution(executionArn=deployment.execution_arn("hooked", another))

    assert client("stepfunctions").describe_execution(executionArn=hook)["status"] == "ABORTED"


def test_the_parameter_stays_where_the_hook_fails(deployment: Deployment, job: BackupJob) -> None:
    execution = deployment.end_of_rotation("spoiled", job)

    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    assert "The hook failed on purpose." in execution["cause"]
    with pytest.raises(client("ssm").exceptions.ParameterNotFound):
        client("ssm").get_parameter(Name="/rotator-test/spoiled/table-arn")


@pytest.mark.usefixtures("_quick_restores")
@pytest.mark.parametrize("refusal", ["ExecutionLimitExceeded", "ThrottlingException"])
def test_a_state_machine_that_cannot_start_yet_starts_later(deployment: Deployment, refusal: str) -> None:
    name = f"rotator-test-{refusal.lower()}-leak"
    role = deployment.rotator["state_machine_role"]["name"]
    fault = Fault(service="states", operation="StartExecution", error=refusal, times=2, role=role, containing=name)
    with recovery_points(native=True), injected(os.environ[ENDPOINT], fault) as injected_fault:
        state = deployment.rotate("masked", deployment.end_of_backup(deployment.start_backup(make_table(name))))

    assert injected_fault.struck == 2
    assert state["BeforeSwitchOutput"]["Output"]


@pytest.mark.usefixtures("_quick_restores")
def test_a_function_works_on_the_copy(deployment: Deployment) -> None:
    table_arn = make_table("rotator-test-edit-customers")
    client("dynamodb").put_item(
        TableName="rotator-test-edit-customers", Item={"id": {"S": "1"}, "email": {"S": "ann@example.com"}}
    )

    state = deployment.rotate("edited", deployment.end_of_backup(deployment.start_backup(table_arn)))

    assert state["BeforeSwitchOutput"] == {"Output": {"MaskedAddresses": 1}}
    assert items(state["TargetTableName"])[0]["email"]["S"].endswith("@masked.invalid")


@pytest.mark.usefixtures("_quick_restores")
def test_a_function_that_runs_as_often_as_it_may_runs_for_the_copy_later(deployment: Deployment) -> None:
    function = "rotator-test-hook"
    table_arn = make_table("rotator-test-busy-customers")

    def refused(job: BackupJob) -> bool:
        try:
            events = deployment.history("edited", job)
        except client("stepfunctions").exceptions.ExecutionDoesNotExist:
            return False
        errors = {event.get("taskFailedEventDetails", {}).get("error") for event in events}
        return "Lambda.TooManyRequestsException" in errors

    client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    try:
        with recovery_points(native=True):
            job = deployment.end_of_backup(deployment.start_backup(table_arn))
        wait_until("refusal", lambda: refused(job), deployment.patience_seconds)
    finally:
        client("lambda").delete_function_concurrency(FunctionName=function)
    assert deployment.rotate("edited", job)["BeforeSwitchOutput"] == {"Output": {"MaskedAddresses": 0}}
