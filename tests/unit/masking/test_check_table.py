"""What is refused before anything is written."""

from typing import Any

import pytest

from masking.check import check_table
from masking.errors import IndexKeyRemoved, InvalidInput, KeyMethodNotRecognisable, NotACopy, UnsupportedType
from masking.state import CheckTableOutput
from rotator.clients import Clients
from rotator.ownership import MODULE, ROTATION, TABLE_ID
from tests.support.masking_work import COPY, settings_of


def make_copy(clients: Clients, name: str = COPY, tags: dict[str, str] | None = None) -> None:
    """A table of orders, with a key of text and number and an index by e-mail address, tagged as a rotation does."""
    dynamodb = clients.dynamodb
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "number", "AttributeType": "N"},
            {"AttributeName": "customer", "AttributeType": "S"},
            {"AttributeName": "email", "AttributeType": "S"},
            {"AttributeName": "photo", "AttributeType": "B"},
        ],
        # DynamoDB promises no order.
        KeySchema=[
            {"AttributeName": "number", "KeyType": "RANGE"},
            {"AttributeName": "customer", "KeyType": "HASH"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-email",
                "KeySchema": [
                    {"AttributeName": "email", "KeyType": "HASH"},
                    {"AttributeName": "photo", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    table = dynamodb.describe_table(TableName=name)["Table"]
    own = {MODULE: "rotator", ROTATION: "an execution", TABLE_ID: table["TableId"]} if tags is None else tags
    dynamodb.tag_resource(
        ResourceArn=table["TableArn"], Tags=[{"Key": key, "Value": value} for key, value in own.items()]
    )


def check(clients: Clients, given: object = None, **rules: str) -> CheckTableOutput:
    received: Any = {"Input": {"TargetTableName": COPY} if given is None else given}
    return check_table(received, settings_of(rules, workers=3), clients)


def test_a_copy_is_divided_into_segments_none_of_which_has_begun(clients: Clients) -> None:
    make_copy(clients)

    output = check(clients, customer="email")

    assert output["TableName"] == COPY
    assert (output["DryRun"], output["RemoveMarks"]) == (False, False)
    assert output["Segments"] == [
        {
            "Table": {"Name": COPY, "Key": ["customer", "number"]},
            "Number": number,
            "Of": 3,
            "Position": None,
            "Done": False,
            "Settings": settings_of({"customer": "email"}).fingerprint,
            "Counts": {},
        }
        for number in range(3)
    ]


def test_what_a_rotation_gives_its_hook_is_a_valid_input(clients: Clients) -> None:
    make_copy(clients)
    arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{COPY}"

    assert check(clients, {"Rule": "staging", "TargetTableName": COPY, "TargetTableArn": arn})["DryRun"] is False


def test_a_dry_run_is_asked_for_by_hand(clients: Clients) -> None:
    make_copy(clients)

    assert check(clients, {"TargetTableName": COPY, "DryRun": True})["DryRun"] is True


def test_digits_leave_marks_to_be_removed(clients: Clients) -> None:
    make_copy(clients)

    assert check(clients, phone="digits")["RemoveMarks"] is True


@pytest.mark.parametrize(
    "given",
    [{}, [], "orders", {"TargetTableName": 7}, {"TargetTableName": COPY, "DryRun": "yes"}, {"DryRun": True}],
)
def test_another_input_is_refused_with_the_way_to_write_it(given: object, clients: Clients) -> None:
    with pytest.raises(InvalidInput, match=r'{"TargetTableName": "<name of a copy>", "DryRun": true}'):
        check(clients, given)


def test_a_table_without_the_name_of_a_copy_is_not_even_described(clients: Clients) -> None:
    with pytest.raises(NotACopy, match="'orders-production' is not the name of a copy"):
        check(clients, {"TargetTableName": "orders-production"})


@pytest.mark.parametrize(
    "tags",
    [
        {"team": "orders"},
        {MODULE: "rotator", ROTATION: "an execution"},
        {MODULE: "rotator", ROTATION: "an execution", TABLE_ID: "of a table that was replaced"},
    ],
)
def test_a_table_that_no_rotation_created_is_refused(tags: dict[str, str], clients: Clients) -> None:
    make_copy(clients, tags=tags)

    with pytest.raises(NotACopy, match=f"The table {COPY} has the name of a copy, but not the tags"):
        check(clients)


def test_a_table_with_its_id_but_of_no_rotation_is_refused(clients: Clients) -> None:
    make_copy(clients, tags={})
    table = clients.dynamodb.describe_table(TableName=COPY)["Table"]
    clients.dynamodb.tag_resource(ResourceArn=table["TableArn"], Tags=[{"Key": TABLE_ID, "Value": table["TableId"]}])

    with pytest.raises(NotACopy):
        check(clients)


def test_a_table_that_does_not_exist_is_no_copy(clients: Clients) -> None:
    with pytest.raises(NotACopy, match=f"The table {COPY} does not exist: nothing was written"):
        check(clients)


@pytest.mark.parametrize("method", ["digits", "redact", "remove"])
@pytest.mark.parametrize("name", ["customer", "number"])
def test_table_keys_are_masked_only_by_what_a_second_run_recognises(name: str, method: str, clients: Clients) -> None:
    make_copy(clients)

    with pytest.raises(KeyMethodNotRecognisable, match=f"{name} .* so {method} does not .*one of hash, email, keep"):
        check(clients, **{name: method})


@pytest.mark.parametrize("rules", [{"customer": "hash"}, {"customer": "email", "number": "keep"}, {"number": "email"}])
def test_table_keys_may_be_hashed_or_kept_or_have_their_addresses_masked(
    rules: dict[str, str], clients: Clients
) -> None:
    make_copy(clients)

    assert check(clients, **rules)["Segments"]


def test_a_key_of_an_index_is_not_removed(clients: Clients) -> None:
    make_copy(clients)

    with pytest.raises(IndexKeyRemoved, match="email is a key of the index by-email of orders-"):
        check(clients, email="remove")


@pytest.mark.parametrize("method", ["hash", "email", "digits", "redact", "keep"])
def test_a_key_of_an_index_may_be_masked(method: str, clients: Clients) -> None:
    make_copy(clients)

    assert check(clients, email=method)["Segments"]


@pytest.mark.parametrize(
    ("name", "method", "others"),
    [("number", "hash", "email, keep"), ("photo", "hash", "redact, keep"), ("photo", "digits", "redact, keep")],
)
def test_the_type_of_a_key_is_checked_before_anything_is_written(
    name: str, method: str, others: str, clients: Clients
) -> None:
    make_copy(clients)

    with pytest.raises(UnsupportedType, match=f"{name} is or .* {method} does not apply to. Choose one of {others}[.]"):
        check(clients, **{name: method})


@pytest.mark.parametrize("path", ["customer.first", "email[*]"])
def test_a_key_has_no_parts(path: str, clients: Clients) -> None:
    make_copy(clients)

    with pytest.raises(InvalidInput, match=r"has no parts: write (customer|email)"):
        check(clients, **{path: "hash"})
