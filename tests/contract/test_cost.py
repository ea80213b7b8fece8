"""What docs/cost.md says is what the benchmark counts, and what the code reckons with."""

import re
import subprocess
import sys
from pathlib import Path

from rotator.channels.request import PRICE_PER_GB

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cost.md").read_text()


def test_a_rotation_has_the_transitions_that_the_benchmark_counts() -> None:
    rows = re.findall(r"^\| (\d+ \w+) \| (\d+) \| about (\d+) \|$", PAGE, re.MULTILINE)
    simulation = subprocess.run(
        [sys.executable, ROOT / "benchmarks/polling.py"], capture_output=True, text=True, check=True
    )
    counted = re.findall(r"^ +(\d+ \w+) +\d+ s +(\d+) +\d+ +(\d+) +\d+$", simulation.stdout, re.MULTILINE)

    assert len(rows) == 4
    assert {*rows} <= {(length, polls, str(5 * round(int(transitions) / 5))) for length, polls, transitions in counted}


def test_each_price_can_be_looked_up_on_a_page_of_aws() -> None:
    pages = re.findall(r"\[([\w -]+)\]\(https://aws\.amazon\.com/[a-z-]+/pricing/\)", PAGE)
    services = re.findall(r"^\| ([A-Z][\w -]+) \| \$", PAGE, re.MULTILINE)

    assert len(services) > 1
    assert [service for service in services if not service.startswith(tuple(pages))] == []


def test_masking_reckons_with_the_prices_of_the_page() -> None:
    readme = (ROOT / "modules" / "masking" / "README.md").read_text()
    (sentence,) = re.findall(r"^With prices of us-east-1 .*$", readme, re.MULTILINE)

    prices = re.findall(r"\$[\d.]*\d", sentence)
    assert len(prices) > 1
    assert [price for price in prices if not re.search(rf"{re.escape(price)}(?![\d.]*\d)", PAGE)] == []


def test_dry_runs_and_dashboard_have_the_prices_of_the_page() -> None:
    restoring = re.search(r"^\| restoring \| \$([\d.]+) per GB \|", PAGE, re.MULTILINE)
    storing = re.search(r"^\| storage, table class `STANDARD` \| \$([\d.]+) per GB and month \|", PAGE, re.MULTILINE)
    dashboard = dict(re.findall(r"^  (\w+)_price += ([\d.]+)$", (ROOT / "dashboard.tf").read_text(), re.MULTILINE))

    assert restoring
    assert storing
    assert dashboard == {"restore": restoring[1], "storage": storing[1]}
    assert float(restoring[1]) == PRICE_PER_GB
