"""The rotator, deployed once for all tests: on the local AWS, or on a real account where that is asked for."""

import os
from collections.abc import Iterator

import pytest
from pytest_terraform.tf import TerraformTestApi

from local_aws import changed_settings, running
from tests.support.aws import ENDPOINT, REAL_AWS, client, recovery_points
from tests.support.deployment import BackupJob, Deployment
from tests.support.tables import make_table, make_table_to_resize, make_table_with_every_setting

# A restore takes minutes on AWS, even of an empty table. The longest wait elsewhere is that for the end of retries.
PATIENCE_ON_AWS_SECONDS = 1800
PATIENCE_SECONDS = 150

ITEM_TEXT = "nobody must ever read this in a log"


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.import_plugin("tests.support.terraform_fixtures")


@pytest.fixture(scope="session", autouse=True)
def _aws(_no_credentials: None) -> Iterator[None]:
    """Starts the local AWS ahead of Terraform."""
    if os.environ.get(REAL_AWS):
        yield
        return
    with running(restore_seconds=5, backup_seconds=1, wait_factor=0.01, retry_factor=0.2) as endpoint:
        os.environ[ENDPOINT] = endpoint
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_retries(_aws: None) -> Iterator[None]:
    """For tests of a few rotations at a time: those of hundreds would keep the machine busy with retries."""
    if os.environ.get(REAL_AWS):
        yield
        return
    with changed_settings(os.environ[ENDPOINT], retry_factor=0.05):
        yield


@pytest.fixture(scope="session")
def deployment(rotator: TerraformTestApi) -> Iterator[Deployment]:
    patience = PATIENCE_ON_AWS_SECONDS if os.environ.get(REAL_AWS) else PATIENCE_SECONDS
    deployment = Deployment(rotator.outputs, patience)
    yield deployment
    _delete_what_the_rotator_made(deployment)


def _delete_what_the_rotator_made(deployment: Deployment) -> None:
    dynamodb = client("dynamodb")
    for table in deployment.tables_made & {*dynamodb.list_tables()["TableNames"]}:
        dynamodb.get_waiter("table_exists").wait(TableName=table)
        dynamodb.delete_table(TableName=table)
    path = f"/{deployment.rotator['state_machine_name']}/"
    for parameter in client("ssm").get_parameters_by_path(Path=path, Recursive=True)["Parameters"]:
        client("ssm").delete_parameter(Name=parameter["Name"])


@pytest.fixture(scope="session", autouse=True)
def early_jobs(deployment: Deployment) -> dict[str, BackupJob]:
    """Backups whose rotations take long, begun before all tests, so that they have ended when their tests come."""
    if os.environ.get(REAL_AWS):
        return {}
    started = {"hook": deployment.end_of_backup(deployment.start_backup(make_table("rotator-test-hook")))}
    for kind in ("native", "advanced"):
        with recovery_points(native=kind == "native"):
            sources = {
                "settings": make_table_with_every_setting(f"rotator-test-{kind}-settings"),
                "resize": make_table_to_resize(f"rotator-test-{kind}-resize"),
            }
            ids = {f"{kind}-{name}": deployment.start_backup(arn) for name, arn in sources.items()}
            started |= {key: deployment.end_of_backup(job_id) for key, job_id in ids.items()}
    return started


@pytest.fixture
def _quick_restores() -> Iterator[None]:
    """Restores that have ended when they are looked at for the first time."""
    if os.environ.get(REAL_AWS):
        yield
        return
    with changed_settings(os.environ[ENDPOINT], restore_seconds=0.01):
        yield


@pytest.fixture(scope="session")
def jobs(deployment: Deployment) -> dict[str, BackupJob]:
    """One backup of each source table, with an item in it."""
    tables = deployment.outputs["source_tables"]["value"]
    for key, table in tables.items():
        client("dynamodb").put_item(
            TableName=table["name"], Item={"id": {"S": f"first of {key}"}, "text": {"S": ITEM_TEXT}}
        )
    return {key: deployment.back_up(key) for key in tables}
