"""`examples/masking`: customers and their orders, and a copy in which nobody is recognisable."""

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from demo.example import Item, PromiseBroken, read
from demo.terminal import Terminal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

CUSTOMERS = (
    ("C-17", "Amara Okafor", "amara.okafor@example.com", "+49 170 5550123", "12 Harbour Road", "Hamburg"),
    ("C-23", "Bruno Keller", "bruno@keller.example", "030 555-0148", "Lindenallee 7", "Berlin"),
)
NOTES = ("Please ring twice, Amara", "Leave it with my neighbour Emil")

MASKED_ADDRESS = r"\d{12}@example\.invalid"


class Store:
    name = "masking"
    what_items_are = "items: two customers, each with an order"
    outcome = "masked"

    def items(self) -> list[Item]:
        """For each customer a profile and an order, both under a key with the customer's e-mail address."""
        return [item for number in range(len(CUSTOMERS)) for item in (profile(number), order(number))]

    def compare(self, source: "Table", copy: "Table", terminal: Terminal) -> str:
        """The keys have changed, so the items of the two tables are matched by an attribute that has not."""
        before = read(source)
        after = {item["id"]: item for item in read(copy)}
        if {item["id"] for item in before} != after.keys():
            raise PromiseBroken(f"the items of {copy.name} are not those of {source.name}")
        check_masks(before, after)
        print(f"  the same {len(before)} items before and after:")
        terminal.table(side_by_side(before, after, source.name, copy.name), ("", source.name, copy.name))
        return f"{len(after)} of {len(before)} items; the same address has the same mask everywhere"


def profile(number: int) -> Item:
    identifier, name, email, phone, street, city = CUSTOMERS[number]
    return {
        "pk": f"CUSTOMER#{email}",
        "sk": "PROFILE",
        "id": identifier,
        "email": email,
        "name": name,
        "phone": phone,
        "address": {"street": street, "city": city},
    }


def order(number: int) -> Item:
    email = CUSTOMERS[number][2]
    return {
        "pk": f"CUSTOMER#{email}",
        "sk": f"ORDER#{1001 + number}",
        "id": str(1001 + number),
        "email": email,
        "total": Decimal("19.90") + Decimal("3.35") * number,
        "items": [{"article": f"A-{100 + number}", "note": NOTES[number]}],
    }


def check_masks(before: list[Item], after: dict[str, Item]) -> None:
    """Raises `PromiseBroken` where an original is left, or where what belonged together no longer does."""
    copied = json.dumps(list(after.values()), default=str)
    for _, name, email, phone, street, _ in CUSTOMERS:
        left = [original for original in (name, email, phone, street, *NOTES) if original in copied]
        if left:
            raise PromiseBroken(f"the copy still has {', '.join(left)}")
    masks: dict[str, str] = {}
    for item in before:
        mask = after[item["id"]]["email"]
        if not re.fullmatch(MASKED_ADDRESS, mask) or after[item["id"]]["pk"] != f"CUSTOMER#{mask}":
            raise PromiseBroken(f"the key of {item['id']} and its e-mail address have different masks")
        if masks.setdefault(item["email"], mask) != mask:
            raise PromiseBroken(f"{item['id']} has another mask than the other item of that customer")
    if len(set(masks.values())) != len(CUSTOMERS):
        raise PromiseBroken("two customers have the same mask")


def side_by_side(before: list[Item], after: dict[str, Item], source: str, copy: str) -> list[dict[str, object]]:
    """A row for each attribute, and an empty one between items."""
    rows: list[dict[str, object]] = []
    for item in before:
        was, became = values(item), values(after[item["id"]])
        if rows:
            rows.append({"": "", source: "", copy: ""})
        rows += [{"": path, source: was[path], copy: became.get(path, "(removed)")} for path in was]
    return rows


def values(value: object, path: str = "") -> dict[str, str]:
    """All that is in an item, by path, such as `address.street`."""
    if isinstance(value, dict):
        parts = {f"{path}.{name}".removeprefix("."): entry for name, entry in value.items()}
    elif isinstance(value, list):
        parts = {f"{path}[{number}]": element for number, element in enumerate(value)}
    else:
        return {path: str(value)}
    return {inner: text for part, entry in parts.items() for inner, text in values(entry, part).items()}
