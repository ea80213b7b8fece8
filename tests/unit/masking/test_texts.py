"""Masks of texts and numbers: what they keep, and what they hide."""

import re
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from masking.keys import Keys
from masking.texts import hashed, with_digits_masked, with_emails_masked, with_number_masked
from tests.support.masking_work import KEYS

OTHER_KEYS = Keys.of(b"another secret")

TEXTS = st.text()
LOCAL_PARTS = st.from_regex(r"[a-zäßж0-9][a-z0-9äßж.!$%&'*+\-^_{}~`]{0,9}", fullmatch=True)
DOMAINS = st.from_regex(r"[a-zäж0-9]{1,5}([.-][a-zäж0-9]{1,5}){0,3}|\[[0-9a-fIPv:.]{1,12}\]", fullmatch=True)
ADDRESSES = st.builds("{}@{}".format, LOCAL_PARTS, DOMAINS)
# What is likely to be mistaken for a part of an address.
CROWDED = st.lists(
    st.sampled_from(
        ["a@b.c", "x", "1", "@", ".", "-", "_", "+", "'", '"', "[", "]", "\\", " ", "#", "=", "é", "e\u0301"]
    )
    | ADDRESSES
).map("".join)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal("-1e37"), max_value=Decimal("1e37")).map(
    lambda number: f"{number.normalize():f}"
)


def email(text: str) -> str:
    return with_emails_masked(text, KEYS.email)


def digits(text: str) -> str:
    return with_digits_masked(text, KEYS.digits)


def number(text: str) -> str:
    return with_number_masked(text, KEYS.digits)


@given(TEXTS)
@example("")
def test_a_hash_is_16_hexadecimal_digits_and_stays(text: str) -> None:
    masked = hashed(text, KEYS.hash)

    assert re.fullmatch("masked-[0-9a-f]{16}", masked)
    assert hashed(masked, KEYS.hash) == masked


@pytest.mark.parametrize("text", ["masked-0123456789ABCDEF", "masked-0123456789abcdef\n", "masked-0123456789abcdef0"])
def test_what_only_resembles_a_hash_is_masked(text: str) -> None:
    assert hashed(text, KEYS.hash) != text


@given(st.sets(TEXTS, min_size=2))
def test_different_texts_get_different_hashes(texts: set[str]) -> None:
    assert len({hashed(text, KEYS.hash) for text in texts}) == len(texts)


@given(ADDRESSES)
def test_masks_depend_on_the_secret(address: str) -> None:
    assert hashed(address, KEYS.hash) != hashed(address, OTHER_KEYS.hash)
    assert email(address) != with_emails_masked(address, OTHER_KEYS.email)
    assert digits("1234567890123") != with_digits_masked("1234567890123", OTHER_KEYS.digits)


@given(ADDRESSES)
def test_an_address_becomes_12_digits_at_a_domain_that_does_not_exist(address: str) -> None:
    assert re.fullmatch(r"[0-9]{12}@example\.invalid", email(address))


@given(CROWDED)
@example("a@b.c+d@e.f")
@example('a@b.c"d"@e.f')
@example("a@[1]b@c.d")
@example("a@b.c.@d.e")
@example("a@[1].b@[2]")
@example("a@[b@[1]c@d.e]")
@example('"a@b.c\n"q"@d"@e.f')
@example('" " "x"@d"@d"@d')
@example('"\\"x"@d"@d')
def test_a_text_whose_addresses_are_masked_stays(text: str) -> None:
    masked = email(text)

    assert email(masked) == masked


@given(TEXTS.filter(lambda text: "@" not in text))
def test_a_text_without_an_address_stays(text: str) -> None:
    assert email(text) == text


@given(st.lists(ADDRESSES, min_size=2, unique_by=str.lower))
def test_different_addresses_get_different_masks(addresses: list[str]) -> None:
    assert len({email(address) for address in addresses}) == len(addresses)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CUSTOMER#anna@example.com", "CUSTOMER#{}"),
        ("TENANT=4/anna@example.com?x", "TENANT=4/{}?x"),
        ("anna@example.com#ORDER#7", "{}#ORDER#7"),
        ("Anna <Anna@Example.COM>, write to her.", "Anna <{}>, write to her."),
        ("It was anna@example.com.", "It was {}."),
        ("'anna@example.com'", "'{}'"),
        ("“anna@example.com”", "“{}”"),
        ("mailto:anna@example.com", "mailto:{}"),
        ("anna@example.com,anna@example.com;anna@example.com", "{},{};{}"),
        (
            '{"@type": "Person", "@id": "7", "email": "anna@example.com"}',
            '{"@type": "Person", "@id": "7", "email": "{}"}',
        ),
    ],
)
def test_the_rest_of_the_text_stays_and_case_does_not_matter(text: str, expected: str) -> None:
    assert email(text) == expected.replace("{}", email("anna@example.com"))


@pytest.mark.parametrize(
    "address",
    [
        '"anna smith"@example.com',
        '"a\\"b"@example.com',
        "anna.o'hara+news@mail.example.co.uk",
        "anna@[192.168.0.1]",
        "anna@[IPv6:2001:db8::1]",
        "jürgen@bücher.example",
        "用户@例子.广告",
        "अन्ना@उदाहरण.भारत",
        "rene\u0301@example.com",
        "か\u3099ん@か\u3099.example",
        "رحم\u0670ن@example.com",
        "क्\u200dष@example.com",
        "សុខ@example.com",
        "a_b@localhost",
        "12345678901@example.invalid",
        "1234567890123@example.invalid",
        "١٢٣٤٥٦٧٨٩٠١٢@example.invalid",
        "123456789012@example.invalid.com",
        "x123456789012@example.invalid",
    ],
)
def test_addresses_of_all_forms_are_found(address: str) -> None:
    assert re.fullmatch(r"[0-9]{12}@example\.invalid", email(address))
    assert email(address) != address
    assert email(f"USER#{address}|END") == f"USER#{email(address)}|END"


def test_a_long_text_is_read_once() -> None:
    """From each letter on, it would take minutes."""
    assert email("a" * 400_000 + " anna@example.com").endswith("@example.invalid")


@pytest.mark.parametrize(
    ("before", "address", "behind"), [("a@[", "x@y", "]"), ('" ', '"x"@y', '"@z'), ("<", "x@y", ">")]
)
def test_only_the_innermost_of_addresses_within_one_another_is_one(before: str, address: str, behind: str) -> None:
    """With a pass over the text for each of them, a long one would take longer than a function may run."""
    nested = before * 1_000 + address + behind * 1_000

    assert email(nested) == nested.replace(address, email(address))


def test_quotation_marks_and_brackets_within_an_address_are_masked_with_it() -> None:
    assert re.fullmatch(r"[0-9]{12}@example\.invalid", email('"anna@home \\"["@[1.2]'))


@given(st.text(alphabet=st.characters(categories=["Nd", "Lu", "Pd", "Zs"])))
def test_masked_digits_keep_format_script_and_length(text: str) -> None:
    masked = digits(text)

    assert len(masked) == len(text)
    for old, new in zip(text, masked, strict=True):
        if old.isdecimal():
            assert ord(old) - unicodedata.decimal(old) == ord(new) - unicodedata.decimal(new)
        else:
            assert old == new


@given(st.text(alphabet=st.sampled_from("0123456789٣४-+ ()"), min_size=1))
def test_the_first_digit_becomes_no_zero_unless_it_was_one(text: str) -> None:
    first = next((position for position, char in enumerate(text) if char.isdecimal()), None)
    if first is not None and unicodedata.decimal(text[first]) != 0:
        assert unicodedata.decimal(digits(text)[first]) != 0


@given(st.text(alphabet="0123456789", min_size=1), st.sampled_from(["-", " ", "x"]))
def test_digits_alone_decide_on_their_masks(text: str, separator: str) -> None:
    assert digits(separator.join(text)).replace(separator, "") == digits(text)


@given(st.sets(st.from_regex("[0-9]{20,40}", fullmatch=True).map(str), min_size=2))
def test_different_long_digits_get_different_masks(texts: set[str]) -> None:
    assert len({digits(text) for text in texts}) == len(texts)
    assert all(digits(text) != text for text in texts)


@given(NUMBERS)
@example("0")
@example("-0.5")
@example("1" + "0" * 125)
@example("0." + "0" * 129 + "1")
@example("-1.5E+30")
def test_a_masked_number_keeps_its_form_and_dynamodb_accepts_it(text: str) -> None:
    masked = number(text)

    assert re.sub(r"\d", "9", masked) == re.sub(r"\d", "9", text)
    assert masked.startswith("-") == text.startswith("-")
    assert re.match("-?0[0-9]", masked) is None
    assert Decimal(masked) != 0
    assert len(Decimal(masked).as_tuple().digits) <= max(38, len(Decimal(text).as_tuple().digits))
    assert not re.search(r"\.[0-9]*0$", masked)
    assert masked[masked.find("E") :] == text[text.find("E") :] if "E" in text else "E" not in masked


def test_the_zeros_of_a_number_that_is_longer_than_its_precision_stay() -> None:
    assert re.fullmatch("[1-9][0-9]0{100}", number("12" + "0" * 100))
    assert re.fullmatch("0[.]0{100}[0-9][1-9]", number("0." + "0" * 100 + "12"))


def test_a_number_and_a_text_of_the_same_digits_get_the_same() -> None:
    assert number("1705550123") == digits("1705550123")


@given(st.integers(min_value=10**15, max_value=10**30))
def test_a_long_number_does_not_stay(value: int) -> None:
    assert number(str(value)) != str(value)
