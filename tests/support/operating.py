"""The commands of docs/operating.md, as the tests run them."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"


def replayed(dead_letter: dict[str, Any]) -> Any:  # noqa: ANN401 (whatever had been sent to start_workflow)
    """The event that the page makes of a message in a queue, to be passed to `start_workflow` again."""
    if shutil.which("jq") is None:
        pytest.skip("the command needs jq")
    section = PAGE.read_text().split("\n## Replaying a failed notification\n")[1]
    match = re.search(r"^jq '(.+?)' message\.json > event\.json$", section, re.MULTILINE | re.DOTALL)
    assert match, "the command is no longer there"
    received = json.dumps({"Messages": [{"Body": json.dumps(dead_letter)}]})
    jq = subprocess.run(["jq", match[1]], input=received, capture_output=True, text=True, check=True)
    return json.loads(jq.stdout)
