"""A single-table design with items of every shape that masking has to cope with. An item is made from its number alone.

Keys hold e-mail addresses, there are values of all types, nested ones, in several scripts, and four indexes.
"""

import random
import unicodedata
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.aws import client

Item = dict[str, dict[str, Any]]

KEY = ("pk", "sk")
INDEXES: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "by-email": (("email", "sk"), {"ProjectionType": "ALL"}),
    "by-status": (("status", "changed_at"), {"ProjectionType": "KEYS_ONLY"}),
    "by-phone": (("phone",), {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name", "email"]}),
    "by-name": (("name", "pk"), {"ProjectionType": "ALL"}),
}
"""The key of each index, and what it holds besides."""

# The largest batch that DynamoDB takes
# (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html).
_BATCH = 25

_FIRST_NAMES = [
    "Anna",
    "Zoë",
    "Jürgen",
    "Søren",
    "Łukasz",
    "山田",
    "Ἀθηνᾶ",
    "आरती",
    "محمد",
    "İpek",
    "Nguyễn",
    "Étienne",
]
_LAST_NAMES = ["Müller", "O'Brien", "García-López", "佐藤", "Παπαδόπουλος", "अग्रवाल", "Smith", "Öztürk"]
_STATUSES = ["new", "active", "dormant", "closed"]


def address(number: int) -> str:
    """The e-mail address of a customer: no two differ in case only."""
    return [
        f"anna.{number}@example.com",
        f"Bob.{number}@Example.ORG",
        f"o'brien+news{number}@mail.example.co.uk",
        f"jürgen{number}@münchen.example",
        f"山田{number}@例え.jp",
        f"संपर्क{number}@डाटामेल.भारत",
        unicodedata.normalize("NFD", f"zoë{number}@café.example"),
        f"ΟΔΥΣΣΕΥΣ{number}@ΙΘΑΚΗ.example",
        f"{number:010}@numbers.example",
        f"_{{x}}!$%&'*-^`~{number}@sub-domain.example.net",
        f'"anna {number}"@example.com',
        f"root{number}@[192.0.2.1]",
    ][number % 12]


def item(number: int, padding: int = 0) -> Item:
    """The item with that number, with an attribute of `padding` bytes where a table has to be large."""
    chance = random.Random(number)  # noqa: S311  (the same item each time)
    made = _KINDS[number % len(_KINDS)](number, chance)
    return made | ({"padding": {"S": "x" * padding}} if padding else {})


def make_shop(name: str, items: Iterable[Item], tags: dict[str, str] | None = None, **settings: object) -> str:
    """A table with its four indexes, its items and tags; gives its ARN."""
    dynamodb = client("dynamodb")
    attributes = {*KEY, *(attribute for keys, _ in INDEXES.values() for attribute in keys)}
    arn: str = dynamodb.create_table(
        TableName=name,
        KeySchema=_schema(KEY),
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "N" if attribute == "changed_at" else "S"}
            for attribute in sorted(attributes)
        ],
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": _schema(keys), "Projection": projection}
            for index, (keys, projection) in INDEXES.items()
        ],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": tag, "Value": value} for tag, value in (tags or {}).items()],
        **settings,
    )["TableDescription"]["TableArn"]
    write(name, items)
    return arn


def write(table: str, items: Iterable[Item]) -> None:
    _request(table, [{"PutRequest": {"Item": made}} for made in items])


def delete(table: str, items: Iterable[Item]) -> None:
    _request(table, [{"DeleteRequest": {"Key": {name: gone[name] for name in KEY}}} for gone in items])


def _request(table: str, requests: list[dict[str, Any]]) -> None:
    def send(start: int) -> None:
        left = {table: requests[start : start + _BATCH]}
        while left:
            left = client("dynamodb").batch_write_item(RequestItems=left)["UnprocessedItems"]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(0, len(requests), _BATCH)))


def in_index(index: str, item: Item) -> Item | None:
    """What an index holds of an item, if anything."""
    keys, projection = INDEXES[index]
    if any(name not in item for name in keys):
        return None
    if projection["ProjectionType"] == "ALL":
        return item
    names = {*KEY, *keys, *projection.get("NonKeyAttributes", [])}
    return {name: value for name, value in item.items() if name in names}


def _schema(keys: Sequence[str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, ("HASH", "RANGE"), strict=False)]


def _customer(number: int, chance: random.Random) -> Item:
    mail, name = address(number), _name(chance)
    return {
        "pk": {"S": f"CUSTOMER#{mail}"},
        "sk": {"S": "PROFILE"},
        "email": {"S": mail},
        "other_emails": {"SS": sorted({mail.upper(), address(number + 1), "none", f"c/o {address(number + 2)}"})},
        "status": {"S": chance.choice(_STATUSES)},
        "changed_at": {"N": str(1_700_000_000 + number)},
        "name": {"S": name},
        "nicknames": {"SS": sorted({name, name.lower(), f"nick {number}"})},
        "phone": {"S": _phone(number, chance)},
        "balance": {"N": _number(chance)},
        "scores": {"NS": sorted({_number(chance) for _ in range(4)})},
        "codes": {"SS": sorted({f"PIN {chance.randrange(10**8):08}", f"TAN-{number:09}"})},
        "address": {
            "M": {
                "street": {"S": f"{_name(chance)}straße {number}"},
                "city": {"S": chance.choice(["München", "São Paulo", "東京", "Київ"])},
                "zip": {"S": f"{chance.randrange(10**5):05}"},
                "geo": {"L": [{"N": "48.1375"}, {"N": "11.5755"}]},
            }
        },
        "photo": {"B": chance.randbytes(24)},
        "fingerprints": {"BS": [chance.randbytes(8), chance.randbytes(9)]},
        "signature": {"B": chance.randbytes(16)},
        "odd.name": {"S": f"dotted {number}"},
        "odd[0]": {"S": f"bracketed {number}"},
        "odd\\name": {"S": f"backslashed {number}"},
        "active": {"BOOL": bool(number % 3)},
        "deleted_at": {"NULL": True},
    }


def _order(number: int, chance: random.Random) -> Item:
    mail = address(number - number % len(_KINDS))
    return {
        "pk": {"S": f"CUSTOMER#{mail}"},
        "sk": {"S": f"ORDER#{number:08}"},
        "email": {"S": mail},
        "status": {"S": chance.choice(_STATUSES)},
        "changed_at": {"N": str(1_700_000_000 + number)},
        "balance": {"N": _number(chance)},
        "items": {
            "L": [
                {
                    "M": {
                        "sku": {"S": f"SKU-{chance.randrange(1000)}"},
                        "price": {"N": f"{chance.randrange(1, 9999)}.{chance.randrange(1, 10)}"},
                        "note": {"S": f"for {_name(chance)}, {mail}"},
                        "gift": {"M": {"to": {"S": _name(chance)}, "wrapped": {"BOOL": True}}},
                    }
                }
                for _ in range(1 + number % 3)
            ]
        },
    }


def _message(number: int, chance: random.Random) -> Item:
    mails = [address(number + offset) for offset in range(3)]
    texts = [
        f"From: {_name(chance)} <{mails[0]}>, cc {mails[1]};{mails[2]}",
        f"mailto:{mails[0]}?subject=no address here",
        f"({mails[1]})",
        "@nobody, nobody@, @",
        "already 123456789012@example.invalid",
    ]
    return {
        "pk": {"S": f"ORDER#{number:08}"},
        "sk": {"S": f"MESSAGE#{mails[0]}#{number}"},
        "text": {"S": " ".join(texts)},
        "log": {
            "L": [
                {"S": mails[1]},
                {"M": {"from": {"S": mails[0]}, "to": {"L": [{"S": text} for text in texts]}, "read": {"BOOL": True}}},
                {"SS": sorted({mails[2], mails[2].lower(), "none"})},
                {"N": str(number)},
                {"NULL": True},
            ]
        },
        "nested": {"M": {"a": {"L": [{"S": f"{number:07}"}, {"M": {"b": {"N": f"-{number + 1}.5"}}}]}}},
        "secrets": {"M": {"answer": {"S": _name(chance)}, "more": {"L": [{"S": f"secret {number}"}]}}},
    }


def _setting(number: int, chance: random.Random) -> Item:
    """Nothing in it is masked."""
    return {
        "pk": {"S": f"SETTING#{number}"},
        "sk": {"S": "SETTING"},
        "status": {"S": chance.choice(_STATUSES)},
        "value": {"M": {"on": {"BOOL": True}, "limits": {"NS": ["1", "2.5"]}, "empty": {"L": []}}},
    }


def _anything(number: int, chance: random.Random) -> Item:
    """Has an attribute of any type."""
    values: list[dict[str, Any]] = [
        {"S": f"anything {number}"},
        {"N": _number(chance)},
        {"B": chance.randbytes(12)},
        {"BOOL": True},
        {"NULL": True},
        {"SS": [f"one {number}", f"two {number}"]},
        {"NS": [str(number), str(-number - 1)]},
        {"BS": [chance.randbytes(4), chance.randbytes(5)]},
        {"L": [{"S": f"listed {number}"}]},
        {"M": {"mapped": {"S": f"{number}"}}},
        {"S": ""},
        {"L": []},
    ]
    return {
        "pk": {"S": f"{address(number)}|{number}"},
        "sk": {"S": f"ANYTHING/{address(number + 1)}/"},
        "anything": values[number // len(_KINDS) % len(values)],
        "masked_before": {"S": f"masked-{number:016x}"},
        "phone": {"S": _phone(number, chance)},
    }


_KINDS = [_customer, _order, _order, _message, _setting, _anything]


def _name(chance: random.Random) -> str:
    return f"{chance.choice(_FIRST_NAMES)} {chance.choice(_LAST_NAMES)}"


def _phone(number: int, chance: random.Random) -> str:
    digits = f"{number:05}{chance.randrange(10**7):07}"
    return [
        f"+49 (0)170 {digits[:5]}-{digits[5:]}",
        f"0{digits}",
        digits.translate({ord("0") + digit: 0x660 + digit for digit in range(10)}),
        f"tel:{digits} ext. {digits[:2]}",
        digits.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)}),
    ][number % 5]


def _number(chance: random.Random) -> str:
    """As DynamoDB writes numbers: without exponent, leading zeros, and zeros at the end of a fraction."""
    return chance.choice(
        [
            f"{chance.randrange(1, 10**9)}",
            f"-{chance.randrange(1, 10**9)}",
            f"{chance.randrange(1, 10**6)}.{chance.randrange(1, 10)}",
            f"-0.0{chance.randrange(1, 1000)}5",
            f"{chance.randrange(1, 1000)}000",
            f"{chance.randrange(10**37, 10**38)}",
            f"0.{chance.randrange(10**36, 10**37)}7",
            "0",
        ]
    )
