"""Each command in a README of an example or a module is run by a test, and works with both versions of the AWS CLI."""

import re
from pathlib import Path

import pytest

from tests.support.pages import ROOT, commands

PAGES = [page.relative_to(ROOT) for page in sorted([*ROOT.glob("examples/*/*.md"), *ROOT.glob("modules/*/*.md")])]
SOAK = "\n".join(test.read_text() for test in sorted((ROOT / "tests/soak").glob("test_*.py")))
# What applies an example runs these.
APPLIED = (ROOT / "tests/support/examples.py").read_text()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_each_command_is_run(page: Path) -> None:
    text = (ROOT / page).read_text()
    headings = [heading for heading in re.findall(r"^## (.+)$", text, re.MULTILINE) if commands(str(page), heading)]
    if page.parts[0] == "examples":
        run = [heading for heading in headings if re.search(rf'\.commands\("{heading}"\)', SOAK + APPLIED)]
        assert not headings or f'applied("{page.parts[1]}", ' in SOAK
    else:
        run = [heading for heading in headings if f'commands("{page}", "{heading}")' in SOAK]

    assert run == headings
    assert text.count("```sh\n") == sum(len(commands(str(page), heading)) for heading in headings)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_each_block_names_its_language(page: Path) -> None:
    fences = re.findall(r"^ *```(.*)$", (ROOT / page).read_text(), re.MULTILINE)

    assert {*fences[::2]} <= {"hcl", "json", "sh"}
    assert {*fences[1::2]} <= {""}


def test_both_versions_of_the_aws_cli_accept_each_payload() -> None:
    """Version 2 takes other texts for Base64, unless told by an option that version 1 rejects."""
    files = [
        file for pattern in ("*.md", "[!.]*/**/*.md", "demo/*.py", "lambdas/src/**/*.py") for file in ROOT.glob(pattern)
    ]
    payloads = [found for file in files for found in re.findall(r"--payload\s+(\S+)", file.read_text())]

    assert len(payloads) > 1
    assert [payload for payload in payloads if not payload.startswith("fileb://")] == []
