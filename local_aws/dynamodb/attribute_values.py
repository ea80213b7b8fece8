"""DynamoDB: how the values of items are written in answers."""

from collections.abc import Callable, MutableMapping
from typing import Any

from botocore.model import StructureShape
from moto.core.serialize import BaseJSONSerializer

from local_aws.patching import replaces


@replaces(
    BaseJSONSerializer,
    "_serialize_type_structure",
    because="moto looks for each of the ten types of a value in several ways, which takes most of the time of a scan",
    source="tool",
    written_against="36873909",
)
def _serialize_type_structure(
    original: Callable[..., None],
    self: BaseJSONSerializer,
    serialized: MutableMapping[str, Any],
    value: Any,  # noqa: ANN401
    shape: StructureShape,
    key: str,
) -> None:
    if shape.name == "AttributeValue" and self.operation_model.service_model.endpoint_prefix.endswith("dynamodb"):
        self._default_serialize(serialized, _written(self, value), shape, key)
    else:
        original(self, serialized, value, shape, key)


def _written(serializer: BaseJSONSerializer, value: dict[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    if kind == "B":
        return {kind: serializer._base64(content)}
    if kind == "BS":
        return {kind: [serializer._base64(element) for element in content]}
    if kind == "L":
        return {kind: [_written(serializer, element) for element in content]}
    if kind == "M":
        return {kind: {name: _written(serializer, element) for name, element in content.items()}}
    return value
