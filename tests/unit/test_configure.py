"""What a rule asks of a restore, applied to a copy that AWS Backup restored without it."""

from typing import Any

import pytest
from botocore.stub import Stubber

from rotator.clients import Clients
from rotator.configure.table import configure_table
from rotator.errors import NotYet, SettingsNotApplied
from rotator.target_table import is_encrypted_as
from tests.support.rotations import TARGET, invocation, restored

ADVANCED = "arn:aws:backup:us-east-1:123456789012:recovery-point:1eb3b5e7-9eb0-435a-a80b-108b488b0d45"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BY_DAY: Any = {"GlobalSecondaryIndexes": [{"IndexName": "by-day"}]}
BY_EMBEDDING: Any = {"VectorIndexes": [{"IndexName": "by-embedding"}]}


def configured(
    clients: Clients,
    *,
    restored_with: dict[str, Any],
    now: dict[str, Any],
    change: dict[str, Any] | None,
    **options: Any,  # noqa: ANN401
) -> dict[str, str]:
    """The outcomes for a copy that was restored like this, is like this now, and is changed like this."""
    rotation = invocation(ADVANCED)
    rotation["State"]["Restore"] = options  # type: ignore[typeddict-item]
    rotation["State"]["DescribeTableOutput"] = restored()
    rotation["State"]["DescribeTableOutput"]["Table"] |= restored_with
    with Stubber(clients.dynamodb) as stub:
        stub.add_response("describe_table", {"Table": {"TableName": TARGET, **now}})
        if change:
            stub.add_response("update_table", {}, {"TableName": TARGET, **change})
        return configure_table(rotation, clients)["Settings"]


@pytest.mark.parametrize(
    ("indexes", "update"), [(BY_DAY, "GlobalSecondaryIndexUpdates"), (BY_EMBEDDING, "VectorIndexUpdates")]
)
def test_an_index_of_any_kind_that_can_be_deleted_is_left_out(
    indexes: dict[str, Any], update: str, clients: Clients
) -> None:
    ((index,),) = indexes.values()
    name = index["IndexName"]

    with pytest.raises(NotYet, match=f"is being changed: {update}"):
        configured(
            clients,
            restored_with=indexes,
            now=indexes,
            change={update: [{"Delete": {"IndexName": name}}]},
            ExcludedIndexes=[name],
        )
    assert configured(clients, restored_with=indexes, now={}, change=None, ExcludedIndexes=[name]) == {
        "ExcludedIndexes": "applied"
    }


def test_an_index_that_is_being_deleted_is_not_deleted_again(clients: Clients) -> None:
    now = {"VectorIndexes": [{"IndexName": "by-embedding", "IndexStatus": "DELETING"}]}

    with pytest.raises(NotYet, match=r"by-embedding .* is being deleted"):
        configured(clients, restored_with=BY_EMBEDDING, now=now, change=None, ExcludedIndexes=["by-embedding"])


def test_an_index_that_the_restore_did_not_bring_does_not_count_as_left_out(clients: Clients) -> None:
    with pytest.raises(SettingsNotApplied, match="leaves out by-dya, but the table has these indexes: by-day"):
        configured(clients, restored_with=BY_DAY, now=BY_DAY, change=None, ExcludedIndexes=["by-dya"])


def test_a_table_with_a_vector_index_stays_on_demand(clients: Clients) -> None:
    with pytest.raises(SettingsNotApplied, match="a table with vector indexes can only be on demand"):
        configured(clients, restored_with=BY_EMBEDDING, now=BY_EMBEDDING, change=None, BillingMode="PROVISIONED")


@pytest.mark.parametrize(
    ("wanted", "key", "is_so"),
    [
        ("AWS_OWNED", None, True),
        ("AWS_OWNED", KEY, False),
        ("AWS_MANAGED", None, False),
        ("AWS_MANAGED", KEY, True),
        (KEY, None, False),
        (KEY, KEY, True),
        (KEY, f"{KEY}0", False),
    ],
)
def test_a_key_that_a_rule_names_is_that_key(wanted: str, key: str | None, is_so: bool) -> None:
    description = {"SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}} if key else {}

    assert is_encrypted_as(wanted, description) is is_so
