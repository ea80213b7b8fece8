"""From the events of all channels to executions."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from rotator.clients import Clients
from rotator.errors import NotYet, RotationError, RulesCollide, TemporaryFailure, UnreadableEvent
from rotator.rules import Rule
from rotator.settings import WorkflowSettings
from rotator.workflow import start_rotations
from tests.support.machines import settings_with, started

SAMPLES = Path(__file__).parent / "samples"
VAULT_ARN = "arn:aws:backup:us-east-1:637093487455:backup-vault:vault"
NATIVE_ID = "01568804569000-d3306d76"
ADVANCED_ID = "1eb3b5e7-9eb0-435a-a80b-108b488b0d45"
EVERY_TABLE = Rule("staging", ".*", "$0-staging", "/staging/$0")


@pytest.fixture
def settings(clients: Clients) -> WorkflowSettings:
    return settings_with(clients, EVERY_TABLE, vault_arns=(VAULT_ARN,))


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((SAMPLES / name).read_text())
    return event


def samples(decision: str) -> list[str]:
    return [f"{decision}/{file.name}" for file in sorted((SAMPLES / decision).iterdir())]


@pytest.mark.parametrize("name", samples("start"))
def test_a_completed_backup_of_a_table_starts_a_rotation(
    name: str, settings: WorkflowSettings, clients: Clients
) -> None:
    (rotation,) = start_rotations(sample(name), settings, clients)["Rotations"]

    assert rotation["Execution"] in (f"staging-{NATIVE_ID}", f"staging-{ADVANCED_ID}")
    assert rotation["Execution"].removeprefix("staging-") in rotation["RecoveryPoint"]
    assert [*started(settings, clients)] == [rotation["Execution"]]


def test_a_recovery_point_is_rotated_once_through_whatever_channels_it_becomes_known(
    settings: WorkflowSettings, clients: Clients
) -> None:
    start_rotations(sample("start/event-of-a-completed-backup.json"), settings, clients)
    start_rotations(sample("start/completed-advanced-recovery-point.json"), settings, clients)

    assert [*started(settings, clients)] == [f"staging-{ADVANCED_ID}"]


def test_a_rule_with_a_schedule_is_not_rotated_by_a_backup(settings: WorkflowSettings, clients: Clients) -> None:
    weekly = Rule("weekly", ".*", "weekly", schedule={"expression": "rate(7 days)", "timezone": "UTC"})

    start_rotations(
        sample("start/completed-native-recovery-point.json"), replace(settings, rules=(EVERY_TABLE, weekly)), Clients()
    )

    assert [*started(settings, clients)] == [f"staging-{NATIVE_ID}"]


@pytest.mark.parametrize("name", samples("ignore"))
def test_everything_else_is_ignored(name: str, settings: WorkflowSettings, clients: Clients) -> None:
    assert start_rotations(sample(name), settings, clients) == {"Rotations": []}
    assert [*started(settings, clients)] == []


@pytest.mark.parametrize("name", samples("raise"))
def test_a_completed_backup_that_cannot_be_read_raises(name: str, settings: WorkflowSettings, clients: Clients) -> None:
    with pytest.raises(UnreadableEvent):
        start_rotations(sample(name), settings, clients)
    assert [*started(settings, clients)] == []


@pytest.mark.parametrize(
    "event",
    [{"refresh": {"Rule": "staging"}}, {"Sweep": {"Days": 1}}, {"Sweep": {}, "Refresh": {"Rule": "staging"}}, []],
)
def test_an_event_of_no_channel_is_answered_with_what_is_accepted(
    event: Any,  # noqa: ANN401
    settings: WorkflowSettings,
    clients: Clients,
) -> None:
    with pytest.raises(UnreadableEvent) as error:
        start_rotations(event, settings, clients)

    assert '{"Sweep": {}}, and {"Refresh": {"SourceTable": "<name>"}} or {"Refresh": {"Rule"' in str(error.value)
    assert str(error.value).endswith(f"This is something else: {json.dumps(event)}")


def test_the_execution_starts_with_the_state_of_the_contract(settings: WorkflowSettings, clients: Clients) -> None:
    start_rotations(sample("start/completed-native-recovery-point.json"), settings, clients)

    table_arn = "arn:aws:dynamodb:us-east-1:637093487455:table/MyDynamoDBTable"
    assert started(settings, clients)[f"staging-{NATIVE_ID}"] == {
        "BackupSnsMessage": {
            "StatusMessage": "An AWS Backup job was completed successfully.",
            "RecoveryPointArn": f"{table_arn}/backup/01568804569000-d3306d76",
            "BackedUpResourceArn": table_arn,
            "BackupJobID": "5a772b5a-36d5-4a69-9b18-ed2f5213c659",
            "StartTime": "2019-09-02T13:48:52.226Z",
        },
        "SourcePattern": ".*",
        "ReplacementPattern": "$0-staging",
        "SSMParameterName": "/staging/$0",
        "Rule": "staging",
        "RecoveryPointKind": "native",
        "TargetTableName": "MyDynamoDBTable-staging-20190902-13-48-52",
        "TargetParameterName": "/staging/MyDynamoDBTable",
        "AdoptParameter": False,
        "ParameterValue": "arn",
        "Restore": {},
        "CarryOver": [],
        "Tags": {},
        "BeforeSwitch": "",
        "Verify": True,
        "Keep": 0,
    }


def test_the_execution_starts_with_all_that_the_rule_asks_for(settings: WorkflowSettings, clients: Clients) -> None:
    rule = Rule(
        "staging",
        ".*",
        "$0-staging",
        restore={
            "billing_mode": "PROVISIONED",
            "read_capacity_units": 5,
            "write_capacity_units": 1,
            "encryption": "AWS_MANAGED",
            "excluded_indexes": ["b", "a"],
        },
        carry_over=["tags", "stream"],
        tags={"team": "a"},
        before_switch="arn:aws:lambda:us-east-1:123456789012:function:mask",
        verify=False,
        keep=3,
    )

    start_rotations(
        sample("start/completed-native-recovery-point.json"),
        replace(settings, rules=(rule,)),
        Clients(),
    )

    state = started(settings, clients)[f"staging-{NATIVE_ID}"]
    assert {key: state[key] for key in ("Restore", "CarryOver", "Tags", "BeforeSwitch", "Verify", "Keep")} == {
        "Restore": {
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 1},
            "Encryption": "AWS_MANAGED",
            "ExcludedIndexes": ["a", "b"],
        },
        "CarryOver": ["stream", "tags"],
        "Tags": {"team": "a"},
        "BeforeSwitch": "arn:aws:lambda:us-east-1:123456789012:function:mask",
        "Verify": False,
        "Keep": 3,
    }


def test_each_matching_rule_starts_its_own_rotation(settings: WorkflowSettings, clients: Clients) -> None:
    rules = (
        Rule("reporting", "^My", "Reporting"),
        Rule("other", "^Other", "x"),
        Rule("staging", "Table$", "Staging"),
    )

    start_rotations(
        sample("start/completed-native-recovery-point.json"),
        replace(settings, rules=rules),
        Clients(),
    )

    assert sorted([*started(settings, clients)]) == [f"reporting-{NATIVE_ID}", f"staging-{NATIVE_ID}"]


def test_the_state_holds_the_vault_where_the_channel_tells(settings: WorkflowSettings, clients: Clients) -> None:
    start_rotations(sample("start/event-of-a-completed-backup.json"), settings, clients)

    state = started(settings, clients)[f"staging-{ADVANCED_ID}"]
    assert state["BackupVaultArn"] == VAULT_ARN
    assert state["BackupSnsMessage"] == {
        "StatusMessage": "",
        "RecoveryPointArn": f"arn:aws:backup:us-east-1:637093487455:recovery-point:{ADVANCED_ID}",
        "BackedUpResourceArn": "arn:aws:dynamodb:us-east-1:637093487455:table/MyDynamoDBTable",
        "BackupJobID": "5a772b5a-36d5-4a69-9b18-ed2f5213c659",
        "StartTime": "2019-09-02T13:48:52.226Z",
    }


def test_the_restore_cost_is_known_where_the_channel_tells_the_size(
    settings: WorkflowSettings, clients: Clients
) -> None:
    event = sample("start/event-of-a-completed-backup.json")
    event["detail"]["backupSizeInBytes"] = str(2**30)
    notification = sample("start/completed-native-recovery-point.json")

    (by_event,) = start_rotations(event, settings, clients)["Rotations"]
    (by_notification,) = start_rotations(notification, settings, clients)["Rotations"]

    assert (by_event["SizeBytes"], by_event["RestoreCost"]) == (2**30, 0.15)
    assert (by_notification["SizeBytes"], by_notification["RestoreCost"]) == (None, None)


OURS = "123456789012"
COPY = "MyDynamoDBTable-20261122-02-07-00"


def backup_of(table: str) -> dict[str, Any]:
    text = json.dumps(sample("start/completed-native-recovery-point.json"))
    event: dict[str, Any] = json.loads(text.replace("MyDynamoDBTable", table))
    return event


@pytest.mark.parametrize(
    ("table", "account", "tags", "starts"),
    [
        # Of any instance of the module, whatever the new name would be.
        (COPY, OURS, {"backup-dynamodb-rotator:module": "another"}, False),
        (COPY, OURS, {"team": "a"}, True),
        # It is gone, so that its tags cannot be read.
        (COPY, OURS, None, False),
        # Its tags cannot be read from here.
        (COPY, "637093487455", {"team": "a"}, False),
        ("orders-2024", OURS, {"backup-dynamodb-rotator:module": "another"}, True),
        (f"{COPY}-archive", OURS, None, True),
    ],
)
def test_a_copy_is_not_rotated_itself(
    table: str,
    account: str,
    tags: dict[str, str] | None,
    starts: bool,
    settings: WorkflowSettings,
    clients: Clients,
) -> None:
    calls: list[str] = []
    clients.dynamodb.meta.events.register("before-call.dynamodb.*", lambda model, **_: calls.append(model.name))
    if tags is not None:
        boto3.client("dynamodb").create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
    event = json.loads(json.dumps(backup_of(table)).replace("637093487455", account))
    rules = (Rule("staging", "-[0-9-]+$", "-staging"), Rule("development", ".*", "$0-development"))

    start_rotations(event, replace(settings, rules=rules), clients)

    assert bool([*started(settings, clients)]) is starts
    assert calls == (["ListTagsOfResource"] if (table, account) == (COPY, OURS) else [])


def answer_about_tags(clients: Clients, code: str, status: int) -> None:
    """What AWS answers whenever the tags of a table are read."""
    response = SimpleNamespace(status_code=status)
    parsed = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    events: Any = clients.dynamodb.meta.events
    events.register("before-call.dynamodb.ListTagsOfResource", lambda **_: (response, parsed))


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [("ThrottlingException", 400, NotYet), ("InternalServerError", 500, TemporaryFailure)],
)
def test_what_passes_does_not_decide_whether_a_table_is_a_copy(
    code: str, status: int, error: type[RotationError], settings: WorkflowSettings, clients: Clients
) -> None:
    """Lambda retries the notification, and keeps it in the end. The others of the same event are not held up."""
    answer_about_tags(clients, code, status)
    event = json.loads(json.dumps(backup_of(COPY)).replace("637093487455", OURS))
    event["Records"] += sample("start/completed-advanced-recovery-point.json")["Records"]

    with pytest.raises(error, match=code):
        start_rotations(event, settings, clients)

    assert [*started(settings, clients)] == [f"staging-{ADVANCED_ID}"]


def test_where_access_to_its_tags_is_denied_a_table_with_the_name_of_a_copy_is_one(
    settings: WorkflowSettings, clients: Clients
) -> None:
    answer_about_tags(clients, "AccessDeniedException", 400)
    event = json.loads(json.dumps(backup_of(COPY)).replace("637093487455", OURS))

    assert start_rotations(event, settings, clients) == {"Rotations": []}


@pytest.mark.parametrize(
    ("pattern", "other_pattern", "parameter", "problem"),
    [
        ("${1}-stg", "$1-stg", (None, None), "the table MyDynamoDBTable-stg-20190902-13-48-52"),
        ("a", "b", ("/p/$1", "/p/MyDynamoDBTable"), "the parameter /p/MyDynamoDBTable"),
    ],
)
def test_rules_that_lead_to_the_same_table_or_parameter_start_nothing(
    pattern: str,
    other_pattern: str,
    parameter: tuple[str | None, str | None],
    problem: str,
    settings: WorkflowSettings,
    clients: Clients,
) -> None:
    rules = (
        Rule("one", "^(.+)$", pattern, parameter[0]),
        Rule("reporting", ".*", "reporting"),
        Rule("two", "^(.*)$", other_pattern, parameter[1]),
    )

    with pytest.raises(RulesCollide, match=f"The rules one, two all lead to {problem} for a backup of MyDynamoDBTable"):
        start_rotations(
            backup_of("MyDynamoDBTable"),
            replace(settings, rules=rules),
            Clients(),
        )

    assert [*started(settings, clients)] == [f"reporting-{NATIVE_ID}"]


def test_a_notification_delivered_again_after_the_end_is_ignored(settings: WorkflowSettings, clients: Clients) -> None:
    event = sample("start/completed-native-recovery-point.json")
    start_rotations(event, settings, clients)
    clients.stepfunctions.stop_execution(
        executionArn=f"{settings.state_machine_arn.replace('stateMachine', 'execution')}:staging-{NATIVE_ID}"
    )

    (rotation,) = start_rotations(event, settings, clients)["Rotations"]

    assert rotation["Execution"] == f"staging-{NATIVE_ID}"
    assert [*started(settings, clients)] == [f"staging-{NATIVE_ID}"]


def test_an_unreadable_notification_does_not_hold_up_the_others(settings: WorkflowSettings, clients: Clients) -> None:
    records = [
        *sample("raise/completed-dynamodb-table-in-an-unknown-text.json")["Records"],
        *sample("start/completed-native-recovery-point.json")["Records"],
    ]

    with pytest.raises(UnreadableEvent, match="is complete"):
        start_rotations({"Records": records}, settings, clients)

    assert [*started(settings, clients)] == [f"staging-{NATIVE_ID}"]


def test_an_error_leaves_room_for_a_large_notification_in_the_record_of_its_failure(
    settings: WorkflowSettings, clients: Clients
) -> None:
    event = sample("raise/completed-dynamodb-table-in-an-unknown-text.json")
    event["Records"][0]["Sns"]["Message"] *= 2000

    with pytest.raises(UnreadableEvent) as raised:
        start_rotations(event, settings, clients)

    assert len(str(raised.value)) < 500
    assert "(" in str(raised.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["Records", "Sns", "Message"]), inner),
)


COMPLETED = st.fixed_dictionaries(
    {"state": st.just("COMPLETED"), "resourceType": st.just("DynamoDB")},
    optional={
        "backupVaultArn": st.just(VAULT_ARN) | JSON,
        "resourceArn": st.just("arn:aws:dynamodb:us-east-1:123456789012:table/orders") | JSON,
        "creationDate": JSON,
        "backupSizeInBytes": JSON,
    },
)


@given(
    event=JSON
    | JSON.map(lambda inner: {"Records": [{"Sns": inner}]})
    | st.fixed_dictionaries(
        {
            "source": st.just("aws.backup"),
            "detail-type": st.just("Backup Job State Change"),
            "detail": COMPLETED | JSON,
            "resources": JSON | st.lists(st.text()),
        }
    )
)
def test_any_malformed_event_is_reported_as_unreadable(event: Any) -> None:  # noqa: ANN401
    settings = WorkflowSettings(
        rules=(EVERY_TABLE,),
        state_machine_arn="arn:aws:states:us-east-1:123456789012:stateMachine:x",
        backup_vault_arns=(VAULT_ARN,),
        search_all_vaults=False,
        sweep_days=7,
    )
    with mock_aws():
        try:
            answer = start_rotations(event, settings, Clients())
        except UnreadableEvent:
            return
        assert answer == {"Rotations": []}
