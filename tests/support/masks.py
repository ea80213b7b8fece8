"""The masks of modules/masking once more, made from its README and not from its code, for tests to compare with.

https://en.wikipedia.org/wiki/HMAC with SHA-256 throughout.
"""

import base64
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Value = dict[str, Any]
"""As DynamoDB writes it: {"S": "text"}."""
Item = dict[str, Value]
Mask = Callable[[Value], Value | None]
"""None where nothing is left."""

MESSAGE = b"backup-dynamodb-rotator masking"
"""What AWS KMS makes the secret from."""

_REDACTED: dict[str, Any] = {
    "S": "redacted",
    "N": "0",
    "B": b"redacted",
    "BOOL": False,
    "NULL": True,
    "SS": ["redacted"],
    "NS": ["0"],
    "BS": [b"redacted"],
    "L": [],
    "M": {},
}

_MARKS = (
    *((0x300, 0x36F), (0x591, 0x5C7), (0x610, 0x61A), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6ED)),
    *((0x900, 0x109F), (0x1780, 0x17D3), (0x200C, 0x200D), (0x3099, 0x309A), (0xFE00, 0xFE0F)),
)

# Roughly, as addresses in the tests are.
_ADDRESS = r"[^\s<>,;|#/?():=]+@[^\s<>,;|#/?():=]+"

# A shorter one turns up by chance.
_SHORTEST_SECRET = 9


class Masks:
    """The masks that one secret makes."""

    def __init__(self, secret: bytes, attributes: Mapping[str, str]) -> None:
        """`attributes` as the module is given them."""
        self._secret = secret
        self._methods: dict[str, Mask] = {
            "hash": _on_strings(self._hash),
            "email": _on_strings(self._emails),
            "digits": self._digits_of_value,
            "redact": lambda value: {kind: _REDACTED[kind] for kind in value},
            "remove": lambda _: None,
            "keep": lambda value: value,
        }
        self._rules = [(_steps(path), self._methods[method]) for path, method in attributes.items()]
        self._digits = [_steps(path) for path, method in attributes.items() if method == "digits"]

    def masked(self, item: Item) -> Item:
        whole: Value | None = {"M": item}
        for steps, mask in self._rules:
            whole = _at(whole, steps, mask)
        assert whole is not None
        masked: Item = whole["M"]
        return masked

    def changes(self, item: Item) -> bool:
        """Whether anything is written for an item that nobody has masked yet."""
        return comparable(self.masked(item)) != comparable(item) or any(
            True for steps in self._digits for _ in _found({"M": item}, steps)
        )

    def count(self, path: str, items: Iterable[Item]) -> int:
        """How many values a path leads to."""
        steps = _steps(path)
        return sum(1 for item in items for _ in _found({"M": item}, steps))

    def secrets(self, items: Iterable[Item]) -> set[str]:
        """What these items hold that must not be seen any more once they are masked: texts, numbers, addresses."""
        found: set[str] = set()
        for item in items:
            still_there = {*texts({"M": self.masked(item)})}
            for text in {*texts({"M": item})} - still_there:
                found |= {text, *re.findall(_ADDRESS, text)}
        return {text for text in found if len(text) >= _SHORTEST_SECRET and not text.endswith("@example.invalid")}

    def _mac(self, purpose: bytes, message: bytes) -> bytes:
        key = hmac.digest(self._secret, purpose, "sha256")
        return hmac.digest(key, message, "sha256")

    def _hash(self, text: str) -> str:
        masked_already = text.isascii() and re.fullmatch("masked-[0-9a-f]{16}", text)
        return text if masked_already else f"masked-{self._mac(b'hash', text.encode()).hex()[:16]}"

    def _emails(self, text: str) -> str:
        done, position = "", 0
        while at := _next_address(text, position):
            start, end = at
            found = text[start:end]
            number = int.from_bytes(self._mac(b"email", found.lower().encode()), "big") % 10**12
            is_mask = found.isascii() and re.fullmatch(r"[0-9]{12}@example\.invalid", found)
            done += text[position:start] + (found if is_mask else f"{number:012}@example.invalid")
            position = end
        return done + text[position:]

    def _digits_of_value(self, value: Value) -> Value:
        ((kind, content),) = value.items()
        match kind:
            case "S":
                return {kind: self._digits_of_text(content)}
            case "N":
                return {kind: self._digits_of_number(content)}
            case "SS" | "NS":
                mask = self._digits_of_text if kind == "SS" else self._digits_of_number
                return {kind: sorted({mask(element) for element in content})}
            case "L":
                return {kind: [self._digits_of_value(element) for element in content]}
            case "M":
                return {kind: {name: self._digits_of_value(element) for name, element in content.items()}}
        return value

    def _digits_of_text(self, text: str) -> str:
        digits = [unicodedata.digit(character) for character in text if unicodedata.category(character) == "Nd"]
        first_may_be_zero = not digits or digits[0] == 0
        masks = self._digits_for(digits, set() if first_may_be_zero else {0})
        done = ""
        for character in text:
            if unicodedata.category(character) == "Nd":
                zero_of_script = ord(character) - unicodedata.digit(character)
                done += chr(zero_of_script + next(masks))
            else:
                done += character
        return done

    def _digits_of_number(self, number: str) -> str:
        """Of one without an exponent, and with at most 38 digits."""
        sign = "-" if number.startswith("-") else ""
        whole, point, fraction = number.removeprefix("-").partition(".")
        zero = "0" if point and whole == "0" else ""
        whole = whole.removeprefix(zero)
        digits = [int(digit) for digit in whole + fraction]
        never_zero = {0} if digits[0] or len(digits) == 1 else set()
        if point:
            never_zero.add(len(digits) - 1)
        masks = "".join(map(str, self._digits_for(digits, never_zero)))
        return sign + zero + masks[: len(whole)] + point + masks[len(whole) :]

    def _digits_for(self, digits: list[int], never_zero: set[int]) -> Iterator[int]:
        text = "".join(map(str, digits))
        for place in range(len(digits)):
            block, number = divmod(place, 16)
            mac = self._mac(b"digits", block.to_bytes(4, "big") + text.encode())
            chosen = int.from_bytes(mac[2 * number : 2 * number + 2], "big")
            yield chosen % 9 + 1 if place in never_zero else chosen % 10


def comparable(value: Any) -> Any:  # noqa: ANN401
    """An item or a value in which sets are equal whatever the order of their elements."""
    if isinstance(value, Mapping):
        return {
            name: frozenset(content)
            if name in ("SS", "NS", "BS") and isinstance(content, list)
            else comparable(content)
            for name, content in value.items()
        }
    return [comparable(element) for element in value] if isinstance(value, list) else value


def leaves(value: Value, path: str = "") -> Iterator[tuple[str, str]]:
    """Path and type of each value that holds no others."""
    ((kind, content),) = value.items()
    if kind == "L" and content:
        for element in content:
            yield from leaves(element, f"{path}[*]")
    elif kind == "M" and content:
        for name, entry in content.items():
            escaped = re.sub(r"([.\[\\])", r"\\\1", name)
            yield from leaves(entry, f"{path}.{escaped}" if path else escaped)
    else:
        yield path, kind


def texts(value: Value) -> Iterator[str]:
    """All texts and numbers in a value, and binary in Base64."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "N":
            yield content
        case "SS" | "NS":
            yield from content
        case "B":
            yield base64.b64encode(content).decode()
        case "BS":
            yield from (base64.b64encode(element).decode() for element in content)
        case "L":
            yield from (text for element in content for text in texts(element))
        case "M":
            yield from (text for entry in content.values() for text in texts(entry))


def _on_strings(mask: Callable[[str], str]) -> Mask:
    """On strings, also those in sets, lists and maps."""

    def of(value: Value) -> Value:
        ((kind, content),) = value.items()
        match kind:
            case "S":
                return {kind: mask(content)}
            case "SS":
                return {kind: sorted({mask(element) for element in content})}
            case "L":
                return {kind: [of(element) for element in content]}
            case "M":
                return {kind: {name: of(element) for name, element in content.items()}}
        return value

    return of


def _next_address(text: str, position: int) -> tuple[int, int] | None:
    """Where the first e-mail address in a text, from a position on, starts and ends."""
    if "@" not in text[position:]:
        return None
    for start in range(position, len(text)):
        at = _end_of_local_part(text, start)
        if text[at : at + 1] == "@" and (end := _end_of_domain(text, at + 1)):
            return start, end
    return None


def _end_of_local_part(text: str, start: int) -> int:
    """-1 where none starts."""
    if text[start].isalnum():
        end = start + 1
        while end < len(text) and (_is_part_of_word(text[end]) or text[end] in "_.!$%&'*+-^{}~`"):
            end += 1
        return end
    before = text[start - 1 : start]
    if text[start] != '"' or not (not before or before.isspace() or before in "<,;:(=|/#?["):
        return -1
    end = start + 1
    while end < len(text) and text[end] != '"':
        if text.startswith("@example.invalid", end):
            return -1
        end += 2 if text[end] == "\\" else 1
    return end + 1 if start + 1 < end < len(text) else -1


def _end_of_domain(text: str, start: int) -> int | None:
    literal = re.compile(r"\[[^\[\]@\s]+\]").match(text, start)
    return _end_of_name(text, literal.end()) or literal.end() if literal else _end_of_name(text, start)


def _end_of_name(text: str, start: int) -> int | None:
    end = start
    while end < len(text) and (_is_part_of_word(text[end]) or text[end] in ".-"):
        end += 1
    while end > start and text[end - 1] in ".-":
        end -= 1
    return end if end > start else None


def _is_part_of_word(character: str) -> bool:
    """A letter or digit of any script, or a mark."""
    return character.isalnum() or any(first <= ord(character) <= last for first, last in _MARKS)


def _steps(path: str) -> tuple[str, ...]:
    """A path as names and `[*]`."""
    steps = []
    for name, elements in re.findall(r"((?:\\.|[^\\.\[])+)((?:\[\*\])*)(?:\.|$)", path):
        steps += [re.sub(r"\\(.)", r"\1", name), *re.findall(r"\[\*\]", elements)]
    return tuple(steps)


def _at(value: Value | None, steps: tuple[str, ...], mask: Mask) -> Value | None:
    """The value with what is at the path masked."""
    if value is None or not steps:
        return value and mask(value)
    step, *rest = steps
    if step == "[*]":
        if "L" not in value:
            return value
        masked = [_at(element, tuple(rest), mask) for element in value["L"]]
        return {"L": [element for element in masked if element is not None]}
    if step not in value.get("M", {}):
        return value
    below = _at(value["M"][step], tuple(rest), mask)
    others = {name: content for name, content in value["M"].items() if name != step}
    return {"M": others if below is None else others | {step: below}}


def _found(value: Value, steps: tuple[str, ...]) -> Iterator[Value]:
    """What is at the path."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    below = value.get("L", []) if step == "[*]" else [value["M"][step]] if step in value.get("M", {}) else []
    for element in below:
        yield from _found(element, rest)
