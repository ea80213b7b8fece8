"""What may be written as a rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.errors import InvalidInput
from masking.paths import Elements, parse, text_of
from masking.rules import Rules

PATHS = st.builds(
    lambda first, rest: (first, *rest),
    st.text(min_size=1),
    st.lists(st.text(min_size=1) | st.just(Elements.ALL)),
)


@given(PATHS)
def test_a_path_is_read_as_it_is_written(path: tuple[str | Elements, ...]) -> None:
    assert parse(text_of(path)) == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("address.street", ("address", "street")),
        ("items[*].note", ("items", Elements.ALL, "note")),
        ("matrix[*][*]", ("matrix", Elements.ALL, Elements.ALL)),
        (r"a\.b\[\\", ("a.b[\\",)),
        ("*]", ("*]",)),
    ],
)
def test_paths_lead_into_maps_and_lists(text: str, path: tuple[str | Elements, ...]) -> None:
    assert parse(text) == path
    assert text_of(path) == text


@pytest.mark.parametrize("text", ["", ".a", "a.", "a..b", "[*]", "a[0]", "a[", "a[*]b", "a\\", r"a\b", "a.[*]"])
def test_what_is_no_path_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        Rules.of({text: "hash"})

    assert repr(text) in str(raised.value)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("address", "address.street"), ("items", "items[*].note"), ("a.b", "a.b.c.d"), ("items[*]", "items[*].note")],
)
def test_a_path_within_another_is_refused_by_name(outer: str, inner: str) -> None:
    with pytest.raises(InvalidInput, match="is within") as raised:
        Rules.of({inner: "hash", "z": "keep", outer: "keep"})

    assert str(raised.value).startswith(f"{inner} is within {outer},")


def test_an_unknown_method_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match=r"'scramble' of email is none of .*hash"):
        Rules.of({"email": "scramble"})
