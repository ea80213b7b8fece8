"""The pointer: it moves forward only, and belongs to one source table."""

import pytest
from botocore.stub import Stubber

from rotator.clients import Clients
from rotator.errors import ParameterTaken
from rotator.parameter import check_parameter, point_parameter_at_table
from rotator.state import Invocation
from tests.support.rotations import TABLE_ARN, invocation, restored

NAME = "/staging/table-arn"


def rotation_of(day: int, source_table_arn: str = TABLE_ARN, *, minute: int = 7) -> Invocation:
    rotation = invocation(
        parameter=NAME, backup_time=f"2026-11-{day:02}T02:{minute:02}:00.000Z", source_table_arn=source_table_arn
    )
    rotation["State"]["DescribeTableOutput"] = restored(f"{TABLE_ARN}-staging-202611{day:02}-02-{minute:02}-00")
    return rotation


def value(clients: Clients) -> str:
    return clients.ssm.get_parameter(Name=NAME)["Parameter"]["Value"]


def test_a_new_parameter_says_what_it_points_at(clients: Clients) -> None:
    output = point_parameter_at_table(rotation_of(day=23), clients)

    assert output == {"Version": 1, "Tier": "Standard", "Value": f"{TABLE_ARN}-staging-20261123-02-07-00"}
    assert value(clients) == output["Value"]
    (described,) = clients.ssm.describe_parameters()["Parameters"]
    assert described["Description"] == (
        f"Copy of {TABLE_ARN} from the backup of 2026-11-23T02:07:00.000Z, {TABLE_ARN}/backup/01795422364460-083c1149"
    )


def test_it_moves_to_the_copy_of_a_later_backup(clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=22), clients)

    output = point_parameter_at_table(rotation_of(day=23), clients)

    assert (output["Version"], value(clients)) == (2, f"{TABLE_ARN}-staging-20261123-02-07-00")


def test_it_never_goes_back(clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=23), clients)

    output = point_parameter_at_table(rotation_of(day=22), clients)

    assert (output["Version"], output["Value"]) == (1, f"{TABLE_ARN}-staging-20261123-02-07-00")
    assert value(clients) == output["Value"]


def test_it_does_not_go_back_where_a_later_copy_comes_in_between(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_parameter_at_table(rotation_of(day=20), clients)
    put = clients.ssm.put_parameter

    def put_late(**request: object) -> object:
        monkeypatch.setattr(clients.ssm, "put_parameter", put)
        point_parameter_at_table(rotation_of(day=23), clients)
        return put(**request)  # type: ignore[arg-type]

    monkeypatch.setattr(clients.ssm, "put_parameter", put_late)
    output = point_parameter_at_table(rotation_of(day=22), clients)

    assert output["Value"] == value(clients) == f"{TABLE_ARN}-staging-20261123-02-07-00"


def test_two_tables_never_share_it(clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=22), clients)
    other = TABLE_ARN.replace("orders", "users")

    for look in (
        lambda: check_parameter(rotation_of(day=23, source_table_arn=other)["State"], clients.ssm),
        lambda: point_parameter_at_table(rotation_of(day=23, source_table_arn=other), clients),
    ):
        with pytest.raises(ParameterTaken, match=rf"{TABLE_ARN}, and cannot point at one of {other}.*\$1"):
            look()
    assert value(clients) == f"{TABLE_ARN}-staging-20261122-02-07-00"


@pytest.mark.parametrize("kind", ["String", "SecureString", "StringList"])
def test_what_somebody_else_put_there_stays(kind: str, clients: Clients) -> None:
    clients.ssm.put_parameter(Name=NAME, Value="theirs", Type=kind)  # type: ignore[arg-type]

    with pytest.raises(ParameterTaken, match=f"{NAME} .{kind}. was not set by this module"):
        point_parameter_at_table(rotation_of(day=23), clients)
    assert clients.ssm.get_parameter(Name=NAME, WithDecryption=True)["Parameter"]["Value"] == "theirs"


@pytest.mark.parametrize("put_there", ["theirs", f"{TABLE_ARN}-staging-20261101-02-07-00", TABLE_ARN])
def test_a_value_that_somebody_put_in_place_of_ours_stays(put_there: str, clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=22), clients)
    (described,) = clients.ssm.describe_parameters()["Parameters"]
    # As AWS does where no description is given.
    clients.ssm.put_parameter(Name=NAME, Value=put_there, Description=described["Description"], Overwrite=True)

    with pytest.raises(ParameterTaken, match="was not set by this module"):
        point_parameter_at_table(rotation_of(day=23), clients)
    assert value(clients) == put_there


def test_a_description_with_another_time_than_ours_is_somebody_elses(clients: Clients) -> None:
    clients.ssm.put_parameter(
        Name=NAME, Value="theirs", Type="String", Description=f"Copy of {TABLE_ARN} from the backup of yesterday, x"
    )

    with pytest.raises(ParameterTaken, match="was not set by this module"):
        check_parameter(rotation_of(day=23)["State"], clients.ssm)


def test_a_second_try_does_not_set_it_again(clients: Clients) -> None:
    first = point_parameter_at_table(rotation_of(day=23), clients)

    assert point_parameter_at_table(rotation_of(day=23), clients) == first
    assert clients.ssm.get_parameter(Name=NAME)["Parameter"]["Version"] == 1


def test_a_history_that_does_not_tell_yet_is_no_failure(clients: Clients) -> None:
    with Stubber(clients.ssm) as stub:
        stub.add_response("get_parameter_history", {"Parameters": []})
        stub.add_response("put_parameter", {"Version": 1, "Tier": "Standard"})
        stub.add_response("get_parameter_history", {"Parameters": []})
        output = point_parameter_at_table(rotation_of(day=23), clients)

    assert output["Value"] == f"{TABLE_ARN}-staging-20261123-02-07-00"


def test_the_newest_of_many_versions_counts(clients: Clients) -> None:
    for minute in range(60):
        point_parameter_at_table(rotation_of(day=1, minute=minute), clients)

    assert point_parameter_at_table(rotation_of(day=2), clients)["Version"] == 61
