"""What becomes of the settings that a rule asks for, where the end-to-end tests can't show it."""

import json
from typing import Any

import pytest
from botocore.stub import Stubber

from rotator.clients import Clients
from rotator.configuration import configure_table
from rotator.errors import NotYet, TemporaryFailure
from rotator.state import ConfigureTableOutput
from tests.unit.rotations import TABLE_ARN, TARGET, TARGET_ARN, invocation

STREAM = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
ADVANCED = "arn:aws:backup:us-east-1:123456789012:recovery-point:1eb3b5e7-9eb0-435a-a80b-108b488b0d45"


def make(clients: Clients, name: str, **settings: Any) -> None:  # noqa: ANN401
    clients.dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        **settings,
    )


def configured(clients: Clients, *settings: str, recovery_point_arn: str = ADVANCED) -> ConfigureTableOutput:
    rotation = invocation(recovery_point_arn)
    rotation["State"]["CarryOver"] = list(settings)
    return configure_table(rotation, clients)


def test_nothing_is_done_where_nothing_is_asked_for(clients: Clients) -> None:
    make(clients, TARGET)

    assert configured(clients) == {"Settings": {}, "Failure": ""}


def test_tags_are_carried_over_but_those_of_aws_and_of_another_copy(clients: Clients) -> None:
    tags = {"team": "a", "backup-dynamodb-rotator:rule": "another"}
    make(clients, "orders", Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    make(clients, TARGET)

    assert configured(clients, "tags") == {"Settings": {"tags": "applied"}, "Failure": ""}
    assert clients.dynamodb.list_tags_of_resource(ResourceArn=TARGET_ARN)["Tags"] == [{"Key": "team", "Value": "a"}]


def test_the_tags_of_the_rule_win(clients: Clients) -> None:
    make(clients, "orders", Tags=[{"Key": "stage", "Value": "production"}])
    make(clients, TARGET)
    rotation = invocation()
    rotation["State"] |= {"CarryOver": ["tags"], "Tags": {"stage": "staging"}}

    configure_table(rotation, clients)

    assert clients.dynamodb.list_tags_of_resource(ResourceArn=TARGET_ARN)["Tags"] == [
        {"Key": "stage", "Value": "staging"}
    ]


def test_a_resource_policy_is_rewritten_for_the_copy_and_leaves_other_tables_alone(clients: Clients) -> None:
    make(clients, "orders")
    make(clients, TARGET)
    others = [f"{TABLE_ARN}-archive", f"{TABLE_ARN}.old", f"{TABLE_ARN}2"]
    policy = {"Resource": [TABLE_ARN, f"{TABLE_ARN}/index/*"], "Condition": others}
    clients.dynamodb.put_resource_policy(ResourceArn=TABLE_ARN, Policy=json.dumps(policy))

    assert configured(clients, "resource_policy") == {"Settings": {"resource_policy": "applied"}, "Failure": ""}
    assert json.loads(clients.dynamodb.get_resource_policy(ResourceArn=TARGET_ARN)["Policy"]) == {
        "Resource": [TARGET_ARN, f"{TARGET_ARN}/index/*"],
        "Condition": others,
    }


def test_what_the_source_does_not_have_is_absent(clients: Clients) -> None:
    make(clients, "orders")
    make(clients, TARGET)
    settings = ("tags", "time_to_live", "stream", "deletion_protection", "table_class", "point_in_time_recovery")

    output = configured(clients, *settings)

    assert output == {"Settings": dict.fromkeys(output["Settings"], "absent at the source"), "Failure": ""}
    assert set(output["Settings"]) == set(settings)


def test_a_setting_that_fails_does_not_keep_the_others_back(clients: Clients) -> None:
    make(clients, TARGET)

    output = configured(clients, "tags", "time_to_live", "stream")

    gone = "failed: SettingsNotApplied: the table orders is gone, and its backup does not record it"
    assert output["Settings"] == dict.fromkeys(("tags", "time_to_live", "stream"), gone)
    assert output["Failure"] == f"tags {gone}; time_to_live {gone}; stream {gone}"


def test_where_the_source_is_gone_a_native_backup_tells_of_stream_and_time_to_live(clients: Clients) -> None:
    backup = {
        "BackupDescription": {
            "SourceTableFeatureDetails": {
                "StreamDescription": STREAM,
                "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"},
            }
        }
    }
    rotation = invocation()
    rotation["State"]["CarryOver"] = ["stream", "time_to_live"]
    with Stubber(clients.dynamodb) as stub:
        stub.add_response("describe_table", {"Table": {"TableName": TARGET, "StreamSpecification": STREAM}})
        stub.add_client_error("describe_table", "ResourceNotFoundException")
        stub.add_response("describe_backup", backup)
        stub.add_response("describe_time_to_live", {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}})
        stub.add_response(
            "update_time_to_live",
            {},
            {"TableName": TARGET, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"}},
        )
        output = configure_table(rotation, clients)

    assert output["Settings"] == {"time_to_live": "applied", "stream": "applied"}


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [("ResourceInUseException", 400, NotYet), ("InternalServerError", 500, TemporaryFailure)],
)
def test_what_passes_is_waited_for(code: str, status: int, error: type[Exception], clients: Clients) -> None:
    rotation = invocation()
    rotation["State"]["CarryOver"] = ["stream"]
    with Stubber(clients.dynamodb) as stub:
        stub.add_response("describe_table", {"Table": {"TableName": TARGET}})
        stub.add_response("describe_table", {"Table": {"TableName": "orders", "StreamSpecification": STREAM}})
        stub.add_client_error("update_table", code, http_status_code=status)
        with pytest.raises(error):
            configure_table(rotation, clients)
