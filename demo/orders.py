"""The orders that the demo writes to a table and reads from it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

CUSTOMERS = ("Amara Okafor", "Bruno Keller", "Chiara Rossi", "Devi Nair", "Emil Larsen")
FIRST_PLACED = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


def orders(count: int) -> list[dict[str, Any]]:
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
        for number in range(1, count + 1)
    ]


def write(table: "Table", items: list[dict[str, Any]]) -> None:
    with table.batch_writer() as batch:
        for item in items:
            batch.put_item(Item=item)


def read(table: "Table") -> list[dict[str, Any]]:
    """All items, sorted by key."""
    page = table.scan(ConsistentRead=True)
    items = page["Items"]
    while "LastEvaluatedKey" in page:
        page = table.scan(ConsistentRead=True, ExclusiveStartKey=page["LastEvaluatedKey"])
        items += page["Items"]
    return sorted(items, key=lambda item: str(item["order_id"]))
