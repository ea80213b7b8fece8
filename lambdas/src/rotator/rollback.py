"""Rolling a parameter back to the previous copy, and releasing one that is held, both by hand."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

from rotator.aws_errors import AwsError
from rotator.clients import Clients
from rotator.errors import InvalidRequest, NothingToRollBackTo, ParameterTaken, UnknownParameter
from rotator.logs import logger
from rotator.ownership import is_copy_of, tags_of
from rotator.parameter_history import Version, check_room, current_in, history_of, put_version, tier_of
from rotator.settings import RotationSettings
from rotator.table_description import describe_table
from rotator.wording import quoted

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import ParameterHistoryTypeDef

_USAGE = (
    'Use {"RollBack": {"Parameter": "<name>"}}, with "Hold": true for the parameter to stay there until it is '
    'released, or {"Release": {"Parameter": "<name>"}}.'
)
_WAY_OUT = "Use the name of a parameter that a rule has set: its description says which copy it points at."


class RollBackOutput(TypedDict):
    """From which value to which the parameter was set, and whether it is held there."""

    Parameter: str
    From: str
    To: str
    Held: bool


class ReleaseOutput(TypedDict):
    """What the parameter points at, now that it is not held."""

    Parameter: str
    Value: str
    Held: bool


def roll_back_or_release(
    request: Mapping[str, object], settings: RotationSettings, clients: Clients
) -> RollBackOutput | ReleaseOutput:
    """Serves `{"RollBack": {"Parameter": …, "Hold": true}}`, where `Hold` is optional, or `{"Release": {…}}`.

    Raises `InvalidRequest`, `UnknownParameter`, `ParameterTaken`, `ParameterFull` or `NothingToRollBackTo`.
    """
    match request:
        case {"RollBack": {"Parameter": str(name), "Hold": bool(hold), **others}, **more} if not (others or more):
            return _roll_back(name, settings.module, clients, hold=hold)
        case {"RollBack": {"Parameter": str(name), **others}, **more} if not (others or more):
            return _roll_back(name, settings.module, clients, hold=False)
        case {"Release": {"Parameter": str(name), **others}, **more} if not (others or more):
            return _release(name, settings.module, clients.ssm)
    raise InvalidRequest(f"The request is {quoted(request)}. {_USAGE}")


def _roll_back(name: str, module: str, clients: Clients, *, hold: bool) -> RollBackOutput:
    history, current = _ours(name, module, clients.ssm)
    previous = _previous(history, current, clients.dynamodb)
    check_room(history)
    # In the form of the current value, because the rule may have changed from ARNs to names since, or back.
    value = current.value.removesuffix(current.table_name) + previous.table_name
    version = put_version(name, value, previous.copy, clients.ssm, tier=tier_of(history), held=hold or current.held)
    logger.info("Parameter rolled back", parameter=name, before=current.value, value=value, held=version.held)
    return {"Parameter": name, "From": current.value, "To": value, "Held": version.held}


def _release(name: str, module: str, ssm: "SSMClient") -> ReleaseOutput:
    history, current = _ours(name, module, ssm)
    if current.held:
        check_room(history)
        put_version(name, current.value, current.copy, ssm, tier=tier_of(history))
        logger.info("Parameter released", parameter=name, value=current.value)
    return {"Parameter": name, "Value": current.value, "Held": False}


def _ours(name: str, module: str, ssm: "SSMClient") -> "tuple[list[ParameterHistoryTypeDef], Version]":
    """The history of a parameter of this module, and what it points at.

    Raises `UnknownParameter` or `ParameterTaken`.
    """
    try:
        history = history_of(name, ssm)
    except AwsError as error:
        # A misspelt name is denied as well, because the function may only read the parameters that rules name.
        if error.code != "AccessDeniedException":
            raise
        raise UnknownParameter(
            f"No rule of this module names the parameter {name}. {_WAY_OUT} AWS says: {error}"
        ) from error
    if not history:
        raise UnknownParameter(f"There is no parameter {name}. {_WAY_OUT}")
    current = current_in(history)
    if current is None:
        raise ParameterTaken(
            f"The parameter {name} ({history[-1]['Type']}) was not set by this module, or has been changed since, so "
            f"it stays as it is. {_WAY_OUT}"
        )
    if current.copy.module != module:
        raise ParameterTaken(
            f"The parameter {name} points at a copy by the rule {current.copy.rule} of the module "
            f"{current.copy.module}, not of {module}. Invoke update_ssm_parameter of that module."
        )
    return history, current


def _previous(history: "list[ParameterHistoryTypeDef]", current: Version, dynamodb: "DynamoDBClient") -> Version:
    """The latest copy before the current one. Raises `NothingToRollBackTo`."""
    others = {
        version.table_name: version
        for version in map(Version.read, history)
        if version and version.table_name != current.table_name
    }
    reasons = []
    for version in sorted(others.values(), key=lambda version: version.copy.time, reverse=True):
        reason = _reason_to_skip(version, current, dynamodb)
        if reason is None:
            return version
        reasons.append(f"{version.table_name} {reason}")
    raise NothingToRollBackTo(
        f"The parameter {history[-1]['Name']} stays at {current.table_name}, because its history names no earlier copy "
        f"to go back to ({', '.join(reasons) or 'it names no other copy'}). To restore an earlier backup again, invoke "
        f'start_workflow with {{"Refresh": {{"Rule": "{current.copy.rule}", "RecoveryPointArn": "<ARN>"}}}}.'
    )


def _reason_to_skip(version: Version, current: Version, dynamodb: "DynamoDBClient") -> str | None:
    if version.copy.owner != current.copy.owner:
        return "belongs to another source table, rule or module"
    if version.copy.time >= current.copy.time:
        return "is not earlier"
    table = describe_table(version.table_name, dynamodb)
    if table is None:
        return "is gone"
    if table["TableStatus"] != "ACTIVE":
        return f"is {table['TableStatus']}"
    if not is_copy_of(tags_of(table["TableArn"], dynamodb), table["TableId"], *version.copy.owner):
        return "lacks the tags of a copy by this rule"
    return None
