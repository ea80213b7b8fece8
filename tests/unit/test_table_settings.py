"""The settings that a rule asks for, where the end-to-end tests cannot show them."""

import json
from typing import Any

import pytest
from botocore.stub import Stubber

from rotator.carry_over.settings import carry_over_settings
from rotator.clients import Clients
from rotator.configure.table import configure_table
from rotator.errors import NotYet, SettingsNotApplied, TemporaryFailure
from rotator.state import Invocation
from tests.support.rotations import ELSEWHERE, TABLE_ARN, TARGET, TARGET_ARN, invocation

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


def applied(rotation: Invocation, clients: Clients) -> dict[str, str]:
    """The outcome of each setting, before and after the hook."""
    return configure_table(rotation, clients)["Settings"] | carry_over_settings(rotation, clients)["Settings"]


def carried_over(clients: Clients, *settings: str) -> dict[str, str]:
    rotation = invocation(ADVANCED)
    rotation["State"]["CarryOver"] = list(settings)
    return applied(rotation, clients)


def test_nothing_is_done_where_nothing_is_asked_for(clients: Clients) -> None:
    # Not even the copy has to exist.
    assert carried_over(clients) == {}


def test_a_resource_policy_is_rewritten_for_the_copy_and_leaves_other_tables_alone(clients: Clients) -> None:
    make(clients, "orders")
    make(clients, TARGET)
    others = [f"{TABLE_ARN}-archive", f"{TABLE_ARN}.old", f"{TABLE_ARN}2"]
    policy = {"Resource": [TABLE_ARN, f"{TABLE_ARN}/index/*"], "Condition": others}
    clients.dynamodb.put_resource_policy(ResourceArn=TABLE_ARN, Policy=json.dumps(policy))

    assert carried_over(clients, "resource_policy") == {"resource_policy": "applied"}
    assert json.loads(clients.dynamodb.get_resource_policy(ResourceArn=TARGET_ARN)["Policy"]) == {
        "Resource": [TARGET_ARN, f"{TARGET_ARN}/index/*"],
        "Condition": others,
    }


def test_what_the_source_does_not_have_is_absent(clients: Clients) -> None:
    make(clients, "orders")
    make(clients, TARGET)
    settings = ("time_to_live", "stream", "deletion_protection", "table_class", "point_in_time_recovery")

    assert carried_over(clients, *settings) == dict.fromkeys(settings, "absent at the source")


@pytest.mark.parametrize(
    "settings", [("table_class",), ("time_to_live", "resource_policy", "stream", "deletion_protection")]
)
def test_a_setting_that_fails_does_not_hold_up_the_others(settings: tuple[str, ...], clients: Clients) -> None:
    make(clients, TARGET)

    gone = "failed: SettingsNotApplied: the table orders is gone, and its backup does not record it"
    with pytest.raises(SettingsNotApplied) as raised:
        carried_over(clients, *settings)
    assert str(raised.value) == "; ".join(f"{name} {gone}" for name in settings)


@pytest.mark.parametrize("setting", ["time_to_live", "stream", "table_class"])
def test_nothing_is_carried_over_from_a_table_here_that_has_the_name_of_one_elsewhere(
    setting: str, clients: Clients
) -> None:
    make(clients, "orders", StreamSpecification=STREAM)
    make(clients, TARGET)
    rotation = invocation(ADVANCED, source_table_arn=ELSEWHERE)
    rotation["State"]["CarryOver"] = [setting]

    with pytest.raises(SettingsNotApplied, match=f"{setting} failed: .* the table orders belongs to another account"):
        applied(rotation, clients)


@pytest.mark.parametrize(
    ("setting", "before_the_hook"),
    [
        ("table_class", True),
        ("stream", False),
        ("kinesis_destination", False),
        ("point_in_time_recovery", False),
        ("resource_policy", False),
        ("time_to_live", False),
        ("contributor_insights", False),
        ("auto_scaling", False),
        ("deletion_protection", False),
    ],
)
def test_what_lets_data_out_waits_for_the_hook(setting: str, before_the_hook: bool, clients: Clients) -> None:
    """Where the source table is gone, each setting fails, so that it shows which of the two functions tries it."""
    make(clients, TARGET)
    rotation = invocation(ADVANCED)
    rotation["State"]["CarryOver"] = [setting]
    first, second = (
        (configure_table, carry_over_settings) if before_the_hook else (carry_over_settings, configure_table)
    )

    with pytest.raises(SettingsNotApplied, match=setting):
        first(rotation, clients)
    assert second(rotation, clients)["Settings"] == {}


def test_where_the_source_is_gone_a_native_backup_still_has_stream_and_time_to_live(clients: Clients) -> None:
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
        assert applied(rotation, clients) == {"time_to_live": "applied", "stream": "applied"}


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [("ResourceInUseException", 400, NotYet), ("InternalServerError", 500, TemporaryFailure)],
)
def test_what_passes_is_retried(code: str, status: int, error: type[Exception], clients: Clients) -> None:
    rotation = invocation()
    rotation["State"]["CarryOver"] = ["stream"]
    with Stubber(clients.dynamodb) as stub:
        stub.add_response("describe_table", {"Table": {"TableName": TARGET}})
        stub.add_response("describe_table", {"Table": {"TableName": "orders", "StreamSpecification": STREAM}})
        stub.add_client_error("update_table", code, http_status_code=status)
        with pytest.raises(error):
            carry_over_settings(rotation, clients)
