"""Speed: what moto does again for every call although the result is the same."""

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.session import Session
from moto.core import errors, responses, utils
from moto.core.base_backend import BackendDict
from moto.core.request import Request
from moto.core.responses import BaseResponse
from moto.core.serialize import AttributePickerContext, XFormedAttributePicker
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from local_aws.patching import remembers, replaces

remembers(
    DomainDispatcherApplication,
    "get_backend_for_host",
    because="moto lists the folders of all its services to find the service of a call",
    written_against="1f41972c",
)
remembers(
    responses,
    "method_names_from_class",
    because="moto lists all methods of a service to find that of a call",
    written_against="9dbac89d",
)
remembers(
    errors,
    "ErrorLookupFactory",
    because="moto lists all errors of a service to find one",
    written_against="c451f818",
)
remembers(
    utils,
    "create_loader",
    because="each of moto's loaders lists the models of all services before it reads that of one",
    written_against="b94f7ea2",
)


@replaces(
    BaseResponse,
    "_get_action_from_method_and_request_uri",
    because="moto finds the operation of a call of a REST service five times",
    source="tool",
    written_against="2642f0e4",
)
def _operation(original: Callable[..., str], response: BaseResponse, request: Request) -> str:
    found: dict[Request, tuple[str, dict[str, Any]]] = response.__dict__.setdefault("operation_of", {})
    if request not in found:
        found[request] = original(response, request), response.uri_match
    operation, response.uri_match = found[request]
    return operation


_keys: dict[Any, list[str]] = {}


@replaces(
    XFormedAttributePicker,
    "get_possible_keys",
    because="moto derives the names that a part of an answer may have from its model each time",
    source="tool",
    written_against="f0d20f55",
)
def _possible_keys(
    original: Callable[..., Iterator[str]],
    picker: XFormedAttributePicker,
    context: AttributePickerContext,
) -> Iterator[str] | list[str]:
    # An object may add names of its own.
    if hasattr(context.obj, "Meta"):
        return original(picker, context)
    place = (context.shape, getattr(context.shape, "parent", None), type(context.obj), context.key)
    if place not in _keys:
        _keys[place] = list(original(picker, context))
    return _keys[place]


@replaces(
    BackendDict,
    "_create_account_specific_backend",
    because="moto looks through all its services whenever one of them is used",
    source="tool",
    written_against="efcc193e",
)
def _create_account(original: Callable[..., None], backends: BackendDict[Any], account_id: str) -> None:
    if account_id not in backends:
        original(backends, account_id)


@replaces(
    Session,
    "get_available_regions",
    because="botocore reads the model of a service to list its Regions; that of EC2, which moto does not read itself, "
    "takes a fifth of the start",
    source="tool",
    written_against="85bcc94c",
)
def _regions(
    _original: Callable[..., list[str]],
    session: Session,
    service_name: str,
    partition_name: str = "aws",
    allow_non_regional: bool = False,
) -> list[str]:
    try:
        name = service_name if service_name == "ec2" else utils.get_service_model(service_name).endpoint_prefix
    except UnknownServiceError:
        return []
    resolver = session.get_component("endpoint_resolver")
    regions: list[str] = resolver.get_available_endpoints(name, partition_name, allow_non_regional)
    return regions
