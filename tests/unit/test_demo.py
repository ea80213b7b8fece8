"""What `make demo` prints, and what it does not let pass."""

import json
import re
import sys
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from demo.__main__ import main
from demo.example import PromiseBroken
from demo.rotation import RotationError, follow
from demo.store import CUSTOMERS, Store, check_masks, side_by_side
from demo.terminal import Terminal
from demo.walkthrough import shell_variables

COPY = "store-staging-20261129-02-07-00"


def masked_items() -> dict[str, dict[str, Any]]:
    """The items of the example, by id, as masking leaves them."""
    items = {}
    for item in Store().items():
        number = [email for _, _, email, *_ in CUSTOMERS].index(item["email"])
        mask = f"{number + 1:012}@example.invalid"
        masked = item | {"pk": f"CUSTOMER#{mask}", "email": mask}
        if "name" in item:
            masked |= {"name": "masked-0123456789abcdef", "phone": "1" * len(item["phone"])}
            masked["address"] = item["address"] | {"street": "redacted"}
        else:
            masked["items"] = [{"article": "A-100"}]
        items[item["id"]] = masked
    return items


def test_either_version_of_the_aws_cli_finds_endpoint_and_region() -> None:
    variables = dict(re.findall(r"(AWS_\w+)=(\S+)", shell_variables("http://127.0.0.1:4566", "eu-central-1")))

    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert (variables["AWS_REGION"], variables["AWS_DEFAULT_REGION"]) == ("eu-central-1", "eu-central-1")
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= variables.keys()


def test_an_unknown_example_is_refused_with_the_choices(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["demo", "--example", "mask"])

    assert main() == 2
    assert (
        capsys.readouterr().err == "demo: there is no demo of an example mask; use EXAMPLE=basic or EXAMPLE=masking\n"
    )


def test_items_before_and_after_fit_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    items, masked = Store().items(), masked_items()

    Terminal().table(side_by_side(items, masked, "store-production", COPY), ("", "store-production", COPY))

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert "    pk                CUSTOMER#amara.okafor@example.com  CUSTOMER#000000000001@example.invalid" in lines
    assert "    items[0].note     Please ring twice, Amara           (removed)" in lines
    assert lines.count("") == len(items) - 1


def test_masked_items_are_as_promised() -> None:
    check_masks(Store().items(), masked_items())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"C-17": {"name": "Amara Okafor"}}, "still has Amara Okafor"),
        ({"1001": {"items": [{"note": "Please ring twice, Amara"}]}}, "still has Please ring twice"),
        ({"C-17": {"email": "000000000003@example.invalid"}}, "the key of C-17"),
        ({"C-17": {"email": "masked", "pk": "CUSTOMER#masked"}}, "the key of C-17"),
        (
            {"1001": {"email": "000000000003@example.invalid", "pk": "CUSTOMER#000000000003@example.invalid"}},
            "another mask than the other item",
        ),
        (
            {
                name: {"email": "000000000001@example.invalid", "pk": "CUSTOMER#000000000001@example.invalid"}
                for name in ("C-23", "1002")
            },
            "two customers have the same mask",
        ),
    ],
)
def test_a_promise_that_the_copy_breaks_is_noticed(change: dict[str, dict[str, object]], complaint: str) -> None:
    masked = {name: item | change.get(name, {}) for name, item in masked_items().items()}

    with pytest.raises(PromiseBroken, match=complaint):
        check_masks(Store().items(), masked)


def test_the_failure_of_a_hook_is_shown_in_its_own_words() -> None:
    of_function = json.dumps({"errorMessage": "orders is not a copy", "errorType": "NotACopy"})
    of_hook = json.dumps({"ExecutionArn": "arn:of-the-hook", "Error": "NotACopy", "Cause": of_function})
    execution = {"executionArn": "arn:of-the-rotation", "stateMachineArn": "arn", "startDate": datetime.now(UTC)}
    step_functions = boto3.client("stepfunctions")

    with Stubber(step_functions) as answers:
        failed = {"status": "FAILED", "error": "States.TaskFailed", "cause": of_hook}
        answers.add_response("describe_execution", execution | failed)
        answers.add_response("get_execution_history", {"events": []})
        with pytest.raises(RotationError) as raised:
            list(follow(step_functions, "arn:of-the-rotation"))

    assert str(raised.value) == "the rotation is FAILED: States.TaskFailed: NotACopy: orders is not a copy"
