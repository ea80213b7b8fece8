"""What the state machine of modules/masking, its functions and Terraform say to each other fits together."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from masking import errors, state
from masking.errors import InvalidInput
from masking.paths import parse
from masking.rules import METHODS
from masking.settings import ATTRIBUTES, MaskingSettings
from rotator import errors as errors_of_rotator
from tests.support.lambda_errors import FAILURES, NOT_READY

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "modules/masking"
TEMPLATE = (MODULE / "statemachine/mask_table.asl.json").read_text()
FUNCTIONS_TF = (MODULE / "functions.tf").read_text()
MACHINE: dict[str, Any] = json.loads(TEMPLATE)
STATES: dict[str, dict[str, Any]] = MACHINE["States"]
MAPS = {name: definition for name, definition in STATES.items() if definition["Type"] == "Map"}

OUR_ERRORS = {name for module in (errors, errors_of_rotator) for name in vars(module)}


def all_states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those within maps included."""
    for name, definition in machine["States"].items():
        yield name, definition
        if "ItemProcessor" in definition:
            yield from all_states(definition["ItemProcessor"])


TASKS = {name: definition for name, definition in all_states(MACHINE) if definition["Type"] == "Task"}


def function_of(task: dict[str, Any]) -> str:
    return str(task["Parameters"]["FunctionName"]).removeprefix("${functions.").removesuffix("}")


def strings(value: Any) -> list[str]:  # noqa: ANN401
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def evaluated_by_terraform(expression: str) -> Any:  # noqa: ANN401
    """In a directory without a configuration."""
    console = subprocess.run(
        ["terraform", f"-chdir={MODULE / 'statemachine'}", "console"],
        input=" ".join(f"jsonencode({expression})".split()),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(json.loads(console.stdout.strip().splitlines()[-1]))


def test_terraform_makes_a_function_of_each_handler_and_passes_each_to_the_state_machine() -> None:
    handlers = {file.stem for file in (ROOT / "lambdas/src/masking/handlers").glob("[a-z]*.py")}
    call = re.search(r"templatefile\(.*?, \{\n(.*?)\n  \}\)", (MODULE / "state_machine.tf").read_text(), re.DOTALL)
    assert call is not None

    assert {*re.findall(r"^    (\w+) = \{\n      description", FUNCTIONS_TF, re.MULTILINE)} == handlers
    assert {function_of(task) for task in TASKS.values()} == handlers
    placeholders = {name for name, _ in re.findall(r"\$\{(\w+)(?:\.(\w+))?\}", TEMPLATE)}
    assert {*re.findall(r"^    (\w+) += ", call[1], re.MULTILINE)} == placeholders


def test_an_error_ends_the_execution_where_it_happens() -> None:
    assert not [name for name, state in all_states(MACHINE) if "Catch" in state or state["Type"] == "Fail"]
    assert len(TEMPLATE.splitlines()) < 420


def test_no_two_states_have_the_same_name() -> None:
    assert [name for name, times in Counter(name for name, _ in all_states(MACHINE)).items() if times > 1] == []


@pytest.mark.parametrize(
    "machine", [MACHINE, *(state["ItemProcessor"] for state in MAPS.values())], ids=["mask_table", *MAPS]
)
def test_each_state_is_reached_from_another_or_first(machine: dict[str, Any]) -> None:
    states = machine["States"]
    reached: set[str] = set()
    ahead = {machine["StartAt"]}
    while ahead:
        reached.add(name := ahead.pop())
        ways = [*states[name].get("Choices", []), states[name]]
        ahead |= {way[key] for way in ways for key in ("Next", "Default") if key in way} - reached

    assert reached == set(states)


def test_each_path_is_a_key_of_the_typed_state() -> None:
    keys = get_type_hints(state.MaskingState)
    for definition in STATES.values():
        read = {key: value for key, value in definition.items() if key not in ("ItemProcessor", "ResultSelector")}
        for text in strings(read):
            if not text.startswith("$.") or text == "$.Payload":
                continue
            key, *inner = text.removeprefix("$.").split(".")
            assert key in keys
            assert all(name in get_type_hints(keys[key]) for name in inner)


def test_each_choice_is_about_a_key_that_its_function_returns() -> None:
    of_segments = [state["ItemProcessor"]["States"] for state in MAPS.values()]
    choices = [choice for states in of_segments for state in states.values() for choice in state.get("Choices", [])]

    assert [choice["Variable"] for choice in choices] == ["$.Done"] * len(MAPS)
    assert get_type_hints(state.Segment)["Done"] is bool


@pytest.mark.parametrize(("name", "output"), [("Check Table", state.CheckTableOutput), ("Summarize", state.Summary)])
def test_a_task_selects_what_its_function_returns(name: str, output: type) -> None:
    assert TASKS[name]["ResultSelector"] == {f"{key}.$": f"$.Payload.{key}" for key in get_type_hints(output)}


def test_the_functions_receive_what_they_expect() -> None:
    check, masking, dry_run = (TASKS[name]["Parameters"] for name in ("Check Table", "Summarize", "Summarize Report"))

    assert check["Payload"] == {f"{key}.$": "$$.Execution.Input" for key in get_type_hints(state.CheckTableInput)}
    received = masking["Payload"] | dry_run["Payload"]
    assert received == {f"{key}.$": f"$.{key}" for key in get_type_hints(state.SummarizeInput)}
    hook = json.loads((ROOT / "statemachine/restore_backup.asl.json").read_text().replace("${timeout_seconds}", "1"))
    given = hook["States"]["Run Hook State Machine"]["Parameters"]["Input"]
    assert {f"{key}.$" for key in state.HookInput.__required_keys__} <= given.keys()


@pytest.mark.parametrize("name", MAPS)
def test_a_function_works_on_a_segment_until_it_is_done(name: str) -> None:
    states = MAPS[name]["ItemProcessor"]["States"]
    (task,) = (definition for definition in states.values() if definition["Type"] == "Task")
    choice = states[task["Next"]]

    assert MAPS[name]["ItemsPath"] == "$.CheckTableOutput.Segments"
    assert (task["Parameters"]["Payload.$"], task["OutputPath"]) == ("$", "$.Payload")
    assert choice["Choices"][0]["BooleanEquals"] is True
    assert states[choice["Choices"][0]["Next"]] == {"Type": "Succeed"}
    assert states[choice["Default"]] is task


@pytest.mark.parametrize("name", TASKS)
def test_a_task_has_a_time_limit_and_retries(name: str) -> None:
    of_segment, of_others = re.findall(r"timeout += each.value.segment \? (\d+) : (\d+)", FUNCTIONS_TF)[0]
    is_of_segment = not TASKS[name]["Parameters"].get("Payload")
    few_times, for_hours = TASKS[name]["Retry"]

    assert TASKS[name]["TimeoutSeconds"] > int(of_segment if is_of_segment else of_others)
    assert {*few_times["ErrorEquals"]} == FAILURES | {"TemporaryFailure"}
    assert {*for_hours["ErrorEquals"]} == NOT_READY | {"NotYet"}
    assert (few_times["MaxAttempts"], for_hours["MaxAttempts"]) == (6, 100_000)


def test_each_error_is_one_of_ours_or_of_aws() -> None:
    retried = {error for task in TASKS.values() for retry in task["Retry"] for error in retry["ErrorEquals"]}

    assert retried <= FAILURES | NOT_READY | OUR_ERRORS


def test_nothing_is_written_in_a_dry_run_and_no_mark_is_removed_before_the_proof() -> None:
    assert STATES["Dry Run?"]["Choices"][0]["Next"] == "Report Attributes"
    assert STATES["Report Attributes"]["Next"] == "Summarize Report"
    assert STATES["Summarize Report"]["End"] is True
    order = [MACHINE["StartAt"], "Dry Run?"]
    while (following := STATES[order[-1]].get("Default") or STATES[order[-1]].get("Next")) is not None:
        order.append(following)
    assert order == [
        *("Check Table", "Dry Run?", "Mask Segments", "Verify Segments", "Summarize", "Remove Marks?"),
        "Table Masked",
    ]
    assert STATES["Remove Marks"]["Next"] == "Table Masked"


def test_terraform_and_python_know_the_same_methods() -> None:
    known = re.search(r"known_methods = (\[.*\])", (MODULE / "main.tf").read_text())
    assert known

    assert tuple(json.loads(known[1])) == METHODS


def test_terraform_and_python_accept_the_same_paths() -> None:
    main = (MODULE / "main.tf").read_text()
    name, pattern = (json.loads(re.search(rf"{local} += (.*)", main)[1]) for local in ("path_name", "path_pattern"))  # type: ignore[index]
    pattern = pattern.replace("${local.path_name}", name)
    parts = ["a", "b c", "ä", "]", "*", "\n", ".", "[*]", "[0]", "[", "\\", "\\.", "\\[", "\\\\", "#", ""]
    paths = sorted({first + second + third for first in parts for second in parts for third in parts})

    def is_accepted_by_python(path: str) -> bool:
        try:
            return bool(parse(path))
        except InvalidInput:
            return False

    quoted = json.dumps(json.dumps(paths)), json.dumps(pattern)
    accepted = evaluated_by_terraform(f"[for path in jsondecode({quoted[0]}) : can(regex({quoted[1]}, path))]")
    assert dict(zip(paths, accepted, strict=True)) == {path: is_accepted_by_python(path) for path in paths}


def test_the_functions_read_the_attributes_that_terraform_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    (variables,) = re.findall(r"\n  environment = \{\n(.*?)\n  \}", FUNCTIONS_TF, re.DOTALL)
    names = re.findall(r"^    (\w+) +=", variables, re.MULTILINE)
    passed = {name: "10" if name == "WORKERS" else "keep" if name == "UNLISTED" else name for name in names}
    (compress,) = re.findall(r"attributes_compressed += (.*)", FUNCTIONS_TF)
    attributes = {"items[*].größe": "remove", "a\\.b": "digits"}
    expression = compress.replace("var.attributes", f"jsondecode({json.dumps(json.dumps(attributes))})")
    for variable, value in (passed | {ATTRIBUTES: evaluated_by_terraform(expression)}).items():
        monkeypatch.setenv(variable, value)

    settings = MaskingSettings.from_env()

    assert {rule.text: rule.method for rule in settings.rules.in_order} == attributes
    assert (settings.hmac_key_arn, settings.workers, settings.all_listed) == ("HMAC_KEY_ARN", 10, False)


def test_the_readme_says_how_many_invocations_an_execution_has_room_for() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html: a task has five events."""
    most_workers, events_of_a_round = 40, 5 + 2
    events_of_a_segment = 2 + 2  # iteration, and the state at its end
    others = 5 * len(STATES) + 4 * len(MAPS) + events_of_a_segment * most_workers * len(MAPS)
    readme = (MODULE / "README.md").read_text()
    (stated,) = re.findall(r"room for about ([\d,]+) invocations of up to (\d+) minutes", readme)
    hours = re.findall(r"(\d+) workers can work for (\d+) hours, and (\d+) for (\d+)", readme)[0]

    invocations, minutes = (int(number.replace(",", "")) for number in stated)
    assert round((25_000 - others) / events_of_a_round, -2) == invocations
    for workers, length in (hours[:2], hours[2:]):
        assert round(invocations * minutes / 60 / int(workers), -1) == int(length)
