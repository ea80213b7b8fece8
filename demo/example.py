"""What the examples of the demo have in common."""

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from demo.terminal import Terminal

Item = dict[str, Any]


class PromiseBroken(Exception):
    """The demo did not keep a promise; the message says which."""


class Example(Protocol):
    """A folder in `examples`, with what the demo writes to its table, and expects of the copy."""

    name: str
    what_items_are: str
    outcome: str

    def items(self) -> list[Item]: ...

    def compare(self, source: "Table", copy: "Table", terminal: "Terminal") -> str:
        """Shows items of both, and sums up the outcome; raises `PromiseBroken` where the copy is not as promised."""


def write(table: "Table", items: list[Item]) -> None:
    with table.batch_writer() as batch:
        for item in items:
            batch.put_item(Item=item)


def read(table: "Table") -> list[Item]:
    """All items, sorted by key."""
    page = table.scan(ConsistentRead=True)
    items = page["Items"]
    while "LastEvaluatedKey" in page:
        page = table.scan(ConsistentRead=True, ExclusiveStartKey=page["LastEvaluatedKey"])
        items += page["Items"]
    key = [attribute["AttributeName"] for attribute in table.key_schema]
    return sorted(items, key=lambda item: [str(item[name]) for name in key])
