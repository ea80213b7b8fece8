"""The position of a scan, which is the key of an item, in the state of an execution."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.errors import InvalidInput
from masking.keys import Keys
from masking.sealed_position import seal, unseal
from tests.support.masking_work import KEYS

SEGMENT = "orders-20261129-02-07-00/0/10"
POSITION = {"pk": {"S": "CUSTOMER#anna@example.com"}, "sk": {"N": "7"}}
KEY_VALUES = st.one_of(
    st.builds(lambda text: {"S": text}, st.text(max_size=200)),
    st.builds(lambda number: {"N": str(number)}, st.integers()),
    st.builds(lambda data: {"B": data}, st.binary(max_size=200)),
)


@given(
    st.dictionaries(st.text(min_size=1, max_size=5) | st.sampled_from(["B", "S"]), KEY_VALUES, min_size=1, max_size=2)
)
def test_what_is_sealed_is_unsealed(position: dict[str, dict[str, object]]) -> None:
    assert unseal(seal(position, SEGMENT, KEYS), SEGMENT, KEYS) == position


def test_a_seal_shows_nothing_and_never_looks_the_same() -> None:
    one, another = seal(POSITION, SEGMENT, KEYS), seal(POSITION, SEGMENT, KEYS)

    assert one != another
    for sealed in (one, another):
        decoded = base64.b64decode(sealed)
        assert b"anna" not in decoded
        assert b"pk" not in decoded
    # Under one keystream, the difference of two texts would show.
    assert base64.b64decode(one)[16:-32] != base64.b64decode(another)[16:-32]


def test_no_part_of_the_keystream_is_used_twice() -> None:
    encrypted = base64.b64decode(seal({"pk": {"S": "x" * 500}}, SEGMENT, KEYS))[16:-32]
    blocks = [encrypted[start : start + 32] for start in range(32, 480, 32)]

    assert len({*blocks}) == len(blocks)


def test_every_altered_byte_is_noticed() -> None:
    sealed = base64.b64decode(seal(POSITION, SEGMENT, KEYS))
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(InvalidInput):
            unseal(base64.b64encode(altered).decode(), SEGMENT, KEYS)


@pytest.mark.parametrize("text", ["", "x", "AAAA", "not base64 at all!"])
def test_what_was_never_sealed_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(InvalidInput, match="Start a new execution") as raised:
        unseal(text, SEGMENT, KEYS)

    assert not text or f"'{text}'" not in str(raised.value)


def test_a_position_holds_for_its_key_and_its_segment_only() -> None:
    sealed = seal(POSITION, SEGMENT, KEYS)

    with pytest.raises(InvalidInput):
        unseal(sealed, SEGMENT, Keys.of(b"another secret"))
    with pytest.raises(InvalidInput):
        unseal(sealed, "orders-20261129-02-07-00/1/10", KEYS)
