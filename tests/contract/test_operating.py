"""The commands that docs/operating.md gives to find what was left behind, run with answers of AWS."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"
NAME = "backup-dynamodb-rotator"

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="the commands need jq")


def copy(name: str, module: str, rule: str) -> dict[str, object]:
    tags = {"team": "orders", f"{NAME}:module": module, f"{NAME}:rule": rule}
    return {
        "ResourceARN": f"arn:aws:dynamodb:us-east-1:123456789012:table/{name}",
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


ANSWERS = {
    "resourcegroupstaggingapi get-resources": {
        "ResourceTagMappingList": [
            copy("orders-staging-20261123-02-07-00", NAME, "staging"),
            copy("orders-gone-20261123-02-07-00", NAME, "gone"),
            copy("orders-other-20261123-02-07-00", "another", "staging"),
        ]
    },
    "dynamodb list-tables": {
        "TableNames": [
            "orders",
            "orders-2026",
            "orders-gone-20261123-02-07-00",
            "orders-left-20261123-02-07-00",
            "orders-other-20261123-02-07-00",
            "orders-staging-20261123-02-07-00",
        ]
    },
    "ssm describe-parameters": {
        "Parameters": [
            {"Name": "/other", "Description": "Something else"},
            {"Name": "/bare"},
            {
                "Name": "/staging/orders/table-arn",
                "Description": "Copy of arn:aws:dynamodb:..., from the backup of ...",
            },
        ]
    },
}


@pytest.fixture
def printed(tmp_path: Path) -> list[list[str]]:
    """The lines that each block of commands prints, in order, as a shell runs it whose `aws` gives these answers."""
    (tmp_path / "answers").mkdir()
    for command, answer in ANSWERS.items():
        (tmp_path / "answers" / command).write_text(json.dumps(answer))
    aws = tmp_path / "aws"
    aws.write_text('#!/bin/sh\ncat "answers/$1 $2"\n')
    aws.chmod(0o755)
    section = PAGE.read_text().split("\n## Finding what was left behind\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    return [
        subprocess.run(
            ["sh", "-ec", block], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        ).stdout.splitlines()
        for block in blocks
    ]


def test_what_was_left_behind_is_found(printed: list[list[str]]) -> None:
    copies, without_rule, without_tags, parameters = printed

    assert [line.split("\t")[:2] for line in copies] == [[NAME, "staging"], [NAME, "gone"], ["another", "staging"]]
    assert [arn.split("/")[1] for arn in without_rule] == [
        "orders-gone-20261123-02-07-00",
        "orders-other-20261123-02-07-00",
    ]
    assert without_tags == ["orders-left-20261123-02-07-00"]
    assert parameters == ["/staging/orders/table-arn"]


def test_what_starts_rotations_is_destroyed_first() -> None:
    root = PAGE.parents[1]
    section = PAGE.read_text().split("\n## Tearing down\n")[1].split("\n## ")[0]
    (target,) = re.findall(r"-target module\.rotator\.(\S+)", section)
    resources = [block for file in root.glob("*.tf") for block in re.split(r"\n(?=resource )", file.read_text())]
    channels = [block for block in resources if 'aws_lambda_function.this["start_workflow"].arn' in block]

    assert len(channels) == 3
    assert [block for block in channels if target not in block] == []
