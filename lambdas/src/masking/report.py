"""The dry run: which paths and types are in a table."""

from masking.allowance import Allowance
from masking.items import leaves
from masking.methods import Item
from masking.paths import text_of
from masking.scanning import for_each_page
from masking.state import ReportCounts, Segment
from masking.work import AnySegment, Work

MOST_PATHS = 500


def report_attributes(segment: AnySegment, work: Work) -> Segment[ReportCounts]:
    """Counts the values of each type by path. Writes nothing."""
    counts: ReportCounts = segment["Counts"] or {"ItemsScanned": 0, "Attributes": {}, "Truncated": False}
    attributes = counts["Attributes"]
    # What a path takes for each type that it has.
    allowance = Allowance(segment["Of"], (path for path, types in attributes.items() for _ in types))

    def has_room(path: str) -> bool:
        return (path in attributes or len(attributes) < MOST_PATHS) and allowance.has_room_for(path)

    def count(items: list[Item]) -> None:
        for path, kind in (leaf for item in items for leaf in leaves(item)):
            text = text_of(path)
            types = attributes.get(text, {})
            if kind in types or (not counts["Truncated"] and has_room(text)):
                attributes.setdefault(text, types)[kind] = types.get(kind, 0) + 1
            else:
                counts["Truncated"] = True
        counts["ItemsScanned"] += len(items)

    return {**for_each_page(segment, work, count), "Counts": counts}
