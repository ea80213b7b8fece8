"""Masks of single texts and numbers: pure functions of a key and a text.

All are made by HMAC-SHA256, with texts in UTF-8 and integers big-endian.
"""

import re
import struct

from masking.keys import mac

_MASKED_HASH = re.compile(r"masked-[0-9a-f]{16}")

# What a word of a script that has combining marks is made of, besides what `\w` matches.
_MARKS = (
    r"\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u109f\u1780-\u17d3\u200c-\u200d"
    r"\u3099-\u309a\ufe00-\ufe0f"
)
# What RFC 5322 allows unquoted, except `#`, `/`, `=`, `?` and `|`, which separate the parts of keys.
_LOCAL = rf"[^\W_][\w.!$%&'*+\-^{{}}~`{_MARKS}]*+"
_LETTERS = rf"(?:[^\W_]|[{_MARKS}])++"
# No mask is between brackets or quotation marks of an address. So one pass over the text is enough: a mask makes no
# address of what is around it.
#
# A literal, a name, or both; the end makes sure that it is not neither.
_DOMAIN = rf"(?:\[[^\[\]@\s]++\])?+(?:[.\-]*+{_LETTERS})*+(?<!@)"
_QUOTED = r'(?<![^\s<,;:(=|/#?\[])"(?:(?!@example\.invalid)[^"\\]|\\.)++"'
# A word that is no address matches as well, without a domain: so it is read once, and not from each of its letters on.
_WORD_OR_ADDRESS = re.compile(
    rf"(?:{_LOCAL}(?:@(?P<domain>{_DOMAIN}))?+|{_QUOTED}@(?P<of_quoted>{_DOMAIN}))", re.DOTALL
)
_MASKED_ADDRESS = re.compile(r"[0-9]{12}@example\.invalid")

_DIGIT = re.compile(r"\d")
# A sign and a zero before the point, the digits, and an exponent.
_NUMBER = re.compile(r"([+-]?(?:0(?=\.))?)([0-9.]+)(.*)")
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
_LONGEST_NUMBER = 38


def hashed(text: str, key: bytes) -> str:
    """`masked-` and the first 16 hexadecimal digits of the HMAC of the text. Such a mask stays as it is."""
    return text if _MASKED_HASH.fullmatch(text) else f"masked-{mac(key, text.encode()).hex()[:16]}"


def with_emails_masked(text: str, key: bytes) -> str:
    """Replaces each e-mail address by 12 digits, `@example.invalid`, and leaves such addresses as they are.

    An address is

    - a letter or digit of any script, and what follows of letters, digits, marks and ``.!$%&'*+-^_{}~` ``; or, at the
      start of the text or after white space or one of `<,;:(=|/#?[`, anything in quotation marks but
      `@example.invalid`;
    - `@`;
    - letters, digits and marks, with `.` and `-` before or between them, but not behind; or a literal in brackets,
      without brackets, `@` and white space in it, and what directly follows of the former.

    The 12 digits are the HMAC of the address in lower case, as an integer, modulo 10^12, padded with zeros.
    """
    if "@" not in text:
        return text

    def mask(match: re.Match[str]) -> str:
        found = match[0]
        if not (match["domain"] or match["of_quoted"]) or _MASKED_ADDRESS.fullmatch(found):
            return found
        number = int.from_bytes(mac(key, found.lower().encode())) % 10**12
        return f"{number:012}@example.invalid"

    return _WORD_OR_ADDRESS.sub(mask, text)


def has_digits(text: str) -> bool:
    return bool(_DIGIT.search(text))


def with_digits_masked(text: str, key: bytes) -> str:
    """Replaces each decimal digit by one of the same script. A first digit that is not 0 becomes none that is 0.

    The digits of the text alone, in ASCII, decide. The HMAC of `block` (four bytes, from 0) and those digits are
    16 integers of two bytes. The one at a digit's position, modulo 10, replaces it; where 0 is excluded, modulo 9,
    plus 1.
    """
    found = _DIGIT.findall(text)
    if not found:
        return text
    digits = [int(digit) for digit in found]
    masks = iter(_digits(digits, {0} if digits[0] else set(), key))
    return _DIGIT.sub(lambda match: chr(ord(match[0]) - int(match[0]) + next(masks)), text)


def with_number_masked(number: str, key: bytes) -> str:
    """The same for a number as DynamoDB writes it: sign, point, exponent and a 0 before the point stay.

    Neither does the last digit of a fraction become 0, which DynamoDB would drop, nor does the number 0. Of numbers
    with more than 38 digits the zeros stay, because the others are as many as DynamoDB can store.
    """
    match = _NUMBER.fullmatch(number)
    if not match:
        return number
    sign, mantissa, exponent = match.groups()
    digits = [int(digit) for digit in mantissa if digit != "."]
    without_zero = {0} if digits[0] or len(digits) == 1 else set()
    if "." in mantissa:
        without_zero.add(len(digits) - 1)
    masks = _digits(digits, without_zero, key)
    if len(digits) > _LONGEST_NUMBER:
        masks = [mask if digit else 0 for digit, mask in zip(digits, masks, strict=True)]
    replaced = iter(masks)
    return sign + "".join(char if char == "." else str(next(replaced)) for char in mantissa) + exponent


def _digits(digits: list[int], without_zero: set[int], key: bytes) -> list[int]:
    message = "".join(map(str, digits)).encode()
    blocks = -(-len(digits) // 16)
    codes = struct.unpack(
        f">{16 * blocks}H", b"".join(mac(key, block.to_bytes(4) + message) for block in range(blocks))
    )
    masks = [code % 10 for code in codes[: len(digits)]]
    for position in without_zero:
        masks[position] = 1 + codes[position] % 9
    return masks
