"""Functions of this version serve executions of modules/masking that were started with an earlier definition.

See test_running_executions.py. `recorded_masking` holds what the state machine passed to a function, and what it
selected from the result. Add a recording when a shape changes; never change one.
"""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from masking import work
from masking.check import check_table
from masking.keys import Keys
from masking.marks import remove_marks
from masking.mask import mask_segment
from masking.proof import verify_segment
from masking.report import report_attributes
from masking.rules import Rules
from masking.settings import MaskingSettings
from masking.summary import summarize
from masking.time_limit import TimeLimit
from rotator.clients import Clients

RECORDED = sorted((Path(__file__).parent / "recorded_masking").glob("*.json"))
# What the positions in the recordings are sealed with.
SECRET = bytes.fromhex("7942f4eb7d406b97a56ae4b9ef5258d44caccfce8b104a9d80aafe7d3ea04d37")
SETTINGS = MaskingSettings(
    rules=Rules.of({"pk": "email", "name": "hash", "phone": "digits"}), all_listed=False, hmac_key_arn="key", workers=2
)
TABLE = "rotator-test-orders-staging-20261123-02-07-00"


def of_segment(function: Callable[[Any, work.Work], Any]) -> Callable[[Any, Clients], Any]:
    plenty: Any = SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000)
    return lambda segment, clients: function(segment, work.Work(SETTINGS, clients, TimeLimit(plenty)))


FUNCTIONS: dict[str, Callable[[Any, Clients], Any]] = {
    "Check Table": lambda received, clients: check_table(received, SETTINGS, clients),
    "Mask Segment": of_segment(mask_segment),
    "Verify Segment": of_segment(verify_segment),
    "Remove Marks of Segment": of_segment(remove_marks),
    "Report Segment": of_segment(report_attributes),
    "Summarize": lambda received, _: summarize(received, SETTINGS),
    "Summarize Report": lambda received, _: summarize(received, SETTINGS),
}


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_a_function_serves_an_execution_that_was_started_before_an_upgrade(
    file: Path, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = json.loads(file.read_text())
    monkeypatch.setattr(work, "keys_of", lambda *_: Keys.of(SECRET))
    make_copy(clients)

    output = FUNCTIONS[recorded["StateName"]](recorded["Payload"], clients)

    assert {*recorded["Selected"]} <= {*output}


def test_each_task_of_the_state_machine_is_recorded() -> None:
    assert {json.loads(file.read_text())["StateName"] for file in RECORDED} == {*FUNCTIONS}
    definition = (Path(__file__).parents[2] / "modules/masking/statemachine/mask_table.asl.json").read_text()
    assert {*FUNCTIONS} == {*tasks_in(json.loads(definition))}


def tasks_in(machine: dict[str, Any]) -> list[str]:
    """The names of the tasks of a state machine, in maps as well."""
    found: list[str] = []
    for name, state in machine["States"].items():
        found += [name] if state["Type"] == "Task" else tasks_in(state.get("ItemProcessor", {"States": {}}))
    return found


def make_copy(clients: Clients) -> None:
    dynamodb = clients.dynamodb
    table = dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]
    identifier = dynamodb.describe_table(TableName=TABLE)["Table"]["TableId"]
    tags = {"rotation": "arn:aws:states:us-east-1:123456789012:execution:rotator:staging-1", "table-id": identifier}
    dynamodb.tag_resource(
        ResourceArn=table["TableArn"],
        Tags=[{"Key": f"backup-dynamodb-rotator:{key}", "Value": value} for key, value in tags.items()],
    )
