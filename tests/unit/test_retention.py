"""Which tables are deleted, and above all which are not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rotator.clients import Clients
from rotator.errors import DeletionNotAllowed, NotYet
from rotator.ownership import BACKUP_TIME
from rotator.retention import delete_old_tables
from rotator.state import Invocation
from rotator.tags import claim
from rotator.timestamps import to_iso8601, to_table_name_suffix
from tests.support.rotations import ACCOUNT, ELSEWHERE, SETTINGS, TABLE_ARN, invocation

STEM = "orders-staging"
PARAMETER = "/staging/orders"
FIRST = datetime(2026, 11, 20, 2, 7, tzinfo=UTC)


def table_of(day: int) -> str:
    return STEM + to_table_name_suffix(FIRST + timedelta(days=day))


def rotation_of(day: int, *, rule: str = "staging", keep: int = 3, source_table_arn: str = TABLE_ARN) -> Invocation:
    rotation = invocation(
        source_table_arn=source_table_arn,
        target=table_of(day),
        parameter=PARAMETER,
        backup_time=to_iso8601(FIRST + timedelta(days=day)),
    )
    rotation["State"]["Rule"] = rule
    rotation["State"]["Keep"] = keep
    rotation["Execution"]["Id"] = execution_of(day)
    return rotation


def execution_of(day: int) -> str:
    return f"arn:aws:states:us-east-1:{ACCOUNT}:execution:rotator:staging-{day}"


def rotations_ended(clients: Clients, monkeypatch: pytest.MonkeyPatch, **ends: str) -> None:
    """What Step Functions says of the rotations of days. It knows no others any more."""

    def describe(*, executionArn: str) -> dict[str, Any]:  # noqa: N803
        end = ends.get(f"day_{executionArn.rpartition('-')[2]}")
        if end is None:
            raise clients.stepfunctions.exceptions.ExecutionDoesNotExist({"Error": {}}, "DescribeExecution")
        if end == "LEFT":
            return {"status": "SUCCEEDED", "output": json.dumps({"UpdateSSMParameterOutput": {"Value": "another"}})}
        return {"status": end, "output": json.dumps({})}

    monkeypatch.setattr(clients.stepfunctions, "describe_execution", describe)


def make(clients: Clients, name: str, *, protected: bool = False) -> None:
    clients.dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=protected,
    )


def copy(
    clients: Clients,
    day: int,
    *,
    rule: str = "staging",
    module: str = SETTINGS.module,
    protected: bool = False,
    source_table_arn: str = TABLE_ARN,
) -> str:
    """What an earlier rotation made."""
    rotation = rotation_of(day, rule=rule, source_table_arn=source_table_arn)
    make(clients, table_of(day), protected=protected)
    table = clients.dynamodb.describe_table(TableName=table_of(day))["Table"]
    claim(dict(table), rotation, module, clients)
    return table_of(day)


def point_at(clients: Clients, *days: int, form: str = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{{}}") -> None:
    for day in days:
        clients.ssm.put_parameter(Name=PARAMETER, Type="String", Value=form.format(table_of(day)), Overwrite=True)


def tables(clients: Clients) -> list[str]:
    return clients.dynamodb.list_tables()["TableNames"]


def test_the_newest_copies_stay(clients: Clients) -> None:
    names = [copy(clients, day) for day in range(6)]
    point_at(clients, *range(6))

    output = delete_old_tables(rotation_of(5), SETTINGS, clients)

    assert tables(clients) == names[3:]
    assert sorted(output["Deleted"]) == names[:3]
    assert output["Kept"] == []


def test_what_the_parameter_points_at_or_did_before_stays(clients: Clients) -> None:
    names = [copy(clients, day) for day in range(5)]
    point_at(clients, 4, 1, 0, 0)

    output = delete_old_tables(rotation_of(4, keep=1), SETTINGS, clients)

    assert tables(clients) == [names[0], names[1], names[4]]
    assert [kept["TableName"] for kept in output["Kept"]] == [names[1], names[0]]


@pytest.mark.parametrize("form", [f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{{}}", "{}"], ids=["arn", "name"])
def test_a_parameter_points_at_copies_by_their_arns_or_by_their_names(form: str, clients: Clients) -> None:
    names = [copy(clients, day) for day in range(5)]
    point_at(clients, 0, 1, 2, form=form)
    point_at(clients, 2, 1)

    delete_old_tables(rotation_of(4, keep=1), SETTINGS, clients)

    assert tables(clients) == [*names[:3], names[4]]


def test_a_copy_that_a_held_parameter_was_not_switched_to_does_not_count(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [copy(clients, day) for day in range(6)]
    rotations_ended(clients, monkeypatch, day_4="LEFT")
    # Rolled back from day 3 to day 2, which leaves day 1 to go back to.
    point_at(clients, 0, 1, 2, 3, 2)
    held = rotation_of(5, keep=1)
    held["State"]["UpdateSSMParameterOutput"] = {
        "Version": 5,
        "Tier": "Standard",
        "Value": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{names[2]}",
        "Held": True,
    }

    output = delete_old_tables(held, SETTINGS, clients)

    assert tables(clients) == [names[1], names[2], names[3], names[5]]
    assert output["Deleted"] == [names[4], names[0]]
    assert {kept["Reason"] for kept in output["Kept"]} == {"the parameter points at it, or did before"}


def test_what_the_parameter_is_rolled_back_to_in_the_meantime_stays(clients: Clients) -> None:
    names = [copy(clients, day) for day in range(5)]
    point_at(clients, *range(5))

    def roll_back(**_: object) -> None:
        point_at(clients, 1)

    clients.dynamodb.meta.events.register("before-call.dynamodb.DeleteTable", roll_back)

    output = delete_old_tables(rotation_of(4, keep=1), SETTINGS, clients)

    assert output["Deleted"] == [names[2]]
    assert tables(clients) == [*names[:2], *names[3:]]


def test_what_this_rotation_created_stays_where_later_copies_exist(clients: Clients) -> None:
    names = [copy(clients, day) for day in range(5)]
    point_at(clients, 3, 4)

    output = delete_old_tables(rotation_of(1, keep=1), SETTINGS, clients)

    assert tables(clients) == [names[1], *names[3:]]
    assert {"TableName": names[1], "Reason": "this rotation created it"} in output["Kept"]


@pytest.mark.parametrize("end", ["FAILED", "TIMED_OUT", "ABORTED", "LEFT"])
def test_a_copy_that_was_never_switched_to_does_not_count_and_goes(
    end: str, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [copy(clients, day) for day in range(5)]
    point_at(clients, 0, 2)
    rotations_ended(clients, monkeypatch, day_1=end, day_3=end)

    output = delete_old_tables(rotation_of(4), SETTINGS, clients)

    assert sorted(output["Deleted"]) == [names[1], names[3]]
    assert tables(clients) == [names[0], names[2], names[4]]


def test_a_copy_of_a_later_backup_whose_rotation_failed_stays_for_a_redrive(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [copy(clients, day) for day in range(3)]
    rotations_ended(clients, monkeypatch, day_2="FAILED")

    output = delete_old_tables(rotation_of(1, keep=1), SETTINGS, clients)

    assert (output["Deleted"], output["Kept"]) == ([names[0]], [])


def test_a_copy_whose_rotation_is_running_stays(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [copy(clients, day) for day in range(4)]
    rotations_ended(clients, monkeypatch, day_0="RUNNING", day_1="SUCCEEDED", day_2="RUNNING")

    output = delete_old_tables(rotation_of(3, keep=1), SETTINGS, clients)

    assert tables(clients) == [names[0], *names[2:]]
    assert output["Deleted"] == [names[1]]
    assert {kept["Reason"] for kept in output["Kept"]} == {"its rotation is running"}


def test_the_newest_copies_stay_in_whatever_order_tables_are_listed(clients: Clients) -> None:
    names = [copy(clients, day) for day in range(4)]

    def reverse(parsed: dict[str, Any], **_: object) -> None:
        parsed["TableNames"].reverse()

    clients.dynamodb.meta.events.register("after-call.dynamodb.ListTables", reverse)

    assert delete_old_tables(rotation_of(3), SETTINGS, clients)["Deleted"] == names[:1]


def scale(clients: Clients, name: str) -> None:
    clients.application_autoscaling.register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId=f"table/{name}",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        MinCapacity=1,
        MaxCapacity=5,
    )


def test_auto_scaling_ends_with_a_copy_and_stays_on_one_that_cannot_be_deleted(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [copy(clients, day) for day in range(4)]
    # An earlier attempt deleted the table, and did not get any further.
    for name in (*names, table_of(-1), "orders"):
        scale(clients, name)
    rotation = rotation_of(3, keep=1)
    rotation["State"]["CarryOver"] = ["auto_scaling"]
    delete = clients.dynamodb.delete_table

    def refuse_the_oldest(**request: Any) -> object:  # noqa: ANN401
        if request["TableName"] == names[0]:
            raise clients.dynamodb.exceptions.ResourceInUseException({"Error": {}}, "DeleteTable")
        return delete(**request)

    monkeypatch.setattr(clients.dynamodb, "delete_table", refuse_the_oldest)

    delete_old_tables(rotation, SETTINGS, clients)

    targets = clients.application_autoscaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    assert {target["ResourceId"] for target in targets} == {f"table/{names[0]}", f"table/{names[3]}", "table/orders"}


def test_auto_scaling_stays_on_a_copy_that_the_list_of_tables_lacks(clients: Clients) -> None:
    names = [copy(clients, day) for day in range(4)]
    scale(clients, names[3])
    rotation = rotation_of(3)
    rotation["State"]["CarryOver"] = ["auto_scaling"]

    def put_another_first(parsed: dict[str, Any], **_: object) -> None:
        parsed["TableNames"].insert(0, "zzz")

    clients.dynamodb.meta.events.register("after-call.dynamodb.ListTables", put_another_first)

    delete_old_tables(rotation, SETTINGS, clients)

    targets = clients.application_autoscaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    assert [target["ResourceId"] for target in targets] == [f"table/{names[3]}"]


def test_each_try_makes_progress_however_many_copies_there_are(clients: Clients) -> None:
    names = [copy(clients, day) for day in range(6)]

    def refuse(params: dict[str, Any], **_: object) -> None:
        if names[0] in str(params):
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "DescribeTable")

    clients.dynamodb.meta.events.register("before-call.dynamodb.DescribeTable", refuse)
    with pytest.raises(NotYet):
        delete_old_tables(rotation_of(5), SETTINGS, clients)

    assert tables(clients) == [names[0], *names[3:]]


def test_a_protected_copy_stays_and_is_reported(clients: Clients) -> None:
    names = [copy(clients, day, protected=day == 0) for day in range(5)]

    output = delete_old_tables(rotation_of(4), SETTINGS, clients)

    assert tables(clients) == [names[0], *names[2:]]
    assert output["Kept"] == [{"TableName": names[0], "Reason": "it is protected against deletion"}]


def show_as(clients: Clients, name: str, status: str) -> None:
    def change(parsed: dict[str, Any], **_: object) -> None:
        if parsed["Table"]["TableName"] == name:
            parsed["Table"]["TableStatus"] = status

    clients.dynamodb.meta.events.register("after-call.dynamodb.DescribeTable", change)


@pytest.mark.parametrize("status", ["CREATING", "DELETING"])
def test_a_table_that_is_not_yet_or_no_longer_a_copy_counts_for_nothing(clients: Clients, status: str) -> None:
    names = [copy(clients, day) for day in range(5)]
    show_as(clients, names[0], status)
    show_as(clients, names[3], status)

    output = delete_old_tables(rotation_of(4, keep=1), SETTINGS, clients)

    assert sorted(output["Deleted"]) == names[1:3]
    assert output["Kept"] == []


def test_a_copy_that_something_is_at_work_on_stays_and_is_reported(clients: Clients) -> None:
    names = [copy(clients, day) for day in range(5)]
    show_as(clients, names[0], "UPDATING")

    output = delete_old_tables(rotation_of(4), SETTINGS, clients)

    assert output == {"Deleted": [names[1]], "Kept": [{"TableName": names[0], "Reason": "it is UPDATING"}]}


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        ("ResourceInUseException", ["DynamoDB is changing it"]),
        # Another rotation was quicker, or the response to an earlier attempt was lost.
        ("ResourceNotFoundException", []),
    ],
)
def test_a_copy_that_changed_since_it_was_described_is_no_failure(
    clients: Clients, error: str, kept: list[str]
) -> None:
    names = [copy(clients, day) for day in range(4)]

    def refuse(**_: object) -> None:
        raise getattr(clients.dynamodb.exceptions, error)({"Error": {"Code": error}}, "DeleteTable")

    clients.dynamodb.meta.events.register("before-call.dynamodb.DeleteTable", refuse)

    output = delete_old_tables(rotation_of(3), SETTINGS, clients)

    assert [found["Reason"] for found in output["Kept"]] == kept
    assert output["Deleted"] == ([] if kept else names[:1])


def test_a_deletion_that_is_not_allowed_says_how_to_allow_it(clients: Clients) -> None:
    for day in range(4):
        copy(clients, day)

    def deny(**_: object) -> None:
        error: Any = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized: dynamodb:DeleteTable"}}
        raise ClientError(error, "DeleteTable")

    clients.dynamodb.meta.events.register("before-call.dynamodb.DeleteTable", deny)

    with pytest.raises(DeletionNotAllowed, match=r"dynamodb:DeleteTable.*https://docs\.aws.*abac"):
        delete_old_tables(rotation_of(3), SETTINGS, clients)


def test_copies_of_a_table_of_the_same_name_in_another_account_stay(clients: Clients) -> None:
    theirs = [copy(clients, day, source_table_arn=ELSEWHERE) for day in range(2)]
    ours = [copy(clients, day) for day in range(2, 5)]
    point_at(clients, *range(2, 5))

    delete_old_tables(rotation_of(4, keep=1), SETTINGS, clients)

    # Our second newest one is what the parameter pointed at before.
    assert tables(clients) == [*theirs, *ours[1:]]


def test_tables_that_are_not_copies_by_this_rule_and_module_stay(clients: Clients) -> None:
    for day in range(10, 13):
        copy(clients, day)
    others = [
        copy(clients, 0, rule="reporting"),
        copy(clients, 1, module="another"),
        table_of(2),
        copy(clients, 3),
        STEM,
        f"{STEM}-eu{table_of(4).removeprefix(STEM)}",
        f"{table_of(5)}-kept",
    ]
    for name in (table_of(2), *others[4:]):
        make(clients, name)
    clients.dynamodb.untag_resource(
        ResourceArn=f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{others[3]}", TagKeys=[BACKUP_TIME]
    )

    delete_old_tables(rotation_of(12, keep=1), SETTINGS, clients)

    assert set(tables(clients)) == {*others, table_of(12)}


def test_a_table_that_took_the_name_of_a_copy_with_its_tags_stays(clients: Clients) -> None:
    name = copy(clients, 0)
    tags = clients.dynamodb.list_tags_of_resource(ResourceArn=f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{name}")
    clients.dynamodb.delete_table(TableName=name)
    make(clients, name)
    clients.dynamodb.tag_resource(ResourceArn=f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{name}", Tags=tags["Tags"])
    copy(clients, 1)

    delete_old_tables(rotation_of(1, keep=1), SETTINGS, clients)

    assert tables(clients) == [name, table_of(1)]


def test_a_rule_may_leave_nothing_of_the_name_but_the_time(clients: Clients) -> None:
    names = [f"-2026112{day}-02-07-00" for day in range(3)]
    for name in names:
        make(clients, name)
        table = clients.dynamodb.describe_table(TableName=name)["Table"]
        claim(dict(table), rotation_of(0), SETTINGS.module, clients)
    rotation = rotation_of(0, keep=1)
    rotation["State"] |= {"TargetTableName": names[-1], "TargetParameterName": ""}

    assert len(delete_old_tables(rotation, SETTINGS, clients)["Deleted"]) == 2


def test_without_a_number_to_keep_nothing_is_deleted(clients: Clients) -> None:
    names = [copy(clients, day) for day in range(3)]

    with pytest.raises(ValueError, match="no copy would be left"):
        delete_old_tables(rotation_of(2, keep=0), SETTINGS, clients)
    assert tables(clients) == names


def test_listing_costs_as_much_as_there_are_copies_and_not_tables(clients: Clients) -> None:
    for number in range(120):
        make(clients, f"a-table-{number}")
        make(clients, f"z-table-{number}")
    names = [copy(clients, day) for day in range(4)]
    calls: list[str] = []
    clients.dynamodb.meta.events.register("before-call.dynamodb.*", lambda model, **_: calls.append(model.name))

    delete_old_tables(rotation_of(3), SETTINGS, clients)

    assert calls.count("ListTables") == 1
    assert calls.count("DescribeTable") == len(names)
