"""DynamoDB: scans by segment, and writes that many clients make at once."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.canaries import code

Item = dict[str, Any]

INDEX = {
    "IndexName": "by-email",
    "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["phone"]},
}


class Table:
    """A table with the keys `pk` and `sk`, an index and a stream."""

    def __init__(self, aws: Callable[..., Any], name: str) -> None:
        self.name = name
        self.client = aws("dynamodb", config=Config(retries={"total_max_attempts": 1}, max_pool_connections=32))
        self._streams = aws("dynamodbstreams")
        described = self.client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": attribute, "AttributeType": kind}
                for attribute, kind in (("pk", "S"), ("sk", "N"), ("email", "S"))
            ],
            GlobalSecondaryIndexes=[INDEX],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]
        self._stream = described["LatestStreamArn"]

    def put(self, pk: str, sk: int = 0, **attributes: str) -> Item:
        item = {**key(pk, sk), **{name: {"S": value} for name, value in attributes.items()}}
        self.client.put_item(TableName=self.name, Item=item)
        return item

    def get(self, pk: str, sk: int = 0) -> Item | None:
        found: Item | None = self.client.get_item(TableName=self.name, Key=key(pk, sk)).get("Item")
        return found

    def update(self, pk: str, value: str, **options: Any) -> Item:  # noqa: ANN401
        values = {":value": {"S": value}, **options.pop("ExpressionAttributeValues", {})}
        updated: Item = self.client.update_item(
            TableName=self.name,
            Key=key(pk),
            **{"UpdateExpression": "SET email = :value", "ExpressionAttributeValues": values, **options},
        )
        return updated

    def transact(self, *actions: Item, **options: Any) -> Item:  # noqa: ANN401
        items = [{kind: {"TableName": self.name, **action} for kind, action in one.items()} for one in actions]
        answer: Item = self.client.transact_write_items(TransactItems=items, **options)
        return answer

    def scanned(self, **options: Any) -> Iterator[list[Item]]:  # noqa: ANN401
        """The pages of a scan."""
        start: Item = {}
        while True:
            page = self.client.scan(TableName=self.name, ConsistentRead=True, **options, **start)
            yield page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def changes(self) -> list[tuple[str, Item | None, Item | None]]:
        """What its stream tells."""
        streams = self._streams
        (shard,) = streams.describe_stream(StreamArn=self._stream)["StreamDescription"]["Shards"]
        at = {"ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = streams.get_shard_iterator(StreamArn=self._stream, **at)["ShardIterator"]
        records = streams.get_records(ShardIterator=iterator)["Records"]
        return [
            (record["eventName"], *(record["dynamodb"].get(image) for image in ("OldImage", "NewImage")))
            for record in records
        ]


def key(pk: str, sk: int = 0) -> Item:
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


def failure(call: Callable[..., Any], *args: Any, **request: Any) -> Item:  # noqa: ANN401
    """The error of a call, with all that it says."""
    with pytest.raises(ClientError) as error:
        call(*args, **request)
    response: Item = dict(error.value.response)
    return response


@pytest.fixture
def table(aws: Callable[..., Any], name: str) -> Table:
    return Table(aws, name)


# Scans


def test_each_item_is_in_one_segment_together_with_the_others_of_its_partition_key(table: Table) -> None:
    items = [table.put(f"p{number % 30}", number) for number in range(90)]
    segments = [
        list(itertools.chain.from_iterable(table.scanned(Segment=number, TotalSegments=4, Limit=7)))
        for number in range(4)
    ]
    found = list(itertools.chain.from_iterable(segments))
    assert sorted(found, key=str) == sorted(items, key=str)
    partitions = [{item["pk"]["S"] for item in segment} for segment in segments]
    assert all(partitions)
    assert sum(map(len, partitions)) == 30
    assert list(itertools.chain.from_iterable(table.scanned())) == found


def test_an_item_stays_in_its_segment_whatever_else_is_written(table: Table) -> None:
    for number in range(20):
        table.put(f"p{number}")
    before = [next(table.scanned(Segment=number, TotalSegments=3)) for number in range(3)]
    for number in range(20):
        table.put(f"q{number}")
        table.update(f"p{number}", "changed")
    for number, segment in enumerate(before):
        after = next(table.scanned(Segment=number, TotalSegments=3))
        assert [item["pk"] for item in after if item["pk"]["S"].startswith("p")] == [item["pk"] for item in segment]


def test_a_scan_goes_on_after_an_item_that_is_gone(table: Table) -> None:
    for number in range(30):
        table.put(f"p{number}")
    pages = table.scanned(Segment=0, TotalSegments=2, Limit=3)
    first = next(pages)
    rest = list(itertools.chain.from_iterable(table.scanned(Segment=0, TotalSegments=2)))[3:]
    table.client.delete_item(TableName=table.name, Key=key(first[-1]["pk"]["S"]))
    assert list(itertools.chain.from_iterable(pages)) == rest


def test_a_scan_cannot_start_at_the_key_of_another_segment(table: Table) -> None:
    for number in range(20):
        table.put(f"p{number}")
    start = next(table.scanned(Segment=0, TotalSegments=2))[0]
    request = {"TableName": table.name, "Segment": 1, "TotalSegments": 2, "ExclusiveStartKey": start}
    assert code(table.client.scan, **request) == "ValidationException"


def test_a_page_ends_before_a_megabyte(table: Table) -> None:
    for number in range(12):
        table.put(f"p{number}", text="x" * 200_000)
    assert [len(page) for page in table.scanned()] == [4, 4, 4]


# Single writes


def test_of_many_conditional_writes_at_once_one_takes_effect(table: Table) -> None:
    table.put("p", email="old")

    def attempt(number: int) -> bool:
        try:
            table.update(
                "p",
                f"new {number}",
                ConditionExpression="email = :old",
                ExpressionAttributeValues={":old": {"S": "old"}},
            )
        except table.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(64))) == 1


def test_no_increment_is_lost(table: Table) -> None:
    def increment(_number: int) -> None:
        table.client.update_item(
            TableName=table.name,
            Key=key("p"),
            UpdateExpression="ADD visits :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(increment, range(100)))
    assert (table.get("p") or {})["visits"] == {"N": "100"}


def test_a_write_whose_condition_fails_returns_the_item_if_there_is_one(table: Table) -> None:
    item = table.put("p", email="old")
    wanted = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    gone = {"ConditionExpression": "attribute_not_exists(pk)", **wanted}
    for failed in (
        failure(table.update, "p", "new", **gone),
        failure(table.client.put_item, TableName=table.name, Item=item, **gone),
        failure(table.client.delete_item, TableName=table.name, Key=key("p"), **gone),
    ):
        assert failed["Error"]["Code"] == "ConditionalCheckFailedException"
        assert failed["Item"] == item
    assert "Item" not in failure(table.update, "p", "new", ConditionExpression="attribute_not_exists(pk)")
    missing = failure(table.update, "q", "new", ConditionExpression="attribute_exists(pk)", **wanted)
    assert missing["Error"]["Code"] == "ConditionalCheckFailedException"
    assert "Item" not in missing
    assert table.get("q") is None


def test_a_rejected_update_changes_nothing(table: Table) -> None:
    item = table.put("p", email="old")
    too_large = {":value": {"S": "new"}, ":large": {"S": "x" * 410_000}}
    changed = "SET email = :value, large = :large"
    rejected = failure(table.update, "p", "new", UpdateExpression=changed, ExpressionAttributeValues=too_large)
    assert rejected["Error"]["Code"] == "ValidationException"
    assert table.get("p") == item
    failure(table.update, "q", "new", UpdateExpression=changed, ExpressionAttributeValues=too_large)
    assert table.get("q") is None
    assert len(table.changes()) == 1


def test_consumed_capacity_depends_on_the_sizes_and_on_the_index(table: Table) -> None:
    table.put("p", text="x" * 2_500)

    def units(call: Callable[..., Item], *args: Any, **request: Any) -> float:  # noqa: ANN401
        consumed = call(*args, **request, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]
        assert consumed["TableName"] == table.name
        number: float = consumed["CapacityUnits"]
        return number

    assert units(table.update, "p", "v", UpdateExpression="SET note = :value") == 3
    assert units(table.update, "p", "anna@example.com") == 3 + 1
    assert units(table.update, "p", "bert@example.com") == 3 + 2
    assert units(table.update, "p", "w", UpdateExpression="SET note = :value") == 3
    assert units(table.update, "p", "0170", UpdateExpression="SET phone = :value") == 3 + 1
    at = {"TableName": table.name, "Key": key("p")}
    assert units(table.client.update_item, **at, UpdateExpression="REMOVE email") == 3 + 1
    assert units(table.client.delete_item, **at) == 3
    assert units(table.client.put_item, TableName=table.name, Item={**key("p"), "email": {"S": "a"}}) == 1 + 1
    assert "ConsumedCapacity" not in table.update("p", "b")


# Transactions


def test_a_transaction_takes_effect_as_a_whole(table: Table) -> None:
    old = table.put("old", email="anna")
    new = {**old, **key("new")}
    put = {"Put": {"Item": new, "ConditionExpression": "attribute_not_exists(pk)"}}
    delete = {"Delete": {"Key": key("old"), "ConditionExpression": "attribute_exists(pk)"}}
    consumed = table.transact(put, delete, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]
    # Each item and its entry in the index, twice.
    assert consumed == [{"TableName": table.name, "CapacityUnits": 8.0}]
    assert table.get("old") is None
    assert table.get("new") == new
    assert [kind for kind, *_ in table.changes()] == ["INSERT", "INSERT", "REMOVE"]


def test_a_cancelled_transaction_changes_nothing_and_says_why(table: Table) -> None:
    old, taken = table.put("old", email="anna"), table.put("new", email="bert")
    condition = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    cancelled = failure(table.transact, {"Delete": {"Key": key("old")}}, {"Put": {"Item": {**key("new")}, **condition}})
    assert cancelled["Error"]["Code"] == "TransactionCanceledException"
    assert cancelled["Error"]["Message"].endswith("specific reasons [None, ConditionalCheckFailed]")
    reason = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": taken}
    assert cancelled["CancellationReasons"] == [{"Code": "None"}, reason]
    assert (table.get("old"), table.get("new")) == (old, taken)
    assert sorted(itertools.chain.from_iterable(table.scanned()), key=str) == sorted([old, taken], key=str)
    assert len(table.changes()) == 2


def test_a_transaction_can_check_an_item_that_it_does_not_write(table: Table) -> None:
    check = {"ConditionCheck": {"Key": key("other"), "ConditionExpression": "attribute_exists(pk)"}}
    put = {"Put": {"Item": key("p")}}
    assert failure(table.transact, check, put)["Error"]["Code"] == "TransactionCanceledException"
    table.put("other")
    table.transact(check, put)
    assert table.get("p")


def test_transactions_lose_no_write_of_others(table: Table) -> None:
    table.put("p")

    def write(number: int) -> None:
        table.put(f"q{number}")
        check = {"ConditionCheck": {"Key": key("p"), "ConditionExpression": "attribute_not_exists(pk)"}}
        failure(table.transact, check, {"Put": {"Item": key(f"r{number}")}})

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(40)))
    assert len(list(itertools.chain.from_iterable(table.scanned()))) == 41


def test_a_transaction_that_is_sent_again_is_not_carried_out_again(table: Table) -> None:
    add = {"UpdateExpression": "ADD visits :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    for _ in range(2):
        table.transact({"Update": {"Key": key("p"), **add}}, ClientRequestToken=table.name)
    assert (table.get("p") or {})["visits"] == {"N": "1"}
    other = failure(table.transact, {"Delete": {"Key": key("p")}}, ClientRequestToken=table.name)
    assert other["Error"]["Code"] == "IdempotentParameterMismatchException"


def test_a_transaction_writes_each_item_once(table: Table) -> None:
    twice = failure(table.transact, {"Delete": {"Key": key("p")}}, {"Put": {"Item": key("p")}})
    assert twice["Error"]["Code"] == "ValidationException"
    assert "multiple operations on one item" in twice["Error"]["Message"]
