"""An execution goes by the settings that it began with, or fails."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from masking.errors import SettingsChanged
from masking.mask import mask_segment
from masking.methods import Item
from masking.proof import verify_segment
from masking.rules import Rules
from masking.settings import MaskingSettings
from masking.summary import summarize
from masking.work import AnySegment, Work
from rotator.clients import Clients
from tests.support.masking_work import COPY, items_of, make_table, segment_of, settings_of, work_of

RULES = {"email": "email", "name": "hash"}
ANNA: Item = {"pk": {"S": "1"}, "name": {"S": "Anna"}}
SETTINGS = settings_of(RULES)


def segment_with(settings: MaskingSettings) -> AnySegment:
    return {**segment_of(), "Settings": settings.fingerprint}


def summarize_segment(segment: AnySegment, work: Work) -> object:
    masked: Any = {"ItemsScanned": 1, "ItemsChanged": 1, "WriteUnits": 1}
    verified: Any = {"ItemsScanned": 1, "Masked": [0, 1], "NotMasked": [0, 0], "Unlisted": []}
    segments: Any = {"Masked": [segment | {"Counts": masked}], "Verified": [segment | {"Counts": verified}]}
    return summarize(segments, work.settings)


@pytest.mark.parametrize("function", [mask_segment, verify_segment, summarize_segment])
@pytest.mark.parametrize(
    "before",
    [
        replace(SETTINGS, rules=Rules.of({**RULES, "age": "keep"})),
        replace(SETTINGS, rules=Rules.of({**RULES, "name": "redact"})),
        replace(SETTINGS, all_listed=True),
        replace(SETTINGS, hmac_key_arn="another"),
    ],
    ids=["path", "method", "unlisted", "key"],
)
def test_what_other_settings_began_is_not_continued(
    before: MaskingSettings, function: Callable[[AnySegment, Work], object], clients: Clients
) -> None:
    make_table(clients, ANNA)

    with pytest.raises(SettingsChanged, match=rf"changed while this execution masked {COPY}\. Redrive the rotation"):
        function(segment_with(before), work_of(clients, RULES))

    assert items_of(clients) == [ANNA]


@pytest.mark.parametrize("function", [mask_segment, verify_segment, summarize_segment])
@pytest.mark.parametrize(
    "segment",
    [
        segment_with(replace(SETTINGS, workers=7)),
        segment_with(settings_of(dict(reversed(RULES.items())))),
        segment_of(),
    ],
    ids=["workers", "order", "made by an earlier version"],
)
def test_what_the_same_settings_began_is_continued(
    segment: AnySegment, function: Callable[[AnySegment, Work], object], clients: Clients
) -> None:
    make_table(clients, ANNA)

    assert function(segment, work_of(clients, RULES))
