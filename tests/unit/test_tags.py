"""The tags that a copy gets, all in one call."""

import pytest
from botocore.stub import Stubber

from rotator.clients import Clients
from rotator.errors import SettingsNotApplied, TooManyTags
from rotator.ownership import PREFIX, tags_of
from rotator.state import Invocation
from rotator.tags import check_tags, claim
from tests.support.rotations import ELSEWHERE, SETTINGS, TARGET, TARGET_ARN, invocation

ADVANCED = "arn:aws:backup:us-east-1:123456789012:recovery-point:1eb3b5e7-9eb0-435a-a80b-108b488b0d45"


def make(clients: Clients, name: str, tags: dict[str, str] | None = None) -> None:
    clients.dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
    )


def rotation_of(tags: dict[str, str], *carry_over: str) -> Invocation:
    rotation = invocation(tags=tags)
    rotation["State"]["CarryOver"] = list(carry_over)
    return rotation


def tags_after_claim(rotation: Invocation, clients: Clients) -> dict[str, str]:
    """The tags of the copy, without those of ownership by this rotation."""
    make(clients, TARGET)
    table = dict(clients.dynamodb.describe_table(TableName=TARGET)["Table"])
    calls: list[str] = []
    clients.dynamodb.meta.events.register("before-call.dynamodb.TagResource", lambda **_: calls.append("TagResource"))
    claim(table, rotation, SETTINGS.module, clients)
    assert calls == ["TagResource"]
    tags = tags_of(TARGET_ARN, clients.dynamodb)
    assert tags[f"{PREFIX}rule"] == "staging"
    return {key: value for key, value in tags.items() if not key.startswith(PREFIX)}


def test_tags_are_carried_over_except_those_of_another_copy(clients: Clients) -> None:
    make(clients, "orders", {"team": "a", f"{PREFIX}rule": "another"})

    assert tags_after_claim(rotation_of({}, "tags"), clients) == {"team": "a"}


def test_of_a_table_elsewhere_the_recovery_point_tells_the_tags(clients: Clients) -> None:
    make(clients, "orders", {"team": "of another table of this name"})
    rotation = invocation(ADVANCED, source_table_arn=ELSEWHERE)
    rotation["State"]["CarryOver"] = ["tags"]
    with Stubber(clients.backup) as stub:
        first = {"team": "a", f"{PREFIX}rule": "another", "aws:backup:source-resource": "orders"}
        stub.add_response("list_tags", {"Tags": first, "NextToken": "2"}, {"ResourceArn": ADVANCED})
        stub.add_response("list_tags", {"Tags": {"cost": "b"}}, {"ResourceArn": ADVANCED, "NextToken": "2"})
        assert tags_after_claim(rotation, clients) == {"team": "a", "cost": "b"}


def test_the_tags_of_the_rule_win(clients: Clients) -> None:
    make(clients, "orders", {"stage": "production", "team": "a"})

    assert tags_after_claim(rotation_of({"stage": "staging"}, "tags"), clients) == {"stage": "staging", "team": "a"}


def test_the_tags_of_a_rule_do_not_need_the_source_table(clients: Clients) -> None:
    assert tags_after_claim(rotation_of({"stage": "staging"}), clients) == {"stage": "staging"}


def check(rotation: Invocation, clients: Clients) -> None:
    check_tags(rotation, SETTINGS.module, clients)


def test_tags_of_a_table_that_is_gone_fail_before_the_restore(clients: Clients) -> None:
    with pytest.raises(SettingsNotApplied, match="tags failed: the table orders is gone"):
        check(rotation_of({}, "tags"), clients)


@pytest.mark.parametrize(
    ("of_rule", "of_source", "value", "problem"),
    [
        (20, 23, "x", None),
        (20, 24, "x", "51 tags .*: 7 of the module, 20 of the rule"),
        (20, 20, "x" * 256, r"47 tags of 1\d{4} bytes"),
        # Each of these characters takes three bytes.
        (10, 10, "\u20ac" * 170, r"27 tags of 1\d{4} bytes"),
    ],
)
def test_more_tags_than_a_table_may_have_fail_before_the_restore(
    of_rule: int,
    of_source: int,
    value: str,
    problem: str | None,
    clients: Clients,
) -> None:
    make(clients, "orders", {f"source-{number}": value for number in range(of_source)})
    rotation = rotation_of({f"rule-{number}": value for number in range(of_rule)}, "tags")

    if problem is None:
        check(rotation, clients)
    else:
        with pytest.raises(TooManyTags, match=problem):
            check(rotation, clients)
