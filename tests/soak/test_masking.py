"""Copies are masked item by item as the documentation of modules/masking says, whatever goes wrong meanwhile."""

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pytest_terraform.tf import TerraformTestApi

from local_aws import Fault, InjectedFault, calls, changed_settings, injected
from tests.support.aws import ENDPOINT, client
from tests.support.examples import Reader, applied
from tests.support.leaks import everything_written_down, log_texts, seen_in, text_of_execution, text_of_stream
from tests.support.masking import SHORT_SECONDS, SUFFIX, Masking, make_copy, output_of
from tests.support.masks import Item, Masks, comparable, leaves, texts
from tests.support.pages import Shell, answer, commands
from tests.support.polling import wait_until
from tests.support.scale import SCALE
from tests.support.shop import INDEXES, KEY, address, delete, in_index, item, make_shop, write

ITEMS = 1000 * SCALE
FEW = 200
# As many as the local AWS runs at a time.
AT_ONCE = 4

WRITES = ("UpdateItem", "TransactWriteItems")

# DynamoDB returns at most a megabyte at a time: enough for several pages of each segment.
PADDING = 30_000


@pytest.fixture(scope="module")
def masking_module(masking: TerraformTestApi) -> Iterator[Masking]:
    with changed_settings(os.environ[ENDPOINT], retry_factor=0.05):
        yield Masking.of(masking.outputs["masking"]["value"])


@pytest.fixture(scope="module")
def role(masking_module: Masking) -> str:
    """All roles of the module."""
    return f"{masking_module.outputs['state_machine_name']}-*"


def items_of(table: str, index: str | None = None) -> list[Item]:
    pages = (
        client("dynamodb").get_paginator("scan").paginate(TableName=table, **({"IndexName": index} if index else {}))
    )
    return [found for page in pages for found in page["Items"]]


def by_key(items: Iterable[Item]) -> dict[tuple[str, ...], Any]:
    return {tuple(of[name]["S"] for name in KEY): comparable(of) for of in items}


def assert_holds(table: str, expected: Iterable[Item]) -> None:
    """Exactly these items, in the table and in its indexes."""
    wanted = list(expected)
    found = items_of(table)
    assert len(found) == len(wanted)
    assert by_key(found) == by_key(wanted)
    for index in INDEXES:
        projected = [held for held in (in_index(index, of) for of in wanted) if held is not None]
        assert by_key(items_of(table, index)) == by_key(projected), index


@contextmanager
def all_injected(*faults: Fault) -> Iterator[list[InjectedFault]]:
    """Each of them strikes while the block runs."""
    with ExitStack() as active:
        yield [active.enter_context(injected(os.environ[ENDPOINT], fault)) for fault in faults]


def events_of(execution: str) -> Iterator[dict[str, Any]]:
    """The history of an execution."""
    pages = client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=execution)
    yield from (event for page in pages for event in page["events"])


def calls_of(operation: str) -> int:
    return calls(os.environ[ENDPOINT], "dynamodb", operation)[0]


# Large tables


def test_each_item_of_a_large_table_is_masked(masking_module: Masking, say: Callable[[str], None]) -> None:
    masks = masking_module.masks
    originals = [item(number) for number in range(ITEMS)]
    began = time.monotonic()
    table = make_copy("large", originals)
    say(f"\n{ITEMS} items written in {time.monotonic() - began:.0f} s.")

    began = time.monotonic()
    summary = masking_module.run(table)

    say(f"Masked in {time.monotonic() - began:.0f} s.")
    masked = [masks.masked(original) for original in originals]
    assert_holds(table, masked)
    assert summary["TableName"] == table
    assert summary["ItemsScanned"] == ITEMS
    assert summary["ItemsChanged"] == sum(map(masks.changes, originals))
    assert summary["WriteUnits"] > summary["ItemsChanged"]
    assert summary["Attributes"] == {
        path: {"Method": method, "Masked": 0 if method == "keep" else masks.count(path, masked)}
        for path, method in masking_module.attributes.items()
    }

    # A second run masks digits again, and nothing else, and still shows no original.
    masking_module.run(table)

    twice = [masks.masked(once) for once in masked]
    assert_holds(table, twice)
    for original, again in zip(originals, twice, strict=True):
        assert masks.secrets([original]).isdisjoint(texts({"M": again}))
    digits = {path for path, method in masking_module.attributes.items() if method == "digits"}
    others = Masks(b"", dict.fromkeys(digits, "remove"))
    assert by_key(map(others.masked, twice)) == by_key(map(others.masked, masked))


def test_a_worker_whose_time_is_up_is_continued_from_where_it_stopped(masking_module: Masking, role: str) -> None:
    originals = [item(number, PADDING) for number in range(FEW)]
    table = make_copy("continued", originals)
    slow = Fault(role=role, operation="Scan", seconds=1.2)

    with masking_module.changed(workers=2, seconds=SHORT_SECONDS), all_injected(slow):
        execution = masking_module.start(table)
        output_of(masking_module.end(execution))

    assert_holds(table, map(masking_module.masks.masked, originals))
    assert entered(execution)["Mask Segment"] > 2
    assert_unsaid(masking_module.masks.secrets(originals), execution, masking_module)


# Faults


def assert_masked_in_spite_of(stem: str, masking_module: Masking, *faults: Fault) -> dict[str, Any]:
    """The table ends up as it does without faults; gives the execution."""
    originals = [item(number) for number in range(FEW)]
    table = make_copy(stem, originals)
    with all_injected(*faults) as active:
        execution = masking_module.end(masking_module.start(table))
        output_of(execution)
        struck = [fault.struck for fault in active]
    assert min(struck) > 0, struck
    assert_holds(table, map(masking_module.masks.masked, originals))
    return execution


@pytest.mark.parametrize("error", ["ThrottlingException", "ProvisionedThroughputExceededException"])
def test_throttling_only_slows_masking_down(error: str, masking_module: Masking, role: str) -> None:
    faults = [Fault(role=role, operation=write, error=error, probability=0.2, seed=1) for write in WRITES]
    scans = Fault(role=role, operation="Scan", error=error, probability=0.2, seed=2)
    execution = assert_masked_in_spite_of(f"throttled-{error.lower()[:8]}", masking_module, *faults, scans)
    assert output_of(execution)["ItemsScanned"] == FEW


def test_a_lost_response_masks_nothing_twice(masking_module: Masking, role: str) -> None:
    lost = [
        Fault(role=role, operation=operation, drop=True, takes_effect=True, probability=0.1, seed=3)
        for operation in (*WRITES, "Scan")
    ]
    failed = [
        Fault(role=role, operation=write, error="InternalServerError", status=500, takes_effect=True, probability=0.1)
        for write in WRITES
    ]
    assert_masked_in_spite_of("lost", masking_module, *lost, *failed)


def test_a_killed_worker_is_replaced(masking_module: Masking, role: str) -> None:
    killed = [
        Fault(function=masking_module.outputs["functions"][function]["name"], kill=when, times=2)
        for function in ("check_table", "mask_segment", "verify_segment", "remove_marks", "summarize")
        for when in ("before", "after")
    ]
    assert_masked_in_spite_of("killed", masking_module, *killed)


def test_a_worker_that_is_killed_in_the_middle_of_a_page_is_replaced(masking_module: Masking, role: str) -> None:
    killed = [
        Fault(function=masking_module.outputs["functions"][function]["name"], kill="during", seconds=seconds, times=2)
        for function, seconds in (("mask_segment", 0.3), ("verify_segment", 0.1), ("remove_marks", 0.2))
    ]
    # None of them has returned by then.
    slow = [Fault(role=role, operation=write, seconds=0.2) for write in WRITES]
    verify = masking_module.outputs["function_roles"]["verify_segment"]["name"]
    slow.append(Fault(role=verify, operation="Scan", seconds=0.2))

    execution = assert_masked_in_spite_of("cut", masking_module, *killed, *slow)

    errors = [event.get("taskFailedEventDetails", {}).get("error") for event in events_of(execution["executionArn"])]
    assert errors.count("Runtime.ExitError") == sum(fault.times or 0 for fault in killed)


def test_a_redrive_masks_the_segments_that_are_left(masking_module: Masking, role: str) -> None:
    originals = [item(number) for number in range(FEW)]
    table = make_copy("redriven", originals)
    worker = masking_module.outputs["functions"]["mask_segment"]["name"]

    with all_injected(Fault(function=worker, containing='"Number": 7,', kill="before")):
        execution = masking_module.start(table)
        failed = masking_module.end(execution)
    assert failed["error"] == "Runtime.ExitError"
    # Half-way through what is left.
    with all_injected(Fault(role=role, operation="UpdateItem", error="AccessDeniedException", every=10, times=1)):
        assert masking_module.redrive(execution)["error"] == "AccessDeniedException"
    output_of(masking_module.redrive(execution))

    assert_holds(table, map(masking_module.masks.masked, originals))
    succeeded = Counter(
        event["mapIterationSucceededEventDetails"]["index"]
        for event in events_of(execution)
        if event.get("mapIterationSucceededEventDetails", {}).get("name") == "Mask Segments"
    )
    assert succeeded == Counter(range(len(succeeded))), "none was masked twice"
    assert len(succeeded) > AT_ONCE


def entered(execution: str) -> Counter[str]:
    """How often an execution entered each state."""
    details = (event.get("stateEnteredEventDetails") for event in events_of(execution))
    return Counter(found["name"] for found in details if found)


def test_what_changes_meanwhile_is_masked_and_what_is_deleted_stays_away(masking_module: Masking, role: str) -> None:
    left = {number: item(number) for number in range(FEW)}
    table = make_copy("busy", left.values())
    deleted = [left.pop(number) for number in range(0, FEW, 7)]
    changed = {
        number: original | {name: changed_text(number) for name in ("email", "text", "phone") if name in original}
        for number, original in left.items()
        # Nobody would write the others again.
        if number % 11 == 0 and masking_module.masks.changes(original)
    }

    with masking_module.changed(workers=AT_ONCE):
        with all_injected(*(Fault(role=role, operation=write, error="ThrottlingException") for write in WRITES)):
            scans = calls_of("Scan")
            execution = masking_module.start(table)
            # Each worker has read its segment, and DynamoDB refuses its first writes.
            wait_until("scans", lambda: calls_of("Scan") >= scans + AT_ONCE, 60)
            delete(table, deleted)
            write(table, changed.values())
        output_of(masking_module.end(execution))

    assert_holds(table, map(masking_module.masks.masked, (left | changed).values()))


def changed_text(number: int) -> dict[str, str]:
    return {"S": f"0{number} {address(FEW + number)}"}


def test_an_item_that_comes_too_late_fails_the_proof(masking_module: Masking) -> None:
    table = make_copy("late", [item(0)])
    late = item(6)
    verify = masking_module.outputs["function_roles"]["verify_segment"]["name"]

    with masking_module.changed(workers=1):
        with all_injected(Fault(role=verify, operation="Scan", error="ThrottlingException")) as (refused,):
            execution = masking_module.start(table)
            wait_until("end of masking", lambda: refused.struck, 60)
            write(table, [late])
        failed = masking_module.end(execution)

    assert failed["error"] == "NotMasked"
    assert "email" in failed["cause"]
    assert_unsaid(masking_module.masks.secrets([item(0), late]), execution, masking_module)
    assert masking_module.run(table)["ItemsScanned"] == 2


# Refusals: early, clear, and without a value


TEXT = "this is nobody's business"
ANNA = "anna@example.com"


def test_a_table_that_no_rotation_made_is_left_alone(masking_module: Masking) -> None:
    original = item(0)
    name = f"rotator-test-untagged{SUFFIX}"
    make_shop(name, [original])
    writes = sum(map(calls_of, WRITES))

    error, cause = masking_module.refusal(name)

    assert error == "NotACopy"
    assert name in cause
    assert sum(map(calls_of, WRITES)) == writes
    assert by_key(items_of(name)) == by_key([original])


def test_a_table_without_the_name_of_a_copy_is_left_alone(masking_module: Masking) -> None:
    original = item(0)
    make_shop("rotator-test-production", [original])

    error, cause = masking_module.refusal("rotator-test-production")

    assert error == "NotACopy", cause
    assert "rotator-test-production" in cause
    assert by_key(items_of("rotator-test-production")) == by_key([original])


@pytest.mark.parametrize(
    ("rules", "named", "error"),
    [
        ({"sk": "digits"}, "sk", "KeyMethodNotRecognisable"),
        ({"pk": "redact"}, "pk", "KeyMethodNotRecognisable"),
        ({"pk": "remove"}, "pk", "KeyMethodNotRecognisable"),
        ({"phone": "remove"}, "phone", "IndexKeyRemoved"),
    ],
)
def test_rules_that_would_spoil_keys_are_refused_before_the_first_write(
    rules: dict[str, str], named: str, error: str, masking_module: Masking
) -> None:
    original = item(0)
    table = make_copy(f"{named}-{rules[named]}", [original])
    with masking_module.changed(workers=1, attributes={"email": "email"} | rules):
        refusal = masking_module.refusal(table)
    assert refusal[0] == error
    assert re.search(rf"\b{named}\b", refusal[1])
    assert by_key(items_of(table)) == by_key([original])


def test_unlisted_attributes_are_named_without_their_values(masking_module: Masking) -> None:
    unlisted: Item = {"unheard of": {"S": TEXT}, "map": {"M": {"new": {"S": TEXT}, "note": {"S": TEXT}}}}
    table = make_copy("unlisted", [plain("1"), plain("2") | unlisted])
    rules = {"pk": "keep", "sk": "keep", "map.note": "hash"}

    with masking_module.changed(workers=1, attributes=rules, unlisted="fail"):
        execution = masking_module.end(masking_module.start(table))

    assert execution["error"] == "UnlistedAttributes"
    assert "unheard of" in execution["cause"]
    assert "map.new" in execution["cause"]
    assert "map.note" not in execution["cause"]
    assert_unsaid([TEXT], execution["executionArn"], masking_module)


def test_items_that_would_get_one_key_fail_without_their_keys_being_named(masking_module: Masking) -> None:
    originals = [plain(ANNA), plain(ANNA.upper())]
    table = make_copy("colliding", originals)

    execution = masking_module.end(masking_module.start(table))

    assert execution["error"] == "KeysCollide"
    assert_unsaid([ANNA, ANNA.upper()], execution["executionArn"], masking_module)
    assert len(items_of(table)) == len(originals), "nothing is lost"


@pytest.mark.parametrize(
    ("method", "value", "kind"),
    [
        ("hash", {"N": "4711471147"}, "number"),
        ("hash", {"L": [{"BOOL": True}]}, "boolean"),
        ("email", {"B": TEXT.encode()}, "binary"),
        ("digits", {"BS": [TEXT.encode()]}, "binary set"),
    ],
)
def test_a_value_that_a_method_cannot_mask_is_named_by_path_and_type(
    method: str, value: dict[str, Any], kind: str, masking_module: Masking
) -> None:
    table = make_copy(f"unsupported-{method}-{kind.replace(' ', '-')}", [plain("1") | {"odd": value}])

    with masking_module.changed(workers=1, attributes={"odd": method}):
        execution = masking_module.end(masking_module.start(table))

    assert execution["error"] == "UnsupportedType"
    assert "odd" in execution["cause"]
    assert re.search(rf"\b{kind}\b", execution["cause"])
    assert_unsaid([TEXT, "4711471147"], execution["executionArn"], masking_module)


def test_a_dry_run_reports_paths_and_types_and_writes_nothing(masking_module: Masking) -> None:
    originals = [item(number) for number in range(FEW)]
    table = make_copy("dry", originals)
    writes = sum(map(calls_of, WRITES))

    report = masking_module.run(table, DryRun=True)

    found: dict[str, Counter[str]] = {}
    for original in originals:
        for path, kind in leaves({"M": original}):
            found.setdefault(path, Counter())[kind] += 1
    assert report == {"TableName": table, "ItemsScanned": FEW, "Attributes": found}
    assert sum(map(calls_of, WRITES)) == writes
    assert by_key(items_of(table)) == by_key(originals)


# Whole rotations

CUSTOMERS = [
    ("ann.okafor@example.com", "Ann Okafor", "+49 170 5550123", "Lindenstraße 12"),
    ("jürgen.müller@example.org", "Jürgen Müller", "+44 20 7946 0958", "Rosenweg 3"),
    ("Zoë@Example.net", "Zoë García-López", "0033 1 70 18 99 00", "Rue de la Paix 7"),
]
CARD = "9876543210123456"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with applied("masking", tmp_path_factory.mktemp("masking")) as reader:
        yield reader


def test_nothing_leaves_a_rotation_unmasked(reader: Reader) -> None:
    example, deployment = reader.outputs, reader.deployment()
    masks = Masking.of(example["masking"]).masks
    source, originals = example["table_name"], list(store())
    secrets = [*masks.secrets(originals), CARD]

    # An attribute that nobody listed: the rotation fails, and names it.
    write(source, [originals[0] | {"card": {"S": CARD}}, *originals[1:]])
    failed = deployment.end_of_rotation(
        "staging", deployment.end_of_backup(deployment.start_backup(example["table_arn"]))
    )
    assert failed["status"] == "FAILED"
    assert "UnlistedAttributes" in failed["cause"]
    assert "card" in failed["cause"]
    with pytest.raises(client("ssm").exceptions.ParameterNotFound):
        client("ssm").get_parameter(Name=example["ssm_parameter_name"])

    write(source, originals)
    time.sleep(1)  # Copies are named after the second of their backup.
    state = deployment.rotate("staging", deployment.end_of_backup(deployment.start_backup(example["table_arn"])))

    copy = state["TargetTableName"]
    table = client("dynamodb").describe_table(TableName=copy)["Table"]
    assert client("ssm").get_parameter(Name=example["ssm_parameter_name"])["Parameter"]["Value"] == table["TableArn"]
    assert by_key(items_of(copy)) == by_key(map(masks.masked, originals))
    assert state["BeforeSwitchOutput"]["Output"]["ItemsScanned"] == len(originals)
    # What is written now arrives in the stream, so that its silence until then proves something.
    write(copy, [{"pk": {"S": "CUSTOMER#new"}, "sk": {"S": "PROFILE"}}])
    records = wait_until("record", lambda: text_of_stream(copy) if "CUSTOMER#new" in text_of_stream(copy) else None)
    assert seen_in(records, secrets) == []
    written = [*everything_written_down()]
    assert [where for where, text in written if seen_in(text, secrets)] == []
    told = {where for where, text in written if copy in text}
    assert len(told) > len(example["rotator"]["functions"]), "there was something to search"


def test_the_commands_of_the_example_show_a_masked_customer(reader: Reader) -> None:
    deployment = reader.deployment()
    start, look, sum_up = reader.commands("See it work")

    job = deployment.end_of_backup(answer(reader.shell.run(start))["BackupJobId"])
    deployment.rotate("staging", job)

    (customer,) = [item for item in answer(reader.shell.run(look))["Items"] if item.get("id") == {"S": "C-17"}]
    assert re.fullmatch(r"CUSTOMER#\d{12}@example\.invalid", customer["pk"]["S"])
    assert customer["email"]["S"] == customer["pk"]["S"].removeprefix("CUSTOMER#")
    assert answer(reader.shell.run(sum_up))["Attributes"]["email"]["Masked"] > 0


def test_the_commands_of_the_page_report_the_attributes_of_a_copy(masking_module: Masking, tmp_path: Path) -> None:
    table = make_copy("reported", [item(0), item(1)])
    start, look = commands("modules/masking/README.md", "Finding out which attributes there are")
    on_this_copy = start.replace("orders-staging-20261123-02-07-00", table)

    with Shell(tmp_path) as shell:
        started = shell.run(on_this_copy, state_machine_arn=masking_module.outputs["state_machine_arn"])
        execution = answer(started)["executionArn"]
        masking_module.end(execution)
        report = answer(shell.run(look, execution_arn=execution))

    assert (report["TableName"], report["ItemsScanned"]) == (table, 2)
    assert {*report["Attributes"]} > {*KEY}


def store() -> Iterator[Item]:
    """What is in the table of the example."""
    for number, (email, name, phone, street) in enumerate(CUSTOMERS):
        customer = {"pk": {"S": f"CUSTOMER#{email}"}, "id": {"S": str(number)}}
        yield customer | {
            "sk": {"S": "PROFILE"},
            "email": {"S": email},
            "name": {"S": name},
            "phone": {"S": phone},
            "address": {
                "M": {"street": {"S": street}, "postal_code": {"S": f"{number}10115"}, "city": {"S": "Berlin"}}
            },
        }
        note = {
            "M": {"article": {"S": "chair"}, "pieces": {"N": "2"}, "note": {"S": f"leave it with {name}, {street}"}}
        }
        yield customer | {
            "sk": {"S": f"ORDER#{number}"},
            "placed_at": {"S": "2026-11-23"},
            "total": {"N": "99.5"},
            "items": {"L": [note]},
        }


def plain(partition: str) -> Item:
    return {"pk": {"S": partition}, "sk": {"S": "PLAIN"}}


def assert_unsaid(secrets: Iterable[str], execution: str, masking_module: Masking) -> None:
    """Nobody can read any of them in what is written down about the execution."""
    log_groups = [group["name"] for group in masking_module.outputs["function_log_groups"].values()]
    began = client("stepfunctions").describe_execution(executionArn=execution)["startDate"]
    written = [text_of_execution(execution), *(text for group in log_groups for text in log_texts(group, began))]
    assert seen_in("\n".join(written), secrets) == []
