"""The masks are those that the module's README describes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from masking.items import MARK, changes_of
from masking.methods import Value
from masking.rules import Rules
from tests.support.masking_work import COPY, KEYS, SECRET
from tests.support.masks import Masks, comparable

WORDS = st.text(alphabet="aZ09._-+'é\u0301\u0663\u0915\u093e", min_size=1, max_size=4)
BETWEEN = [
    "@",
    ".",
    "-",
    "_",
    '"',
    "\\",
    "[",
    "]",
    "[1.2]",
    " ",
    "\n",
    "#",
    "/",
    "=",
    "<",
    ">",
    ",",
    "'",
    "@example.invalid",
]
TEXTS = st.lists(WORDS | st.sampled_from(BETWEEN), max_size=12).map("".join) | st.text(max_size=20)
NUMBERS = st.integers(-(10**37), 10**37).map(str) | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=5
).map(lambda number: f"{number.normalize():f}")


def masked(method: str, value: Value) -> Value:
    item = {"a": value}
    return {
        name: new
        for name, new in changes_of(item, Rules.of({"a": method}), KEYS, COPY).applied_to(item).items()
        if name != MARK
    }


@given(TEXTS)
@example('a@b.c"x"@d.e')
@example('"a@b.c\n"q"@d"@e.f')
@example("a@[1].b-c.d@[2]")
@example("a@[b@[1]c@d.e]")
@example("a@[@]")
@example('" "x"@d"@d')
@example('"\\@example.invalid"@d')
@example("anna@-example.com-")
@pytest.mark.parametrize("method", ["email", "digits", "hash"])
def test_texts_get_the_masks_that_are_described(method: str, text: str) -> None:
    described = Masks(SECRET, {"a": method}).masked({"a": {"S": text}})

    assert masked(method, {"S": text}) == described


@given(NUMBERS)
@example("0")
@example("-0.5")
def test_numbers_get_the_masks_that_are_described(number: str) -> None:
    described = Masks(SECRET, {"a": "digits"}).masked({"a": {"N": number}})

    assert masked("digits", {"N": number}) == described


@given(st.sets(TEXTS, min_size=1, max_size=4))
@pytest.mark.parametrize("method", ["email", "digits", "hash", "redact"])
def test_sets_get_the_masks_that_are_described(method: str, texts: set[str]) -> None:
    value = {"L": [{"SS": [*texts]}]}

    assert comparable(masked(method, value)) == comparable(Masks(SECRET, {"a": method}).masked({"a": value}))
