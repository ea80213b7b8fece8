"""The proof: a second scan, which counts what is masked and what is not."""

from masking.items import found, is_masked
from masking.methods import Item
from masking.scanning import for_each_page
from masking.state import Segment, VerifyCounts
from masking.work import AnySegment, Work


def verify_segment(segment: AnySegment, work: Work) -> Segment[VerifyCounts]:
    """Counts each value that a rule's path leads to, except where the rule keeps it."""
    none = [0] * len(work.settings.rules)
    counts: VerifyCounts = segment["Counts"] or {"ItemsScanned": 0, "Masked": none, "NotMasked": [*none]}

    def count(items: list[Item]) -> None:
        for item in items:
            for rule, value in found(item, work.settings.rules):
                if rule.method != "keep":
                    counted = counts["Masked"] if is_masked(rule, value, item, work.keys) else counts["NotMasked"]
                    counted[rule.number] += 1
        counts["ItemsScanned"] += len(items)

    return {**for_each_page(segment, work, count), "Counts": counts}
