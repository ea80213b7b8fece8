"""The function of examples/hook, which users take as a pattern for their own."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import boto3
import pytest
from moto import mock_aws

FUNCTION = Path(__file__).parents[2] / "examples/hook/mask_emails.py"
TABLE = "customers-staging-20261123-02-07-00"
EVENT = {"TargetTableName": TABLE}


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The function's module, with a table of two customers and a key."""
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "customer_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "customer_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for customer, address in (("1", "ann@example.com"), ("2", "ben@example.com")):
            boto3.resource("dynamodb").Table(TABLE).put_item(Item={"customer_id": customer, "email": address})
        monkeypatch.setenv("HMAC_KEY_ARN", new_key())
        spec = importlib.util.spec_from_file_location("mask_emails", FUNCTION)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def new_key() -> str:
    return boto3.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]


def addresses() -> dict[str, object]:
    items = boto3.resource("dynamodb").Table(TABLE).scan()["Items"]
    return {str(item["customer_id"]): item.get("email") for item in items}


def test_a_second_run_changes_nothing(function: ModuleType) -> None:
    first = function.handler(EVENT, None)
    masked = addresses()

    assert first == function.handler(EVENT, None) == {"MaskedAddresses": 2}
    assert addresses() == masked
    assert len({*masked.values()}) == 2


def test_an_item_that_is_deleted_meanwhile_stays_away(function: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned = function.items_with_address

    def deleted_after_the_scan(*arguments: object) -> Iterator[object]:
        found = list(scanned(*arguments))
        boto3.resource("dynamodb").Table(TABLE).delete_item(Key={"customer_id": "1"})
        return iter(found)

    monkeypatch.setattr(function, "items_with_address", deleted_after_the_scan)

    assert function.handler(EVENT, None) == {"MaskedAddresses": 1}
    assert addresses().keys() == {"2"}


def test_another_key_makes_other_masks(function: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = function.mask("ann@example.com", function.secret_of_masks())
    assert mask == function.mask("Ann@Example.com", function.secret_of_masks())

    monkeypatch.setenv("HMAC_KEY_ARN", new_key())

    assert mask != function.mask("ann@example.com", function.secret_of_masks())
