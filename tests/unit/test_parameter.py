"""The pointer: it moves forward only, and belongs to one source table."""

import dataclasses
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from botocore.stub import Stubber

from rotator.clients import Clients
from rotator.errors import ParameterFull, ParameterTaken
from rotator.parameter import check_parameter, point_parameter_at_table
from rotator.parameter_history import Copy, history_of, put_version, tier_of
from rotator.state import Invocation
from tests.support.rotations import ELSEWHERE, SETTINGS, TABLE_ARN, invocation, restored

if TYPE_CHECKING:
    from mypy_boto3_ssm.literals import ParameterTierType

NAME = "/staging/table-arn"


def rotation_of(day: int, source_table_arn: str = TABLE_ARN, *, minute: int = 7) -> Invocation:
    rotation = invocation(
        parameter=NAME,
        target=f"orders-staging-202611{day:02}-02-{minute:02}-00",
        backup_time=f"2026-11-{day:02}T02:{minute:02}:00.000Z",
        source_table_arn=source_table_arn,
    )
    rotation["State"]["DescribeTableOutput"] = restored(f"{TABLE_ARN}-staging-202611{day:02}-02-{minute:02}-00")
    return rotation


def refresh_of(day: int, *, requested_on: int) -> Invocation:
    """The backup of a day, restored again at ten o'clock of a later one."""
    refresh = rotation_of(day)
    refresh["State"] |= {
        "RequestTime": f"2026-11-{requested_on}T10:00:00.000Z",
        "TargetTableName": f"orders-staging-202611{requested_on}-10-00-00",
        "DescribeTableOutput": restored(f"{TABLE_ARN}-staging-202611{requested_on}-10-00-00"),
    }
    return refresh


def by_name(rotation: Invocation) -> Invocation:
    rotation["State"]["ParameterValue"] = "name"
    return rotation


def hold(clients: Clients, day: int) -> None:
    """Sets the parameter back to the copy of a day, and holds it there."""
    copy = Copy.of(rotation_of(day)["State"], SETTINGS.module)
    tier = tier_of(history_of(NAME, clients.ssm))
    put_version(NAME, f"{TABLE_ARN}-staging-202611{day}-02-07-00", copy, clients.ssm, tier=tier, held=True)


def put_versions(count: int, clients: Clients) -> None:
    """As many rotations set the parameter, a minute apart from the first of the month."""
    for number in range(count):
        day, minute = divmod(number, 60)
        state = rotation_of(day=day + 1, minute=minute)["State"]
        copy, table = Copy.of(state, SETTINGS.module), state["DescribeTableOutput"]["Table"]
        put_version(NAME, table["TableArn"], copy, clients.ssm, tier="Standard" if number else None)


def description(clients: Clients) -> str:
    (described,) = clients.ssm.describe_parameters()["Parameters"]
    return described["Description"]


def metrics(printed: str) -> dict[str, int]:
    lines = [json.loads(line) for line in printed.splitlines()]
    (found,) = [line for line in lines if "LeftAtLaterCopy" in line]
    return {name: found[name][0] for name in ("LeftAtLaterCopy", "LeftHeld")}


def value(clients: Clients) -> str:
    return clients.ssm.get_parameter(Name=NAME)["Parameter"]["Value"]


def test_the_longest_description_is_accepted(clients: Clients) -> None:
    """Systems Manager takes 1,024 characters."""
    table_arn = f"arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/{'t' * 255}"
    copy = Copy(
        source_table_arn=table_arn,
        backup_time="2026-11-23T02:07:00.000Z",
        recovery_point_arn=f"{table_arn}/backup/01795422364460-083c1149",
        request_time="2026-11-25T10:00:00.000Z",
        rule="r" * 28,
        module="m" * 43,
    )

    put_version(NAME, f"{table_arn[:-20]}-20261125-10-00-00", copy, clients.ssm, tier=None, held=True)

    assert description(clients).endswith(", held until released")
    assert len(description(clients)) <= 1024


def test_a_new_parameter_says_what_it_points_at(clients: Clients) -> None:
    output = point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)

    assert output == {
        "Version": 1,
        "Tier": "Standard",
        "Value": f"{TABLE_ARN}-staging-20261123-02-07-00",
        "Held": False,
    }
    assert value(clients) == output["Value"]
    assert description(clients) == (
        f"Copy of {TABLE_ARN} from the backup of 2026-11-23T02:07:00.000Z, {TABLE_ARN}/backup/01795422364460-083c1149, "
        "by the rule staging of the module rotator"
    )


def test_it_moves_to_the_copy_of_a_later_backup(clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)

    output = point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)

    assert (output["Version"], value(clients)) == (2, f"{TABLE_ARN}-staging-20261123-02-07-00")


@pytest.mark.parametrize("tier", ["Standard", "Advanced"])
def test_it_stays_in_its_tier_whatever_the_default_of_the_account_is(
    tier: "ParameterTierType", clients: Clients
) -> None:
    clients.ssm.put_parameter(Name=NAME, Value="?", Type="String", Tier=tier)
    asked: list[str | None] = []
    clients.ssm.meta.events.register(
        "provide-client-params.ssm.PutParameter", lambda params, **_: asked.append(params.get("Tier"))
    )

    first = rotation_of(day=21)
    first["State"]["AdoptParameter"] = True
    point_parameter_at_table(first, SETTINGS, clients)
    point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)

    assert asked == [tier, tier]


def test_it_never_goes_back(clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)

    output = point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)

    assert (output["Version"], output["Value"]) == (1, f"{TABLE_ARN}-staging-20261123-02-07-00")
    assert value(clients) == output["Value"]


def test_the_copy_of_a_refresh_counts_as_of_its_request(clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)

    refreshed = point_parameter_at_table(refresh_of(day=20, requested_on=25), SETTINGS, clients)
    earlier = point_parameter_at_table(rotation_of(day=25), SETTINGS, clients)
    later = point_parameter_at_table(rotation_of(day=26), SETTINGS, clients)

    assert refreshed["Value"] == earlier["Value"] == f"{TABLE_ARN}-staging-20261125-10-00-00"
    assert later["Value"] == f"{TABLE_ARN}-staging-20261126-02-07-00"


def test_a_parameter_says_which_refresh_it_points_at(clients: Clients) -> None:
    point_parameter_at_table(refresh_of(day=20, requested_on=25), SETTINGS, clients)

    assert description(clients) == (
        f"Copy of {TABLE_ARN} from the backup of 2026-11-20T02:07:00.000Z, {TABLE_ARN}/backup/01795422364460-083c1149, "
        "requested at 2026-11-25T10:00:00.000Z, by the rule staging of the module rotator"
    )


def test_times_with_and_without_fractions_of_a_second_are_compared_as_times(clients: Clients) -> None:
    refresh = refresh_of(day=20, requested_on=25)
    refresh["State"]["RequestTime"] = "2026-11-25T10:00:00Z"
    later = rotation_of(day=25)
    later["State"]["BackupSnsMessage"]["StartTime"] = "2026-11-25T10:00:00.500Z"
    later["State"]["DescribeTableOutput"] = restored(f"{TABLE_ARN}-copy-20261125-10-00-00")
    point_parameter_at_table(refresh, SETTINGS, clients)

    assert point_parameter_at_table(later, SETTINGS, clients)["Value"] == f"{TABLE_ARN}-copy-20261125-10-00-00"


def test_it_may_hold_the_name_of_the_table_and_change_to_it_and_back(clients: Clients) -> None:
    rotations = [rotation_of(day=20), by_name(rotation_of(day=21)), by_name(rotation_of(day=22)), rotation_of(day=23)]

    values = [point_parameter_at_table(rotation, SETTINGS, clients)["Value"] for rotation in rotations]

    assert values == [
        f"{TABLE_ARN}-staging-20261120-02-07-00",
        "orders-staging-20261121-02-07-00",
        "orders-staging-20261122-02-07-00",
        f"{TABLE_ARN}-staging-20261123-02-07-00",
    ]


@pytest.mark.parametrize(
    "put_there", ["theirs", "orders-staging-20261101-02-07-00", "x/orders-staging-20261122-02-07-00"]
)
def test_a_name_that_somebody_put_in_place_of_ours_stays(put_there: str, clients: Clients) -> None:
    point_parameter_at_table(by_name(rotation_of(day=22)), SETTINGS, clients)
    clients.ssm.put_parameter(Name=NAME, Value=put_there, Description=description(clients), Overwrite=True)

    with pytest.raises(ParameterTaken, match="was not set by this module"):
        point_parameter_at_table(by_name(rotation_of(day=23)), SETTINGS, clients)
    assert value(clients) == put_there


@pytest.mark.parametrize("back_to", [20, 22])
def test_a_rotation_leaves_a_parameter_that_is_held_and_says_so(
    back_to: int, clients: Clients, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for day in (20, 21, 22):
        point_parameter_at_table(rotation_of(day), SETTINGS, clients)
    hold(clients, back_to)
    capsys.readouterr()

    check_parameter(rotation_of(day=23)["State"], SETTINGS.module, clients.ssm)
    output = point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)

    assert output == {
        "Version": 4,
        "Tier": "Standard",
        "Value": f"{TABLE_ARN}-staging-202611{back_to}-02-07-00",
        "Held": True,
    }
    assert (value(clients), description(clients)[-21:]) == (output["Value"], ", held until released")
    assert metrics(capsys.readouterr().out) == {"LeftAtLaterCopy": 0, "LeftHeld": 1}
    assert caplog.messages[-1] == "Parameter left alone, because it is held"


def test_one_that_was_released_moves_on(clients: Clients) -> None:
    for day in (20, 21):
        point_parameter_at_table(rotation_of(day), SETTINGS, clients)
    hold(clients, 20)
    copy = Copy.of(rotation_of(day=20)["State"], SETTINGS.module)
    put_version(NAME, value(clients), copy, clients.ssm, tier="Standard")

    output = point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)

    assert (output["Value"], output["Held"]) == (f"{TABLE_ARN}-staging-20261122-02-07-00", False)


def in_between(clients: Clients, monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Makes something happen after the parameter was read and before it is set."""
    put = clients.ssm.put_parameter

    def put_late(**request: object) -> object:
        monkeypatch.setattr(clients.ssm, "put_parameter", put)
        happens()
        return put(**request)  # type: ignore[arg-type]

    monkeypatch.setattr(clients.ssm, "put_parameter", put_late)


def right_after(clients: Clients, monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Makes the change once the next put has taken place."""
    put = clients.ssm.put_parameter

    def put_early(**request: object) -> object:
        monkeypatch.setattr(clients.ssm, "put_parameter", put)
        response = put(**request)  # type: ignore[arg-type]
        change()
        return response

    monkeypatch.setattr(clients.ssm, "put_parameter", put_early)


def test_it_does_not_go_back_where_a_later_copy_comes_in_between(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_parameter_at_table(rotation_of(day=20), SETTINGS, clients)
    in_between(clients, monkeypatch, lambda: point_parameter_at_table(rotation_of(day=23), SETTINGS, clients))

    output = point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)

    assert output["Value"] == value(clients) == f"{TABLE_ARN}-staging-20261123-02-07-00"


def test_a_hold_that_comes_in_between_stays(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in (20, 21):
        point_parameter_at_table(rotation_of(day), SETTINGS, clients)
    in_between(clients, monkeypatch, lambda: hold(clients, 20))

    output = point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)

    assert output["Value"] == value(clients) == f"{TABLE_ARN}-staging-20261120-02-07-00"
    assert output["Held"]
    assert description(clients).endswith(", held until released")


def test_a_hold_that_comes_right_after_the_switch_stays(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    point_parameter_at_table(rotation_of(day=20), SETTINGS, clients)
    right_after(clients, monkeypatch, lambda: hold(clients, 20))

    output = point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)

    assert (output["Version"], output["Held"]) == (3, True)
    assert value(clients) == f"{TABLE_ARN}-staging-20261120-02-07-00"


def test_another_hold_that_comes_right_after_the_first_is_put_back_stays(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (20, 21):
        point_parameter_at_table(rotation_of(day), SETTINGS, clients)

    def hold_twice() -> None:
        hold(clients, 21)
        right_after(clients, monkeypatch, lambda: hold(clients, 20))

    in_between(clients, monkeypatch, hold_twice)

    output = point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)

    assert output["Value"] == value(clients) == f"{TABLE_ARN}-staging-20261120-02-07-00"
    assert output["Held"]


def test_a_hold_that_a_rotation_replaced_before_it_was_killed_is_put_back_by_the_next_attempt(clients: Clients) -> None:
    for day in (20, 21):
        point_parameter_at_table(rotation_of(day), SETTINGS, clients)
    hold(clients, 20)
    copy = Copy.of(rotation_of(day=22)["State"], SETTINGS.module)
    put_version(NAME, f"{TABLE_ARN}-staging-20261122-02-07-00", copy, clients.ssm, tier="Standard")

    output = point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)

    assert output["Value"] == value(clients) == f"{TABLE_ARN}-staging-20261120-02-07-00"
    assert output["Held"]


def test_what_somebody_else_put_in_place_of_a_hold_stays(clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=20), SETTINGS, clients)
    hold(clients, 20)
    clients.ssm.put_parameter(Name=NAME, Value="theirs", Description=description(clients), Overwrite=True)

    with pytest.raises(ParameterTaken, match="was not set by this module"):
        point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)


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
    put_versions(versions, clients)
    clients.ssm.label_parameter_version(Name=NAME, ParameterVersion=labelled, Labels=["stable"])

    if full:
        with pytest.raises(ParameterFull, match="the oldest, 1, has the label stable"):
            check_parameter(rotation_of(day=23)["State"], SETTINGS.module, clients.ssm)
    else:
        check_parameter(rotation_of(day=23)["State"], SETTINGS.module, clients.ssm)


@pytest.mark.parametrize("rotation", [rotation_of, lambda day: by_name(rotation_of(day))], ids=["arn", "name"])
@pytest.mark.parametrize(("day", "left"), [(22, 1), (24, 0)])
def test_a_metric_says_whether_it_was_left_at_a_later_copy(
    day: int,
    left: int,
    rotation: Callable[[int], Invocation],
    clients: Clients,
    capsys: pytest.CaptureFixture[str],
) -> None:
    point_parameter_at_table(rotation(23), SETTINGS, clients)
    capsys.readouterr()

    point_parameter_at_table(rotation(day), SETTINGS, clients)

    assert metrics(capsys.readouterr().out) == {"LeftAtLaterCopy": left, "LeftHeld": 0}


@pytest.mark.parametrize("kind", ["String", "SecureString", "StringList"])
def test_what_somebody_else_put_there_stays(kind: str, clients: Clients) -> None:
    clients.ssm.put_parameter(Name=NAME, Value="theirs", Type=kind)  # type: ignore[arg-type]

    with pytest.raises(ParameterTaken, match=f"{NAME} .{kind}. was not set by this module"):
        point_parameter_at_table(rotation_of(day=23), SETTINGS, clients)
    assert clients.ssm.get_parameter(Name=NAME, WithDecryption=True)["Parameter"]["Value"] == "theirs"


@pytest.mark.parametrize("put_there", ["theirs", f"{TABLE_ARN}-staging-20261101-02-07-00", TABLE_ARN])
def test_a_value_that_somebody_put_in_place_of_ours_stays(put_there: str, clients: Clients) -> None:
    point_parameter_at_table(rotation_of(day=22), SETTINGS, clients)
    # As AWS does where no description is given.
    clients.ssm.put_parameter(Name=NAME, Value=put_there, Description=description(clients), Overwrite=True)

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
    put_versions(60, clients)

    assert point_parameter_at_table(rotation_of(day=2), SETTINGS, clients)["Version"] == 61
