"""The proof: a second scan, which counts what is masked and what is not, and lists what no rule lists."""

from masking.allowance import Allowance
from masking.items import found, is_masked, unlisted
from masking.methods import Item
from masking.paths import text_of
from masking.scanning import for_each_page
from masking.state import Segment, VerifyCounts
from masking.work import AnySegment, Work

# A rotation that fails lists what is to be added to the rules. More would not be read.
_MOST_UNLISTED = 100
_BEGINNING = 200


def verify_segment(segment: AnySegment, work: Work) -> Segment[VerifyCounts]:
    """Counts each value that a rule's path leads to, except where the rule keeps it.

    Where all attributes have to be listed, it lists those that are not. Only a scan that writes nothing finds all of
    them: a page that is read again while it is masked is without the items that have moved to another key.

    Raises `SettingsChanged` and `UnsupportedType`.
    """
    work.settings.check_unchanged(segment)
    none = [0] * len(work.settings.rules)
    counts: VerifyCounts = {
        "ItemsScanned": 0,
        "Masked": none,
        "NotMasked": [*none],
        "Unlisted": [],
        **segment["Counts"],
    }

    def count(items: list[Item]) -> None:
        for item in items:
            for rule, value in found(item, work.settings.rules):
                if rule.method != "keep":
                    proven = is_masked(rule, value, item, work.keys, segment["Table"]["Name"])
                    counts["Masked" if proven else "NotMasked"][rule.number] += 1
        if work.settings.all_listed:
            _list_unlisted(items, counts["Unlisted"], segment, work)
        counts["ItemsScanned"] += len(items)

    return {**for_each_page(segment, work, count), "Counts": counts}


def _list_unlisted(items: list[Item], listed: list[str], segment: AnySegment, work: Work) -> None:
    allowance = Allowance(segment["Of"], listed)
    for path in {path for item in items for path in unlisted(item, work.settings.rules)}:
        text = text_of(path)
        if text not in listed and len(listed) < _MOST_UNLISTED and allowance.has_room_for(text):
            listed.append(text)
        elif not listed:
            # An empty list would pass.
            listed.append(f"{text[:_BEGINNING]}...")
