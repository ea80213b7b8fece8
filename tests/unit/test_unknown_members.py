"""What AWS tells and botocore does not know is neither carried over nor compared, and never claimed to be."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders

from rotator.carry_over.auto_scaling import end_auto_scaling
from rotator.carry_over.settings import carry_over_settings
from rotator.clients import Clients
from rotator.configure.table import configure_table
from rotator.errors import RestoreOptionImpossible, SettingsNotApplied
from rotator.restore.options import check_restore_job_options, overrides
from rotator.unknown_members import UNKNOWN
from rotator.verification import verify_table
from tests.support.rotations import TARGET, TARGET_ARN, invocation, restored

ADVANCED = "arn:aws:backup:us-east-1:123456789012:recovery-point:1eb3b5e7-9eb0-435a-a80b-108b488b0d45"
KEY = [{"AttributeName": "id", "KeyType": "HASH"}]
# In seconds since 1970, as DynamoDB sends it.
CREATED = 1_735_689_600
GRAPH = {"GraphIndexes": [{"IndexName": "by-friend"}]}


@pytest.fixture
def clients() -> Clients:
    """Without moto, which would answer as well."""
    return Clients()


class Body(io.BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def answers(client: Any, operation: str, *responses: dict[str, Any], status: int = 200) -> None:  # noqa: ANN401
    """The next calls of an operation are answered with these bodies."""
    left = list(responses)
    headers = HTTPHeaders()
    headers["content-type"] = "application/x-amz-json-1.0"

    def answer(**_: object) -> AWSResponse:
        return AWSResponse("https://aws", status, headers, Body(json.dumps(left.pop(0)).encode()))

    event = f"before-send.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    client.meta.events.register_first(event, answer)


def tables(clients: Clients, source: dict[str, Any], **copy: Any) -> None:  # noqa: ANN401
    described = {
        "TableName": TARGET,
        "TableArn": TARGET_ARN,
        "TableStatus": "ACTIVE",
        "CreationDateTime": CREATED,
        "KeySchema": KEY,
    }
    answers(clients.dynamodb, "DescribeTable", {"Table": described | copy}, {"Table": described | source})


def test_the_path_of_each_is_in_the_response(clients: Clients) -> None:
    index = {"IndexName": "by-day", "KeySchema": [{"AttributeName": "day", "Order": "up"}], "Colour": "red"}
    answers(clients.dynamodb, "DescribeTable", {"Table": {"GlobalSecondaryIndexes": [index], **GRAPH}, "Mood": 7})

    response: Any = clients.dynamodb.describe_table(TableName="orders")

    assert response[UNKNOWN] == [
        "Mood",
        "Table.GlobalSecondaryIndexes.Colour",
        "Table.GlobalSecondaryIndexes.KeySchema.Order",
        "Table.GraphIndexes",
    ]


def test_a_response_that_is_known_has_none(clients: Clients) -> None:
    answers(clients.dynamodb, "DescribeTable", {"Table": {"TableName": "orders"}})

    assert UNKNOWN not in clients.dynamodb.describe_table(TableName="orders")


def test_items_are_not_searched_for_any(clients: Clients) -> None:
    answers(clients.dynamodb, "Scan", {"Items": [{"id": {"S": "1"}}], "Mood": 7})

    response: Any = clients.dynamodb.scan(TableName="orders")

    assert response["Items"] == [{"id": {"S": "1"}}]
    assert UNKNOWN not in response


def test_an_error_has_none(clients: Clients) -> None:
    answers(clients.dynamodb, "DescribeTable", {"__type": "aws#ResourceNotFoundException", "More": 1}, status=400)

    with pytest.raises(clients.dynamodb.exceptions.ResourceNotFoundException) as raised:
        clients.dynamodb.describe_table(TableName="orders")
    assert UNKNOWN not in raised.value.response


@pytest.mark.parametrize(
    ("setting", "operation", "response", "named"),
    [
        (
            "contributor_insights",
            "DescribeContributorInsights",
            {"ContributorInsightsStatus": "ENABLED", "ContributorInsightsDepth": "DEEP"},
            "ContributorInsightsDepth",
        ),
        (
            "time_to_live",
            "DescribeTimeToLive",
            {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires", "Grace": 7}},
            "TimeToLiveDescription.Grace",
        ),
        (
            "point_in_time_recovery",
            "DescribeContinuousBackups",
            {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED", "Region": "eu-west-1"}},
            "ContinuousBackupsDescription.Region",
        ),
    ],
)
def test_a_setting_of_which_a_part_is_unknown_is_not_applied(
    setting: str, operation: str, response: dict[str, Any], named: str, clients: Clients
) -> None:
    tables(clients, {})
    answers(clients.dynamodb, operation, response)
    rotation = invocation()
    rotation["State"]["CarryOver"] = [setting]

    # Nothing was changed before, as the copy is not even looked at.
    with pytest.raises(SettingsNotApplied, match=rf"{setting} failed: SettingsNotApplied: botocore .* {named}, which"):
        carry_over_settings(rotation, clients)


@pytest.mark.parametrize(
    ("setting", "source", "named"),
    [
        ("stream", {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY", "Days": 7}}, "Days"),
        ("table_class", {"TableClassSummary": {"TableClass": "STANDARD", "Tier": "COLD"}}, "Tier"),
    ],
)
def test_the_same_goes_for_the_settings_in_the_description_of_a_table(
    setting: str, source: dict[str, Any], named: str, clients: Clients
) -> None:
    tables(clients, source | {"SomethingElse": 7})
    rotation = invocation()
    rotation["State"]["CarryOver"] = [setting]
    apply = configure_table if setting == "table_class" else carry_over_settings

    with pytest.raises(SettingsNotApplied, match=rf"botocore .* {named}, which"):
        apply(rotation, clients)


def test_what_else_is_unknown_of_a_table_does_not_keep_a_setting_from_being_applied(clients: Clients) -> None:
    tables(clients, {"DeletionProtectionEnabled": True, "SomethingElse": 7}, DeletionProtectionEnabled=True)
    rotation = invocation()
    rotation["State"]["CarryOver"] = ["deletion_protection"]

    assert carry_over_settings(rotation, clients)["Settings"] == {"deletion_protection": "applied"}


def test_what_is_unknown_does_not_keep_an_old_copy_from_being_deleted(clients: Clients) -> None:
    scaling = clients.application_autoscaling
    answers(scaling, "DescribeScalableTargets", {"ScalableTargets": [], "SomethingElse": 7})

    end_auto_scaling(lambda _: False, scaling)


def test_a_kind_of_index_that_is_unknown_is_not_compared_and_the_copy_not_verified(clients: Clients) -> None:
    tables(clients, GRAPH | {"SomethingElse": 7})
    answers(clients.dynamodb, "Scan", {"Count": 1})
    rotation = invocation(ADVANCED)
    rotation["State"]["DescribeTableOutput"] = restored()

    output = verify_table(rotation, clients)

    assert output["Comparisons"] == ["key", "indexes except GraphIndexes", "attribute types", "items"]
    assert output["Verified"] is None


def test_no_override_is_written_for_a_backup_with_indexes_that_are_not_known_completely(clients: Clients) -> None:
    index = {"IndexName": "by-day", "KeySchema": KEY, "Projection": {"ProjectionType": "ALL"}}
    backup = {
        "SourceTableDetails": {"KeySchema": KEY},
        "SourceTableFeatureDetails": {"LocalSecondaryIndexes": [index], **GRAPH},
    }
    answers(clients.dynamodb, "DescribeBackup", {"BackupDescription": backup})
    rotation = invocation()
    rotation["State"]["Restore"] = {"ExcludedIndexes": ["by-day"]}

    with pytest.raises(RestoreOptionImpossible, match="does not know GraphIndexes of this backup"):
        overrides(rotation["State"], clients.dynamodb)


def test_an_index_of_an_unknown_kind_is_not_left_out(clients: Clients) -> None:
    answers(clients.dynamodb, "DescribeTable", {"Table": {"TableName": "orders", "CreationDateTime": CREATED, **GRAPH}})
    rotation = invocation(ADVANCED)
    rotation["State"]["Restore"] = {"ExcludedIndexes": ["by-friend"]}

    with pytest.raises(RestoreOptionImpossible, match="but the table has these indexes: GraphIndexes"):
        check_restore_job_options(rotation, clients.dynamodb)
