"""Step Functions: state machines, and the checks that AWS makes before it accepts them."""

import json
import re
from collections.abc import Iterator
from typing import Any

from moto.core.config import default_user_config
from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.logs.models import logs_backends
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.asl.eval.event.logging import CloudWatchLoggingConfiguration
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from local_aws.errors import ServiceError
from local_aws.iam import enforcement as iam
from local_aws.patching import adds, replaces

default_user_config["stepfunctions"]["execute_state_machine"] = True

LOG_DELIVERY = (
    "CreateLogDelivery",
    "GetLogDelivery",
    "UpdateLogDelivery",
    "DeleteLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "DescribeResourcePolicies",
    "DescribeLogGroups",
)
"""https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html"""

WAITING_FOR_EXECUTIONS = ("DescribeRule", "PutRule", "PutTargets")
"""https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html"""


@replaces(
    StepFunctionsParserBackend,
    "_validate_definition",
    because="moto accepts transitions to missing states, and unreachable states",
    source="https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html",
    written_against="a5921e3d",
)
def validate_definition(original: Any, *_: Any, definition: str) -> None:  # noqa: ANN401
    """Raises InvalidDefinition."""
    original(definition)
    problems = list(_transition_problems(json.loads(definition), ""))
    if problems:
        raise ServiceError(
            "InvalidDefinition",
            f"Invalid State Machine Definition: '{', '.join(problems)}'",
        )


def _transition_problems(machine: dict[str, Any], path: str) -> Iterator[str]:
    states: dict[str, dict[str, Any]] = machine["States"]
    reached = {machine["StartAt"]}
    if machine["StartAt"] not in states:
        yield f"MISSING_TRANSITION_TARGET: Missing 'StartAt' target: {machine['StartAt']} at {path}/StartAt"
    for name, state in states.items():
        here = f"{path}/States/{name}"
        targets = {"Next": state.get("Next"), "Default": state.get("Default")}
        for element in ("Catch", "Choices"):
            for number, choice in enumerate(state.get(element, [])):
                targets[f"{element}[{number}]/Next"] = choice.get("Next")
        for element, target in targets.items():
            if target is not None and target not in states:
                yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {here}/{element}"
        reached |= set(targets.values())
        nested = [state[key] for key in ("ItemProcessor", "Iterator") if key in state] + state.get("Branches", [])
        for machine_within in nested:
            yield from _transition_problems(machine_within, here)
    for name in states:
        if name not in reached:
            yield f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable. at {path}/States/{name}'


@adds(
    StepFunctionResponse,
    "validate_state_machine_definition",
    because="Terraform's provider calls ValidateStateMachineDefinition while planning",
    source="https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html",
)
def validate_state_machine_definition(response: StepFunctionResponse) -> ActionResult:
    """ValidateStateMachineDefinition."""
    try:
        StepFunctionsParserBackend._validate_definition(definition=response._get_param("definition"))
    except (ServiceError, AWSError) as error:
        diagnostic = {
            "severity": "ERROR",
            "code": "SCHEMA_VALIDATION_FAILED",
            "message": error.message[:2000],
            "location": "/",
        }
        return ActionResult({"result": "FAIL", "diagnostics": [diagnostic], "truncated": False})
    return ActionResult({"result": "OK", "diagnostics": [], "truncated": False})


@adds(
    StepFunctionResponse,
    "list_state_machine_versions",
    because="Terraform's provider calls ListStateMachineVersions while reading a state machine",
    source="https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListStateMachineVersions.html",
)
def list_state_machine_versions(response: StepFunctionResponse) -> ActionResult:
    """ListStateMachineVersions, newest first, on one page."""
    machine = response.stepfunction_backend.describe_state_machine(response._get_param("stateMachineArn"))
    versions = [
        {"stateMachineVersionArn": version.arn, "creationDate": version.creation_date}
        for _, version in sorted(machine.versions.items(), reverse=True)
    ]
    return ActionResult({"stateMachineVersions": versions})


@replaces(
    StepFunctionsParserBackend,
    "create_state_machine",
    because="moto accepts roles that cannot be assumed or cannot deliver logs, and accepts a second creation "
    "with another definition",
    source="https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html",
    written_against="dc56ec54",
)
def create_state_machine(
    original: Any,  # noqa: ANN401
    backend: StepFunctionsParserBackend,
    name: str,
    definition: str,
    roleArn: str,  # noqa: N803
    **rest: Any,  # noqa: ANN401
) -> StateMachine:
    """Checks role and logging as AWS does."""
    arn = f"arn:{backend.partition}:states:{backend.region_name}:{backend.account_id}:stateMachine:{name}"
    _check_role(roleArn, arn, rest.get("loggingConfiguration"))
    _check_managed_rule(roleArn, arn, definition)
    machine: StateMachine = original(backend, name=name, definition=definition, roleArn=roleArn, **rest)
    if (machine.definition, machine.roleArn) != (definition, roleArn):
        raise ServiceError("StateMachineAlreadyExists", f"State Machine Already Exists: '{machine.arn}'")
    return machine


@replaces(
    StepFunctionsParserBackend,
    "update_state_machine",
    because="moto accepts roles that cannot be assumed or cannot deliver logs, and ignores the empty object with which "
    "clients in Go switch tracing off",
    source="https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html",
    written_against="03b6b2ec",
)
def update_state_machine(
    original: Any,  # noqa: ANN401
    backend: StepFunctionsParserBackend,
    arn: str,
    definition: str | None = None,
    role_arn: str | None = None,
    logging_configuration: dict[str, Any] | None = None,
    tracing_configuration: dict[str, bool] | None = None,
    **rest: Any,  # noqa: ANN401
) -> StateMachine:
    """Checks role and logging as AWS does."""
    machine = backend.describe_state_machine(arn)
    if logging_configuration is not None:
        rest["logging_configuration"] = {"level": "OFF", "includeExecutionData": False, **logging_configuration}
    if tracing_configuration is not None:
        rest["tracing_configuration"] = {"enabled": False, **tracing_configuration}
    _check_role(role_arn or machine.roleArn, arn, rest.get("logging_configuration", machine.loggingConfiguration))
    _check_managed_rule(role_arn or machine.roleArn, arn, definition or machine.definition)
    return original(backend, arn, definition, role_arn, **rest)


def _check_role(role_arn: str, state_machine_arn: str, logging: dict[str, Any] | None) -> None:
    region_free = "states.amazonaws.com"
    if not iam.role_trusts(role_arn, region_free, state_machine_arn):
        raise ServiceError(
            "AccessDeniedException",
            f"Neither the global service principal {region_free}, nor the regional one is authorized "
            "to assume the provided role.",
        )
    if (logging or {}).get("level", "OFF") == "OFF":
        return
    group = CloudWatchLoggingConfiguration.extract_log_arn_parts_from(logging)
    if group is None or group[2] not in logs_backends[group[0]][group[1]].groups:
        raise ServiceError("InvalidLoggingConfiguration", "Invalid Logging Configuration: Log Destination not found.")
    if not all(iam.role_may(role_arn, f"logs:{action}", "*") for action in LOG_DELIVERY):
        raise ServiceError(
            "AccessDeniedException",
            "The state machine IAM Role is not authorized to access the Log Destination",
        )


def _check_managed_rule(role_arn: str, state_machine_arn: str, definition: str) -> None:
    """To wait for an execution, Step Functions creates a rule on behalf of the role."""
    rule = re.sub(r":states:(.*):stateMachine:.*", r":events:\1:rule/", state_machine_arn)
    rule += "StepFunctionsGetEventsForStepFunctionsExecutionRule"
    lacks = not all(iam.role_may(role_arn, f"events:{action}", rule) for action in WAITING_FOR_EXECUTIONS)
    if ":states:::states:startExecution.sync" in definition and lacks:
        raise ServiceError("AccessDeniedException", f"'{role_arn}' is not authorized to create managed-rule.")
