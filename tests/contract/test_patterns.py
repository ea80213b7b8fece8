"""Python interprets every pattern that Terraform accepts in the same way.

`terraform console` is the reference: it is written in Go, and evaluates patterns and references as a plan does.
"""

import json
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from rotator.references import replace_all

PATTERNS = Path(__file__).parents[2] / "modules/rule/patterns.tf"
SEED = 20261123

NAMES = ["orders-production", "aaa", "ab", "a-b.c_D-9", "AbBa-12-prod", "b", "production.production", "-_.", "bab-ab"]

# The whole match, each group, a group that does not exist, and a reference that only begins with the name of a group.
TEMPLATE = "<$0|$1|${2}|$3|${n}|$nx|$$>"

ACCEPTED = [
    "(?i)-production$",
    "^(.+)-production$",
    "^(?P<n>[a-z]+)[._-]",
    "",
    ".*",
    "x*",
    "a|",
    "(|a)",
    r"\bprod",
    r"\B",
    "(?:ab)+",
    "(?i:A)b",
    "(?-i:a)",
    "[^a-c.-]",
    "[-a]{2,}?",
    r"[\w.]+?$",
    r"\x61",
    "(a*)?",
    "(?s).",
]
REFUSED = [
    # Only Go supports these.
    "[[:alpha:]]",
    r"a\z",
    r"\Qa\E",
    r"\pL",
    r"\x{61}",
    r"\141",
    "(?U)a",
    "(?<n>a)",
    r"[\d-z]",
    "^*",
    # Only Python supports these.
    "(?=a)",
    "(?<!a)b",
    r"(a)\1",
    r"a\Z",
    "a++",
    "(?x)a",
    # The two interpret these differently.
    "a{,2}",
    "a(?i)b",
    "(?i)a|(?i)b",
    "(a*)*",
    "(|a)+",
    "([^-]*)+",
    "é",
    # Neither accepts these.
    "(a",
    "a)",
    "*",
    "[a",
    "[b-a]",
    "(?P<n>a)(?P<n>b)",
    "a{2,1}",
]


def evaluated_by_terraform(directory: Path, patterns: list[str]) -> list[dict[str, Any]]:
    """For each pattern: whether the module accepts it, and if so, what Go replaces each name with."""
    shutil.copy(PATTERNS, directory)
    (directory / "variables.tf").write_text('variable "source_pattern" {\n  default = ""\n}\n')
    (directory / "patterns.json").write_text(json.dumps(patterns))
    (directory / "names.json").write_text(json.dumps(NAMES))
    (directory / "template.txt").write_text(TEMPLATE)
    expression = """
      jsonencode([for verdict in [for pattern in jsondecode(file("patterns.json")) : {
        pattern = pattern,
        accepted = alltrue([
          can(regex(local.portable_pattern, pattern)),
          can(replace("", "/${pattern}/", "")),
          length(distinct(regexall(local.named_group, pattern))) == length(regexall(local.named_group, pattern)),
        ]),
      }] : {
        accepted = verdict.accepted,
        replaced = [
          for name in verdict.accepted ? jsondecode(file("names.json")) : [] :
          replace(name, "/${verdict.pattern}/", file("template.txt"))
        ],
      }])
    """
    console = subprocess.run(
        ["terraform", f"-chdir={directory}", "console"],
        input=" ".join(expression.split()),
        capture_output=True,
        text=True,
        check=True,
    )
    verdicts: list[dict[str, Any]] = json.loads(json.loads(console.stdout.strip().splitlines()[-1]))
    return verdicts


def replaced_by_python(pattern: str) -> list[str]:
    compiled = re.compile(pattern, re.ASCII)
    return [replace_all(compiled, name, TEMPLATE) for name in NAMES]


def test_common_patterns_are_accepted_and_interpreted_alike(tmp_path: Path) -> None:
    for pattern, verdict in zip(ACCEPTED, evaluated_by_terraform(tmp_path, ACCEPTED), strict=True):
        assert verdict == {"accepted": True, "replaced": replaced_by_python(pattern)}, pattern


def test_patterns_that_the_two_interpret_differently_are_refused(tmp_path: Path) -> None:
    verdicts = evaluated_by_terraform(tmp_path, REFUSED)

    assert [pattern for pattern, verdict in zip(REFUSED, verdicts, strict=True) if verdict["accepted"]] == []


def test_the_error_about_a_lookahead_points_to_exclude_pattern(tmp_path: Path) -> None:
    shutil.copytree(PATTERNS.parent, tmp_path, dirs_exist_ok=True)
    rule = {
        "name": "staging",
        "source_pattern": "^(?!test-).+-production$",
        "replacement_pattern": "staging",
        "ssm_parameter_name": None,
        "region": "us-east-1",
        "account_id": "123456789012",
        "parameters_arn": "arn:aws:ssm:us-east-1:123456789012:parameter",
    }
    (tmp_path / "terraform.tfvars.json").write_text(json.dumps(rule))
    plan = subprocess.run(
        ["terraform", f"-chdir={tmp_path}", "plan", "-no-color"], capture_output=True, text=True, check=False
    )

    message = " ".join(plan.stderr.split())
    assert "which has a lookahead or a lookbehind" in message
    assert "what it must not match in exclude_pattern" in message


ATOMS = [
    *["a", "b", "A", "-", "_", ".", "]", "{", "[a-b]", "[^a]", "[ab-]", "[]a]", "[\\d-b]", "[a&&b]", "[[:alpha:]]"],
    *[
        "\\d",
        "\\W",
        "\\.",
        "\\-",
        "\\x61",
        "\\1",
        "\\pL",
        "(?i)",
        "^",
        "$",
        "\\b",
        "\\B",
        "\\A",
        "\\z",
        "\\Z",
        "\\Qa",
        "",
    ],
]
QUANTIFIERS = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,}", "{0,2}?", "{,2}", "++"]
GROUPS = ["(", "(", "(?:", "(?P<n>", "(?i:", "(?-s:", "(?<n>", "(?="]


def random_pattern(chance: random.Random, depth: int) -> str:
    pattern = ""
    for _ in range(chance.randint(1, 3)):
        if depth and chance.random() < 0.5:
            pattern += chance.choice(GROUPS) + random_pattern(chance, depth - 1) + ")"
        else:
            pattern += chance.choice(ATOMS)
        if chance.random() < 0.5:
            pattern += chance.choice(QUANTIFIERS)
        if chance.random() < 0.2:
            pattern += "|"
    return pattern


def test_whatever_is_accepted_agrees(tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311
    patterns = sorted({random_pattern(chance, depth=2) for _ in range(20_000)})

    verdicts = zip(patterns, evaluated_by_terraform(tmp_path, patterns), strict=True)
    accepted = {pattern: verdict["replaced"] for pattern, verdict in verdicts if verdict["accepted"]}
    assert len(accepted) > 1_000
    for pattern, replaced in accepted.items():
        assert replaced == replaced_by_python(pattern), pattern
