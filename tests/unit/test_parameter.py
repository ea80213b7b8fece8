"""The pointer: it moves forward only, and belongs to one source table."""

import dataclasses
import json

import pytest
from botocore.stub import Stubber

from rotator.clients import Clients
from rotator.errors import ParameterFull, ParameterTaken
from rotator.parameter import Copy, check_parameter, point_parameter_at_table
from rotator.state import Invocation
from tests.support.rotations import ELSEWHERE, SETTINGS, TABLE_ARN, invocation, restored

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
    output = point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)

    assert output == {"Version": 1, "Tier": "Standard", "Value": f"{TABLE_ARN}-staging-20261123-02-07-00"}
    assert value(clients) == output["Value"]
    (described,) = clients.ssm.describe_parameters()["Parameters"]
    assert described["Description"] == (
        f"Copy of {TABLE_ARN} from the backup of 2026-11-23T02:07:00.000Z, {TABLE_ARN}/backup/01795422364460-083c1149, "
        "by the rule staging of the module rotator"
    )


def test_it_moves_to_the_copy_of_a_later_backup(clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)

    output = point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)

    assert (output["Version"], value(clients)) == (2, f"{TABLE_ARN}-staging-20261123-02-07-00")


def test_it_never_goes_back(clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)

    output = point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)

    assert (output["Version"], output["Value"]) == (1, f"{TABLE_ARN}-staging-20261123-02-07-00")
    assert value(clients) == output["Value"]


def test_it_does_not_go_back_where_a_later_copy_comes_in_between(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_parameter_at_table(rotation_of(day=20), SETTINGS, clients)
    put = clients.ssm.put_parameter

    def put_late(**request: object) -> object:
        monkeypatch.setattr(clients.ssm, "put_parameter", put)
        point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)
        return put(**request)  # type: ignore[arg-type]

    monkeypatch.setattr(clients.ssm, "put_parameter", put_late)
    output = point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)

    assert output["Value"] == value(clients) == f"{TABLE_ARN}-staging-20261123-02-07-00"


@pytest.mark.parametrize("other", [TABLE_ARN.replace("orders", "users"), ELSEWHERE])
def test_two_tables_never_share_it(other: str, clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)

    for look in (
        lambda: check_parameter(rotation_of(day=23, source_table_arn=other)["State"], SETTINGS.module, clients.ssm),
        lambda: point_parameter_at_table(rotation_of(day=23, source_table_arn=other), SETTINGS, clients),
    ):
        with pytest.raises(ParameterTaken, match=rf"{TABLE_ARN} by .*, and cannot point at one of {other} by .*\$1"):
            look()
    assert value(clients) == f"{TABLE_ARN}-staging-20261122-02-07-00"


@pytest.mark.parametrize("adopt", [True, False])
@pytest.mark.parametrize(("rule", "module"), [("reporting", "rotator"), ("staging", "another")])
def test_two_rules_or_modules_never_share_it(rule: str, module: str, adopt: bool, clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)
    other = rotation_of(day=23)
    other["State"] |= {"Rule": rule, "AdoptParameter": adopt}
    settings = dataclasses.replace(SETTINGS, module=module)

    belongs = "by the rule staging of the module rotator"
    for look in (
        lambda: check_parameter(other["State"], module, clients.ssm),
        lambda: point_parameter_at_table(other, settings, clients),
    ):
        with pytest.raises(ParameterTaken, match=rf"{belongs}, .* by the rule {rule} of the module {module}"):
            look()


def test_a_rule_may_adopt_one_that_somebody_has_created_in_advance(clients: Clients) -> None:
    clients.ssm.put_parameter(Name=NAME, Value="-", Type="String", Description="Table of staging")
    adopting = rotation_of(day=22)
    adopting["State"]["AdoptParameter"] = True

    check_parameter(adopting["State"], SETTINGS.module, clients.ssm)
    point_parameter_at_table(adopting, SETTINGS, clients)

    # From then on it is ours.
    assert point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)["Version"] == 3


@pytest.mark.parametrize("kind", ["SecureString", "StringList"])
def test_a_parameter_of_another_type_is_not_adopted(kind: str, clients: Clients) -> None:
    clients.ssm.put_parameter(Name=NAME, Value="theirs", Type=kind)  # type: ignore[arg-type]
    adopting = rotation_of(day=22)
    adopting["State"]["AdoptParameter"] = True

    with pytest.raises(ParameterTaken):
        point_parameter_at_table(adopting, SETTINGS, clients)


@pytest.mark.parametrize("kind", ["SecureString", "StringList"])
def test_a_parameter_of_another_type_is_not_ours_whatever_its_description(kind: str, clients: Clients) -> None:
    copy = Copy.of(rotation_of(day=22)["State"], SETTINGS.module)
    there = f"{TABLE_ARN}-staging-20261122-02-07-00"
    clients.ssm.put_parameter(Name=NAME, Value=there, Type=kind, Description=copy.description)  # type: ignore[arg-type]

    with pytest.raises(ParameterTaken, match=f"{NAME} .{kind}."):
        point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)


@pytest.mark.parametrize(("versions", "labelled", "full"), [(100, 1, True), (99, 1, False), (100, 2, False)])
def test_a_label_that_holds_on_to_the_oldest_of_all_versions_fails_before_the_restore(
    versions: int, labelled: int, full: bool, clients: Clients
) -> None:
    for minute in range(versions):
        day, minute_of_day = divmod(minute, 60)
        point_parameter_at_table(rotation_of(day=day + 1, minute=minute_of_day), SETTINGS, clients)
    clients.ssm.label_parameter_version(Name=NAME, ParameterVersion=labelled, Labels=["stable"])

    if full:
        with pytest.raises(ParameterFull, match="the oldest, 1, has the label stable"):
            check_parameter(rotation_of(day=23)["State"], SETTINGS.module, clients.ssm)
    else:
        check_parameter(rotation_of(day=23)["State"], SETTINGS.module, clients.ssm)


@pytest.mark.parametrize(("day", "left"), [(22, 1), (24, 0)])
def test_a_metric_says_whether_it_was_left_at_a_later_copy(
    day: int, left: int, clients: Clients, capsys: pytest.CaptureFixture[str]
) -> None:
    point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)
    capsys.readouterr()

    point_parameter_at_table(rotation_of(day=day), SETTINGS, clients)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["LeftAtLaterCopy"] for line in lines if "LeftAtLaterCopy" in line] == [[left]]


@pytest.mark.parametrize("kind", ["String", "SecureString", "StringList"])
def test_what_somebody_else_put_there_stays(kind: str, clients: Clients) -> None:
    clients.ssm.put_parameter(Name=NAME, Value="theirs", Type=kind)  # type: ignore[arg-type]

    with pytest.raises(ParameterTaken, match=f"{NAME} .{kind}. was not set by this module"):
        point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)
    assert clients.ssm.get_parameter(Name=NAME, WithDecryption=True)["Parameter"]["Value"] == "theirs"


@pytest.mark.parametrize("put_there", ["theirs", f"{TABLE_ARN}-staging-20261101-02-07-00", TABLE_ARN])
def test_a_value_that_somebody_put_in_place_of_ours_stays(put_there: str, clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)
    (described,) = clients.ssm.describe_parameters()["Parameters"]
    # As AWS does where no description is given.
    clients.ssm.put_parameter(Name=NAME, Value=put_there, Description=described["Description"], Overwrite=True)

    with pytest.raises(ParameterTaken, match="was not set by this module"):
        point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)
    assert value(clients) == put_there


def test_a_description_with_another_time_than_ours_is_somebody_elses(clients: Clients) -> None:
    clients.ssm.put_parameter(
        Name=NAME,
        Value="theirs",
        Type="String",
        Description=f"Copy of {TABLE_ARN} from the backup of yesterday, x, by the rule staging of the module rotator",
    )

    with pytest.raises(ParameterTaken, match="was not set by this module"):
        check_parameter(rotation_of(day=23)["State"], SETTINGS.module, clients.ssm)


def test_a_second_try_does_not_set_it_again(clients: Clients) -> None:
    first = point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)

    assert point_parameter_at_table(rotation_of(day=23), SETTINGS, clients) == first
    assert clients.ssm.get_parameter(Name=NAME)["Parameter"]["Version"] == 1


def test_a_history_that_does_not_tell_yet_is_no_failure(clients: Clients) -> None:
    with Stubber(clients.ssm) as stub:
        stub.add_response("get_parameter_history", {"Parameters": []})
        stub.add_response("put_parameter", {"Version": 1, "Tier": "Standard"})
        stub.add_response("get_parameter_history", {"Parameters": []})
        output = point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)

    assert output["Value"] == f"{TABLE_ARN}-staging-20261123-02-07-00"


def test_the_newest_of_many_versions_counts(clients: Clients) -> None:
    for minute in range(60):
        point_parameter_at_table(rotation_of(day=1, minute=minute), SETTINGS, clients)

    assert point_parameter_at_table(rotation_of(day=2), SETTINGS, clients)["Version"] == 61
