"""Members of a response that AWS sends, but botocore does not know and drops.

Lambda's botocore may be months old. It refuses to send a parameter that it does not know, but what it does not know of
the source table would be missing from the copy without notice.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from botocore import __version__ as botocore_version

from rotator.errors import SettingsNotApplied

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel

UNKNOWN: Final = "UnknownMembers"
"""The key that a response has where it had such members, with their paths."""

# What DynamoDB and Application Auto Scaling speak: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
_JSON = "application/x-amz-json"
# These tell of all settings of a table at once.
_OF_WHOLE_TABLES = {"DescribeBackup", "DescribeTable", "UpdateTable"}
# These tell of items, which are many, and of no setting.
_OF_ITEMS = {"Scan", "TransactWriteItems", "UpdateItem"}

_refused: ContextVar[bool] = ContextVar("refused", default=False)


def notice_unknown_members(client: "BaseClient") -> None:
    """Has the client add `UNKNOWN` to its responses."""
    client.meta.events.register("before-parse", _notice)


@contextmanager
def unknown_members_refused() -> Iterator[None]:
    """Raises `SettingsNotApplied` inside when AWS tells more of a setting than botocore knows."""
    token = _refused.set(True)
    try:
        yield
    finally:
        _refused.reset(token)


def member(response: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A structure in a response, with the `UNKNOWN` that belongs to it. Empty where it is missing."""
    inside = [path.removeprefix(f"{name}.") for path in response.get(UNKNOWN, []) if path.startswith(f"{name}.")]
    return {**response.get(name, {}), **({UNKNOWN: inside} if inside else {})}


def completely_known(setting: dict[str, Any]) -> dict[str, Any]:
    """The same setting. Raises `SettingsNotApplied` when AWS tells more of it than botocore knows."""
    if unknown := setting.get(UNKNOWN):
        raise SettingsNotApplied(
            f"botocore {botocore_version} does not know {', '.join(unknown)}, which the copy would lack. Leave the "
            "setting out of the rule's carry_over until Lambda's runtime has a botocore that does"
        )
    return setting


def _notice(
    operation_model: "OperationModel",
    response_dict: Mapping[str, Any],
    customized_response_dict: dict[str, Any],
    **_: object,
) -> None:
    shape = operation_model.output_shape
    is_json = response_dict["headers"].get("content-type", "").startswith(_JSON)
    if operation_model.name in _OF_ITEMS or not shape or not is_json or response_dict["status_code"] != HTTPStatus.OK:
        return
    if unknown := sorted({*_unknown(json.loads(response_dict["body"]), shape)}):
        customized_response_dict[UNKNOWN] = unknown
        if _refused.get() and operation_model.name not in _OF_WHOLE_TABLES:
            completely_known(customized_response_dict)


def _unknown(value: Any, shape: Any) -> Iterator[str]:  # noqa: ANN401
    """The path of each member that is not part of the shape. Places in lists and maps are not part of a path."""
    match shape.type_name, value:
        case "structure", dict():
            for name, inner in value.items():
                if name in shape.members:
                    yield from (f"{name}.{path}" for path in _unknown(inner, shape.members[name]))
                else:
                    yield name
        case "list", list():
            for inner in value:
                yield from _unknown(inner, shape.member)
        case "map", dict():
            for inner in value.values():
                yield from _unknown(inner, shape.value)
