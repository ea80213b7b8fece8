"""What all segments add up to: the output of the execution, unless something is not masked or not listed."""

from collections import Counter, defaultdict

from masking.errors import NotMasked, UnlistedAttributes
from masking.rules import Rules
from masking.settings import MaskingSettings
from masking.state import MaskCounts, Report, ReportCounts, Segment, SummarizeInput, Summary, VerifyCounts
from rotator.logs import logger
from rotator.wording import listed

# A redrive of this execution would find the same counts.
_AGAIN = "Then redrive the rotation, which starts a new execution of this state machine, or start one yourself."


def summarize(received: SummarizeInput, settings: MaskingSettings) -> Summary | Report:
    """Raises `SettingsChanged`, `NotMasked` and `UnlistedAttributes`."""
    if "Reported" in received:
        report = _report(received["Reported"])
        logger.info(
            "Attributes reported",
            table=report["TableName"],
            items_scanned=report["ItemsScanned"],
            paths=len(report["Attributes"]),
        )
        return report
    # All of them have the same.
    settings.check_unchanged(received["Masked"][0])
    summary = _summary(received["Masked"], received["Verified"], settings.rules)
    logger.info(
        "Table masked",
        table=summary["TableName"],
        items_scanned=summary["ItemsScanned"],
        items_changed=summary["ItemsChanged"],
        write_units=summary["WriteUnits"],
    )
    return summary


def _summary(masked: list[Segment[MaskCounts]], verified: list[Segment[VerifyCounts]], rules: Rules) -> Summary:
    table = masked[0]["Table"]["Name"]
    _check_all_listed([*masked, *verified], table)
    _check_all_masked(verified, table, rules)
    return {
        "TableName": table,
        # A mask finds an item that it moved again, under the new key. The proof finds each once.
        "ItemsScanned": sum(segment["Counts"]["ItemsScanned"] for segment in verified),
        "ItemsChanged": sum(segment["Counts"]["ItemsChanged"] for segment in masked),
        "WriteUnits": sum(segment["Counts"]["WriteUnits"] for segment in masked),
        "Attributes": {
            rule.text: {
                "Method": rule.method,
                "Masked": sum(segment["Counts"]["Masked"][rule.number] for segment in verified),
            }
            for rule in rules.in_order
        },
    }


def _check_all_listed(segments: list[Segment[MaskCounts] | Segment[VerifyCounts]], table: str) -> None:
    # Executions that were started with an earlier version have the list in the other half of them, or in none.
    unlisted = {path for segment in segments for path in segment["Counts"].get("Unlisted", [])}
    if unlisted:
        raise UnlistedAttributes(
            f"{table} has attributes that no rule lists: {listed(unlisted)}. A dry run reports all. Add each to "
            f'attributes, with keep where it may stay as it is, or set unlisted = "keep". {_AGAIN}'
        )


def _check_all_masked(verified: list[Segment[VerifyCounts]], table: str, rules: Rules) -> None:
    not_masked = [
        f"{rule.text} ({count})"
        for rule in rules.in_order
        if (count := sum(segment["Counts"]["NotMasked"][rule.number] for segment in verified))
    ]
    if not_masked:
        raise NotMasked(
            f"{table} has values that are not masked, in {listed(not_masked)}. Something writes to the table while "
            f"it is masked. Stop that. {_AGAIN}"
        )


def _report(reported: list[Segment[ReportCounts]]) -> Report:
    attributes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for segment in reported:
        for path, types in segment["Counts"]["Attributes"].items():
            attributes[path].update(types)
    report: Report = {
        "TableName": reported[0]["Table"]["Name"],
        "ItemsScanned": sum(segment["Counts"]["ItemsScanned"] for segment in reported),
        "Attributes": {path: dict(sorted(types.items())) for path, types in sorted(attributes.items())},
    }
    if any(segment["Counts"]["Truncated"] for segment in reported):
        report["Truncated"] = True
    return report
