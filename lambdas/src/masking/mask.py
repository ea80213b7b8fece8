"""Masks the items of a segment, where they are or under a new key."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from masking.items import Changes, changes_of
from masking.methods import Item
from masking.scanning import for_each_page
from masking.state import MaskCounts, Segment
from masking.work import AnySegment, Work
from masking.writing import write_masked

# Most of the time of a write is spent waiting for DynamoDB. More threads would wait for the one CPU instead, and a
# client keeps ten connections.
WRITERS = 8


def mask_segment(segment: AnySegment, work: Work) -> Segment[MaskCounts]:
    """Masks as many pages as the time allows. Those that are masked already are not written.

    Raises `SettingsChanged`, `UnsupportedType` before it writes any item of the page, and `KeysCollide`.
    """
    work.settings.check_unchanged(segment)
    counts: MaskCounts = segment["Counts"] or {"ItemsScanned": 0, "ItemsChanged": 0, "WriteUnits": 0}
    lock = Lock()

    def write(changed: tuple[Item, Changes]) -> None:
        units = write_masked(*changed, segment["Table"], work)
        if units is None:
            return
        with lock:
            counts["ItemsChanged"] += 1
            counts["WriteUnits"] += units

    def mask(items: list[Item]) -> None:
        changed = [
            (item, changes)
            for item in items
            if (changes := changes_of(item, work.settings.rules, work.keys, segment["Table"]["Name"]))
        ]
        for _ in writers.map(write, changed):
            pass
        counts["ItemsScanned"] += len(items)

    with ThreadPoolExecutor(WRITERS) as writers:
        result = for_each_page(segment, work, mask)
    return {**result, "Counts": counts}
