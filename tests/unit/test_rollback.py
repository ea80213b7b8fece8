"""Rolling back: the parameter goes to an earlier copy that is there and its own, and stays there where it is held."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rotator.clients import Clients
from rotator.errors import InvalidRequest, NothingToRollBackTo, ParameterFull, ParameterTaken, UnknownParameter
from rotator.ownership import RULE, ownership_tags
from rotator.parameter import point_parameter_at_table
from rotator.parameter_history import Copy, put_version
from rotator.rollback import roll_back_or_release
from rotator.state import Invocation
from tests.support.rotations import SETTINGS, TABLE_ARN, invocation, restored

NAME = "/staging/table-arn"
ARNS = TABLE_ARN.removesuffix("orders")


def table_of(day: int) -> str:
    return f"orders-staging-202611{day}-02-07-00"


def rotation_of(day: int) -> Invocation:
    rotation = invocation(parameter=NAME, target=table_of(day), backup_time=f"2026-11-{day}T02:07:00.000Z")
    rotation["State"]["DescribeTableOutput"] = restored(f"{ARNS}{table_of(day)}")
    return rotation


def switch(clients: Clients, rotation: Invocation) -> str:
    """What a rotation makes, and points the parameter at; gives the value."""
    make(clients, rotation)
    return point_parameter_at_table(rotation, SETTINGS, clients)["Value"]


def make(clients: Clients, rotation: Invocation, *, module: str = SETTINGS.module) -> None:
    name = rotation["State"]["TargetTableName"]
    clients.dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table = clients.dynamodb.describe_table(TableName=name)["Table"]
    tags = ownership_tags(rotation["State"], rotation["Execution"], module, table["TableId"])
    clients.dynamodb.tag_resource(
        ResourceArn=table["TableArn"], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    )


def roll_back(clients: Clients, **options: object) -> Any:  # noqa: ANN401
    return roll_back_or_release({"RollBack": {"Parameter": NAME, **options}}, SETTINGS, clients)


def release(clients: Clients) -> Any:  # noqa: ANN401
    return roll_back_or_release({"Release": {"Parameter": NAME}}, SETTINGS, clients)


def value(clients: Clients) -> str:
    return clients.ssm.get_parameter(Name=NAME)["Parameter"]["Value"]


def test_it_goes_to_the_previous_copy_and_says_from_what_to_what(clients: Clients) -> None:
    first, second = (switch(clients, rotation_of(day)) for day in (22, 23))

    assert roll_back(clients) == {"Parameter": NAME, "From": second, "To": first, "Held": False}
    assert value(clients) == first


def test_each_repetition_goes_one_further_back_and_never_forward(clients: Clients) -> None:
    copies = [switch(clients, rotation_of(day)) for day in (20, 21, 22, 23)]

    assert [roll_back(clients)["To"] for _ in range(3)] == copies[2::-1]
    with pytest.raises(NothingToRollBackTo, match=f"{table_of(23)} is not earlier, {table_of(22)} is not earlier"):
        roll_back(clients)
    assert value(clients) == copies[0]


def test_a_copy_of_the_same_time_is_not_an_earlier_one(clients: Clients) -> None:
    """Between two of them, after a change of replacement_pattern, it would go to and fro."""
    renamed = rotation_of(23)
    name = "orders-renamed-20261123-02-07-00"
    renamed["State"] |= {"TargetTableName": name, "DescribeTableOutput": restored(f"{ARNS}{name}")}
    for rotation in (rotation_of(23), renamed):
        switch(clients, rotation)

    with pytest.raises(NothingToRollBackTo, match=f"{table_of(23)} is not earlier"):
        roll_back(clients)


def test_the_next_backup_moves_it_on(clients: Clients) -> None:
    for day in (22, 23):
        switch(clients, rotation_of(day))
    roll_back(clients)

    assert switch(clients, rotation_of(24)) == value(clients) == f"{ARNS}{table_of(24)}"
    assert roll_back(clients)["To"] == f"{ARNS}{table_of(23)}"


def test_a_backup_from_before_the_copy_that_it_left_moves_it_on_as_well(clients: Clients) -> None:
    for day in (22, 24):
        switch(clients, rotation_of(day))
    roll_back(clients)

    assert switch(clients, rotation_of(23)) == value(clients) == f"{ARNS}{table_of(23)}"


def test_a_refresh_is_as_late_as_its_request(clients: Clients) -> None:
    refresh = rotation_of(20)
    target = "orders-staging-20261123-10-00-00"
    refresh["State"] |= {
        "RequestTime": "2026-11-23T10:00:00.000Z",
        "TargetTableName": target,
        "DescribeTableOutput": restored(f"{ARNS}{target}"),
    }
    for rotation in (rotation_of(23), refresh, rotation_of(24)):
        switch(clients, rotation)

    assert [roll_back(clients)["To"] for _ in range(2)] == [f"{ARNS}{target}", f"{ARNS}{table_of(23)}"]


@pytest.mark.parametrize(("now", "expected"), [("arn", f"{ARNS}{table_of(22)}"), ("name", table_of(22))])
def test_the_value_is_of_the_form_that_it_has_now(now: Any, expected: str, clients: Clients) -> None:  # noqa: ANN401
    before, after = rotation_of(22), rotation_of(23)
    before["State"]["ParameterValue"] = "name" if now == "arn" else "arn"
    after["State"]["ParameterValue"] = now
    for rotation in (before, after):
        switch(clients, rotation)

    assert roll_back(clients)["To"] == value(clients) == expected


def test_copies_that_are_gone_are_changing_or_are_not_the_rules_are_skipped(clients: Clients) -> None:
    for day in range(19, 24):
        switch(clients, rotation_of(day))
    clients.dynamodb.delete_table(TableName=table_of(22))
    show_as(clients, table_of(21), "UPDATING")
    clients.dynamodb.untag_resource(ResourceArn=f"{ARNS}{table_of(20)}", TagKeys=[RULE])

    assert roll_back(clients)["To"] == f"{ARNS}{table_of(19)}"


def test_where_there_is_nothing_to_go_back_to_the_error_says_why_for_each_copy(clients: Clients) -> None:
    for day in range(20, 24):
        switch(clients, rotation_of(day))
    clients.dynamodb.delete_table(TableName=table_of(22))
    show_as(clients, table_of(21), "UPDATING")
    clients.dynamodb.delete_table(TableName=table_of(20))
    make(clients, rotation_of(20), module="another")

    with pytest.raises(NothingToRollBackTo) as error:
        roll_back(clients)

    assert str(error.value) == (
        f"The parameter {NAME} stays at {table_of(23)}, because its history names no earlier copy to go back to "
        f"({table_of(22)} is gone, {table_of(21)} is UPDATING, {table_of(20)} lacks the tags of a copy by this rule). "
        'To restore an earlier backup again, invoke start_workflow with {"Refresh": {"Rule": "staging", '
        '"RecoveryPointArn": "<ARN>"}}.'
    )
    assert value(clients) == f"{ARNS}{table_of(23)}"


def test_a_history_of_one_copy_leads_nowhere(clients: Clients) -> None:
    switch(clients, rotation_of(23))

    with pytest.raises(NothingToRollBackTo, match="it names no other copy"):
        roll_back(clients)


def test_a_copy_of_another_source_table_in_the_history_is_skipped(clients: Clients) -> None:
    """Somebody has given the parameter to another table by its description."""
    switch(clients, rotation_of(22))
    other = rotation_of(23)
    other["State"]["BackupSnsMessage"]["BackedUpResourceArn"] = f"{ARNS}users"
    put_version(NAME, f"{ARNS}{table_of(23)}", Copy.of(other["State"], SETTINGS.module), clients.ssm, tier="Standard")

    with pytest.raises(NothingToRollBackTo, match=f"{table_of(22)} belongs to another source table, rule or module"):
        roll_back(clients)


def test_a_hold_lasts_until_it_is_released(clients: Clients) -> None:
    first, second, third = (switch(clients, rotation_of(day)) for day in (21, 22, 23))

    assert roll_back(clients, Hold=True) == {"Parameter": NAME, "From": third, "To": second, "Held": True}
    assert switch(clients, rotation_of(24)) == second
    assert roll_back(clients) == {"Parameter": NAME, "From": second, "To": first, "Held": True}
    assert switch(clients, rotation_of(25)) == first
    assert release(clients) == {"Parameter": NAME, "Value": first, "Held": False}
    assert value(clients) == first
    assert switch(clients, rotation_of(26)) == f"{ARNS}{table_of(26)}"


def test_a_release_may_be_repeated(clients: Clients) -> None:
    for day in (22, 23):
        switch(clients, rotation_of(day))
    roll_back(clients, Hold=True)

    assert release(clients) == release(clients)
    assert clients.ssm.get_parameter(Name=NAME)["Parameter"]["Version"] == 4


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"Rollback": {"Parameter": NAME}},
        {"RollBack": NAME},
        {"RollBack": {}},
        {"RollBack": {"parameter": NAME}},
        {"RollBack": {"Parameter": [NAME]}},
        {"RollBack": {"Parameter": NAME, "hold": True}},
        {"RollBack": {"Parameter": NAME, "Hold": "true"}},
        {"RollBack": {"Parameter": NAME}, "Hold": True},
        {"Release": {"Parameter": NAME, "Hold": False}},
        {"Release": {"Parameter": NAME}, "RollBack": {"Parameter": NAME}},
    ],
)
def test_a_request_that_is_not_understood_changes_nothing(request_: dict[str, object], clients: Clients) -> None:
    for day in (22, 23):
        switch(clients, rotation_of(day))

    with pytest.raises(InvalidRequest, match=r'^The request is \{.*\}\. Use \{"RollBack": \{"Parameter": "<name>"\}\}'):
        roll_back_or_release(request_, SETTINGS, clients)
    assert value(clients) == f"{ARNS}{table_of(23)}"


@pytest.mark.parametrize("serve", [roll_back, release])
class TestParameterThatIsNotOurs:
    def test_it_does_not_exist(self, serve: Any, clients: Clients) -> None:  # noqa: ANN401
        with pytest.raises(UnknownParameter, match=rf"^There is no parameter {NAME}\. Use the name of a parameter"):
            serve(clients)

    def test_no_rule_names_it(self, serve: Any, clients: Clients) -> None:  # noqa: ANN401
        def deny(**_: object) -> None:
            error: Any = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}
            raise ClientError(error, "GetParameterHistory")

        clients.ssm.meta.events.register("before-call.ssm.GetParameterHistory", deny)

        with pytest.raises(
            UnknownParameter, match=f"^No rule of this module names the parameter {NAME}.*not authorized"
        ):
            serve(clients)

    @pytest.mark.parametrize("kind", ["String", "SecureString"])
    def test_somebody_else_has_set_it(self, kind: Any, serve: Any, clients: Clients) -> None:  # noqa: ANN401
        clients.ssm.put_parameter(Name=NAME, Value="theirs", Type=kind)

        with pytest.raises(ParameterTaken, match=f"{NAME} .{kind}. was not set by this module"):
            serve(clients)

    def test_another_module_has_set_it(self, serve: Any, clients: Clients) -> None:  # noqa: ANN401
        another = dataclasses.replace(SETTINGS, module="another")
        point_parameter_at_table(rotation_of(23), another, clients)

        with pytest.raises(
            ParameterTaken, match=f"{NAME} .* by the rule staging of the module another, not of rotator"
        ):
            serve(clients)


@pytest.mark.parametrize("request_", [roll_back, release])
def test_a_label_that_leaves_no_room_is_named(request_: Callable[[Clients], Any], clients: Clients) -> None:
    for day in (22, 23):
        switch(clients, rotation_of(day))
    clients.ssm.label_parameter_version(Name=NAME, ParameterVersion=1, Labels=["stable"])
    copy = Copy.of(rotation_of(23)["State"], SETTINGS.module)
    for _ in range(98):
        put_version(NAME, value(clients), copy, clients.ssm, tier="Standard", held=True)

    with pytest.raises(ParameterFull, match="the oldest, 1, has the label stable"):
        request_(clients)


def show_as(clients: Clients, name: str, status: str) -> None:
    def change(parsed: dict[str, Any], **_: object) -> None:
        if parsed.get("Table", {}).get("TableName") == name:
            parsed["Table"]["TableStatus"] = status

    clients.dynamodb.meta.events.register("after-call.dynamodb.DescribeTable", change)
