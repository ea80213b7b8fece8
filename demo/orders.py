"""`examples/basic`: orders, and a copy that equals them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from demo.example import Item, PromiseBroken, read
from demo.terminal import Terminal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

COUNT = 25
ROWS_SHOWN = 4
COLUMNS_SHOWN = ("order_id", "customer", "placed_at", "total", "paid")

CUSTOMERS = ("Amara Okafor", "Bruno Keller", "Chiara Rossi", "Devi Nair", "Emil Larsen")
FIRST_PLACED = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


class Orders:
    name = "basic"
    what_items_are = "orders"
    outcome = "restored"

    def items(self) -> list[Item]:
        """Distinct items with attributes of several types."""
        return [
            {
                "order_id": f"order-{number:04}",
                "customer": CUSTOMERS[number % len(CUSTOMERS)],
                "placed_at": (FIRST_PLACED + timedelta(hours=7 * number)).isoformat(),
                "total": Decimal("19.90") + Decimal("3.35") * number,
                "paid": number % 3 != 0,
                "lines": [{"article": f"A-{100 + number}", "pieces": 1 + number % 4}],
            }
            for number in range(1, COUNT + 1)
        ]

    def compare(self, source: "Table", copy: "Table", terminal: Terminal) -> str:
        items = read(copy)
        if len(items) != COUNT or items != read(source):
            raise PromiseBroken(f"the items of {copy.name} differ from those of {source.name}")
        print(f"  {copy.name} holds {len(items)} items, equal to those of {source.name}:")
        terminal.table(items[:ROWS_SHOWN], COLUMNS_SHOWN)
        print("    …")
        return f"{COUNT} of {COUNT} items, to {copy.name}"
