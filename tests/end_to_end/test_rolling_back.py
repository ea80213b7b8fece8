"""A parameter goes back to an earlier copy on demand, and stays there where it is held. Its rule keeps one copy."""

import time
from typing import Any

import pytest

from tests.support.aws import client, local_only, recovery_points
from tests.support.deployment import Deployment
from tests.support.polling import wait_until
from tests.support.tables import make_table, table_names

pytestmark = [local_only, pytest.mark.usefixtures("_quick_restores")]


class RolledTable:
    """A source table whose copies a parameter points at by name."""

    def __init__(self, name: str, deployment: Deployment) -> None:
        self.parameter = f"/rotator-test/{name}/table-name"
        self._deployment = deployment
        self._table_arn = make_table(f"rotator-test-{name}-named")

    def rotate(self) -> dict[str, Any]:
        # The names of copies have seconds.
        time.sleep(1)
        with recovery_points(native=True):
            job = self._deployment.end_of_backup(self._deployment.start_backup(self._table_arn))
        return self._deployment.rotate("named", job)

    def copies(self, rotations: int) -> list[str]:
        return [self.rotate()["TargetTableName"] for _ in range(rotations)]

    def ask_to(self, request: str, **options: object) -> Any:  # noqa: ANN401
        return self._deployment.invoke("update_ssm_parameter", {request: {"Parameter": self.parameter, **options}})

    @property
    def value(self) -> str:
        value: str = client("ssm").get_parameter(Name=self.parameter)["Parameter"]["Value"]
        return value


def test_it_goes_back_as_far_as_there_are_copies_and_the_next_backup_moves_it_on(deployment: Deployment) -> None:
    rolled = RolledTable("rolled", deployment)
    first, second, third = rolled.copies(3)

    answer = rolled.ask_to("RollBack")
    assert answer == {"Parameter": rolled.parameter, "From": third, "To": second, "Held": False}
    assert rolled.value == second

    refused = rolled.ask_to("RollBack")
    assert refused["errorType"] == "NothingToRollBackTo"
    assert f"({third} is not earlier, {first} is gone)" in refused["errorMessage"]
    assert rolled.value == second

    (fourth,) = rolled.copies(1)
    assert rolled.value == fourth


def test_one_that_is_held_stays_until_it_is_released(deployment: Deployment) -> None:
    held = RolledTable("held", deployment)
    first, second = held.copies(2)

    assert held.ask_to("RollBack", Hold=True) == {
        "Parameter": held.parameter,
        "From": second,
        "To": first,
        "Held": True,
    }
    left = held.rotate()
    assert left["UpdateSSMParameterOutput"] == {"Version": 3, "Tier": "Standard", "Value": first, "Held": True}
    assert left["DeleteOldTablesOutput"]["Deleted"] == []
    subject = "Complete, parameter held: rotation of rotator-test-held-named by rule named"
    wait_until(
        "report",
        lambda: subject in [message["Subject"] for message in deployment.inbox()] or None,
        deployment.patience_seconds,
    )

    assert held.ask_to("Release") == {"Parameter": held.parameter, "Value": first, "Held": False}
    (last,) = held.copies(1)
    assert held.value == last
    # The copy that was left alone does not count as switched to.
    assert left["TargetTableName"] not in table_names("rotator-test-held-by-name-")


@pytest.mark.parametrize(
    ("request_", "error", "says"),
    [
        ({"RollBack": {"Parameter": "/rotator-test/missing/table-name"}}, "UnknownParameter", "There is no parameter"),
        ({"Release": {"Parameter": "/misspelt"}}, "UnknownParameter", "No rule of this module names the parameter"),
        ({"Rollback": {"Parameter": "/rotator-test/x/table-name"}}, "InvalidRequest", 'Use {"RollBack": '),
        ({}, "InvalidRequest", 'Use {"RollBack": '),
    ],
)
def test_what_is_not_understood_is_refused_with_a_way_out(
    request_: dict[str, Any], error: str, says: str, deployment: Deployment
) -> None:
    answer = deployment.invoke("update_ssm_parameter", request_)

    assert answer["errorType"] == error
    assert says in answer["errorMessage"]
