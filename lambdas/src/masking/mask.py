"""Masks the items of a segment, where they are or under a new key."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from masking.allowance import Allowance
from masking.items import Changes, changes_of, unlisted
from masking.methods import Item
from masking.paths import text_of
from masking.scanning import for_each_page
from masking.state import MaskCounts, Segment
from masking.work import AnySegment, Work
from masking.writing import write_masked

# Most of the time of a write is spent waiting for DynamoDB. More threads would wait for the one CPU instead, and a
# client keeps ten connections.
WRITERS = 8

# A rotation that fails lists what is to be added to the rules. More would not be read.
_MOST_UNLISTED = 100


def mask_segment(segment: AnySegment, work: Work) -> Segment[MaskCounts]:
    """Masks as many pages as the time allows. Those that are masked already are not written.

    Raises `UnsupportedType` before it writes any item of the page, and `KeysCollide`.
    """
    counts: MaskCounts = segment["Counts"] or {
        "ItemsScanned": 0,
        "ItemsChanged": 0,
        "WriteUnits": 0,
        "Unlisted": [],
    }
    lock = Lock()

    def write(changed: tuple[Item, Changes]) -> None:
        written = write_masked(*changed, segment["Table"], work)
        with lock:
            counts["ItemsChanged"] += written.changed
            counts["WriteUnits"] += written.write_units

    def mask(items: list[Item]) -> None:
        changed = [(item, changes) for item in items if (changes := changes_of(item, work.settings.rules, work.keys))]
        for _ in writers.map(write, changed):
            pass
        counts["ItemsScanned"] += len(items)
        if work.settings.all_listed:
            _list_unlisted(items, counts, segment, work)

    with ThreadPoolExecutor(WRITERS) as writers:
        result = for_each_page(segment, work, mask)
    return {**result, "Counts": counts}


def _list_unlisted(items: list[Item], counts: MaskCounts, segment: AnySegment, work: Work) -> None:
    allowance = Allowance(segment["Of"], counts["Unlisted"])
    for path in {path for item in items for path in unlisted(item, work.settings.rules)}:
        text = text_of(path)
        if text not in counts["Unlisted"] and len(counts["Unlisted"]) < _MOST_UNLISTED and allowance.has_room_for(text):
            counts["Unlisted"].append(text)
