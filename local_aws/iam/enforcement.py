"""IAM: the permissions of a role's credentials. All other credentials are an administrator's; see `accounts`.

moto's own check ignores resources and conditions. Only identity policies and the permissions boundary are evaluated
for a role: a resource policy alone never lets a role in, although it may on AWS. What belongs to another account is
closed to roles and administrators alike, unless its service decides with `opens_to_other_accounts` whom it lets in.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from moto.core.config import default_user_config
from moto.core.responses import BaseResponse
from moto.iam import models as iam_models
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, ManagedPolicy, Role, iam_backends
from moto.kms.models import Key, kms_backends
from moto.sts.models import sts_backends

from local_aws.errors import ServiceError
from local_aws.iam.needs import needs, table_by_arn
from local_aws.patching import replaces
from local_aws.policies import Context, Decision, decide, decide_for_principal, service_may
from local_aws.sqs.queues import KEY_USES, key_of

# Roles usually attach AWSLambdaBasicExecutionRole or the policies of AWS Backup.
default_user_config["iam"]["load_aws_managed_policies"] = True


@replaces(
    IAMBackend,
    "_init_aws_policies",
    because="at the first call moto reads the policies of AWS once for each partition, which takes half a second",
    source="tool",
    written_against="b3f2c8c3",
)
def init_aws_policies(original: Callable[..., list[ManagedPolicy]], backend: IAMBackend) -> list[ManagedPolicy]:
    """Reads them for one partition only, the one in which they can be attached."""
    return original(backend) if backend.partition == "aws" else []


ACCESS_DENIED = "AccessDeniedException"

SESSION_SECONDS = 12 * 60 * 60


@dataclass(frozen=True)
class Credentials:
    """The keys of an assumed role."""

    access_key_id: str
    secret_access_key: str
    session_token: str


_assuming = threading.Lock()


def credentials(role_arn: str, session: str) -> Credentials:
    """The keys that an AWS service gets when it assumes the role, always the same."""
    with _assuming:
        return _assume(role_arn, session)


@lru_cache
def _assume(role_arn: str, session: str) -> Credentials:
    _, partition, *_, account, _ = role_arn.split(":")
    backend = sts_backends[account][partition]
    role = backend.assume_role("us-east-1", session, role_arn, "", SESSION_SECONDS, "")
    return Credentials(role.access_key_id, role.secret_access_key, role.session_token)


def role_may(role_arn: str, action: str, resource: str, context: Context | None = None) -> bool:
    """Whether the role's policies allow the action on the resource."""
    return _reason_for_denial(role_arn, action, resource, context or {}) is None


def role_may_use_key(role_arn: str, action: str, key_arn: str, *services: str) -> bool:
    """Whether the services, or without any the role itself, may use the key with the role's permissions.

    A key of another account must let the role in.
    """
    context = use_of_key(action, key_arn.split(":")[3], *services)
    if not role_may(role_arn, action, key_arn, context):
        return False
    if not _belongs_to_another(key_arn, _account_of(role_arn)):
        return True
    return _key(key_arn) is not None and _key_lets_in(role_arn, action, key_arn, context)


def role_trusts(role_arn: str, service: str, source_arn: str | None = None) -> bool:
    """Whether the role exists and the AWS service may assume it, on behalf of the source if there is one."""
    role = _role(role_arn)
    context: dict[str, str | list[str]] = {"aws:SourceAccount": role_arn.split(":")[4]}
    if source_arn:
        context["aws:SourceArn"] = source_arn
    return role is not None and service_may(
        role.assume_role_policy_document, service, "sts:AssumeRole", role_arn, context
    )


def authorize_pass_role(access_key: str, role_arn: str, service: str) -> None:
    """Raises AccessDeniedException if the caller may not pass this role to the service."""
    if _belongs_to_another(role_arn, iam_models.get_account_id_from(access_key)):
        raise ServiceError(ACCESS_DENIED, "Cross-account pass role is not allowed.")
    authorize(access_key, "iam:PassRole", role_arn, {"iam:PassedToService": service})


def role_may_encrypt(role_arn: str, queue_arn: str) -> bool:
    """Whether the role may use the key of an encrypted queue to send to it."""
    try:
        key = key_of(queue_arn)
    except ServiceError:
        return False
    return key is None or all(role_may(role_arn, use, key.arn) for use in KEY_USES["sqs:SendMessage"])


def caller(response: BaseResponse) -> str | None:
    """The ARN of the role whose credentials signed the call."""
    return _role_of(response.access_key)


def called(response: BaseResponse) -> tuple[str, str]:
    """Service and operation, as signatures and the API name them: `states`, `StartExecution`."""
    signed = re.search(r"Credential=[^/]*/\d+/[^/]*/([^/]+)/", response.headers.get("Authorization", ""))
    return signed[1] if signed else str(response.service_name), str(response._get_action())


def authorize_call(response: BaseResponse) -> None:
    """Raises AccessDeniedException if the caller's policies, or another account's, do not allow the call."""
    given = _parameters(response)
    for action, resources in _actions_and_resources(response, given):
        _authorize_action(response, action, resources, given)


def _authorize_action(response: BaseResponse, action: str, resources: list[str], given: dict[str, Any]) -> None:
    role_arn = caller(response)
    code = _ERROR_CODES.get(action.split(":")[0], ACCESS_DENIED)
    principal = role_arn or f"arn:{response.partition}:iam::{response.current_account}:root"
    for resource in resources:
        if not _is_open(principal, action, resource):
            lacking = f"because no resource-based policy allows the {action} action"
            raise _denial(code, response.access_key, principal, action, resource, lacking)
    if role_arn is None or action == "sts:GetCallerIdentity":
        return
    called_with = _request_context(action, given)
    for resource in resources:
        context = _context(response.region, resource) | called_with
        authorize(response.access_key, action, resource, context, code)
        if not _key_lets_in(role_arn, action, resource, context):
            lacking = f"because no resource-based policy allows the {action} action"
            raise _denial(code, response.access_key, role_arn, action, resource, lacking)
    for need in needs(action, resources, given):
        context = _context(response.region, need.resource)
        if need.via:
            context |= use_of_key(need.action, response.region, need.via)
        authorize(response.access_key, need.action, need.resource, context, need.error or ACCESS_DENIED)


def _key_lets_in(role_arn: str, action: str, resource: str, context: Context) -> bool:
    """Whether the policy of the key, if the resource is one, lets the role in or leaves it to the account's IAM.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    key = _key(resource)
    return key is None or decide_for_principal(key.policy, role_arn, action, resource, context) is Decision.ALLOWED


def _key(arn: str) -> Key | None:
    found = re.fullmatch(r"arn:[^:]+:kms:([^:]+):([^:]+):key/(.+)", arn)
    return kms_backends[found[2]][found[1]].keys.get(found[3]) if found else None


def use_of_key(action: str, region: str, *services: str) -> dict[str, str | list[str]]:
    """The request context when AWS uses a key: through a service, or through several where AWS does not document which.

    AWS Backup may use it through none, with the credentials of a job's role.
    """
    context: dict[str, str | list[str]] = {}
    if services:
        context["kms:ViaService"] = [f"{service}.{region}.amazonaws.com" for service in services]
    if action == "kms:CreateGrant":
        context["kms:GrantIsForAWSResource"] = "true"
    return context


def authorize(access_key: str, action: str, resource: str, context: Context, code: str = ACCESS_DENIED) -> None:
    """Raises AWS's error if the access key belongs to a role without this permission."""
    role_arn = _role_of(access_key)
    reason = role_arn and _reason_for_denial(role_arn, action, resource, context)
    if role_arn and reason:
        raise _denial(code, access_key, role_arn, action, resource, reason)


def _denial(code: str, access_key: str, principal: str, action: str, resource: str, reason: str) -> ServiceError:
    user = _session_arn(access_key, principal)
    return ServiceError(code, f"User: {user} is not authorized to perform: {action} on resource: {resource} {reason}")


Opening = Callable[[str, str, str], bool]
_openings: dict[str, Opening] = {}


def opens_to_other_accounts(service: str) -> Callable[[Opening], Opening]:
    """Decorates what decides whether a principal of another account may perform an action on a resource.

    Only what a service decides itself is open, such as by a policy of the resource.
    """

    def decorate(decides: Opening) -> Opening:
        _openings[service] = decides
        return decides

    return decorate


def _is_open(principal: str, action: str, resource: str) -> bool:
    if not _belongs_to_another(resource, _account_of(principal)):
        return True
    decides = _openings.get(action.split(":")[0])
    return decides is not None and decides(principal, action, resource)


@opens_to_other_accounts("sts")
def _trusts(principal: str, action: str, role_arn: str) -> bool:
    role = _role(role_arn)
    if role is None:
        return False
    return decide_for_principal(role.assume_role_policy_document, principal, action, role_arn, {}) is Decision.ALLOWED


# Services that use the query protocol have their own codes.
_ERROR_CODES = {"sns": "AuthorizationError", "iam": "AccessDenied", "sts": "AccessDenied", "s3": "AccessDenied"}


def _account_of(arn: str) -> str:
    """The number of the account; empty for `*` and for ARNs without one."""
    return (arn.split(":") + [""] * 5)[4]


def _belongs_to_another(arn: str, account: str) -> bool:
    owner = _account_of(arn)
    return re.fullmatch(r"\d{12}", owner) is not None and owner != account


def _backend(role_arn: str) -> IAMBackend:
    _, partition, *_, account, _ = role_arn.split(":")
    return iam_backends[account][partition]


def _role(role_arn: str) -> Role | None:
    try:
        return _backend(role_arn).get_role_by_arn(role_arn)
    except NotFoundException:
        return None


def _role_of(access_key: str) -> str | None:
    for account in list(iam_backends.values()):
        for backend in list(account.values()):
            key = backend.access_keys.get(access_key)
            if key is not None:
                role_arn: str | None = key.role_arn
                return role_arn
    return None


def _session_arn(access_key: str, role_arn: str) -> str:
    _, partition, *_, account, _ = role_arn.split(":")
    session = sts_backends[account][partition].get_assumed_role_from_access_key(access_key)
    return session.arn if session else role_arn


def _reason_for_denial(role_arn: str, action: str, resource: str, context: Context) -> str | None:
    """AWS's wording for why the role may not do this, or None if it may."""
    role = _role(role_arn)
    if role is None:
        return f"because no identity-based policy allows the {action} action"
    context = {"aws:PrincipalArn": role_arn, "aws:PrincipalAccount": role_arn.split(":")[4], **context}
    identity = [_document(policy) for policy in role.policies.values()]
    identity += [_default_version(policy) for policy in role.managed_policies.values()]
    layers = [("identity-based policy", identity)]
    if role.permissions_boundary_arn:
        boundary = _backend(role_arn).managed_policies.get(role.permissions_boundary_arn)
        layers.append(("permissions boundary", [_default_version(boundary)] if boundary else []))
    decisions = [(name, decide(documents, action, resource, context)) for name, documents in layers]
    for name, decision in decisions:
        if decision is Decision.DENIED:
            return f"with an explicit deny in {'an' if name[0] == 'i' else 'a'} {name}"
    for name, decision in decisions:
        if decision is Decision.NOT_ALLOWED:
            return f"because no {name} allows the {action} action"
    with _using:
        _used[f"{role.name} {action}"] += 1
    return None


def used_permissions() -> dict[str, int]:
    """How often each role was allowed each action, by `<role> <action>`."""
    with _using:
        return dict(_used)


_using = threading.Lock()
_used: Counter[str] = Counter()


def _default_version(policy: ManagedPolicy) -> str:
    return str(next(version.document for version in policy.versions if version.is_default))


def _document(policy: Any) -> str:  # noqa: ANN401
    # moto keeps an inline policy as it was sent, which may be percent-encoded.
    return policy if isinstance(policy, str) and policy.lstrip().startswith("{") else unquote(policy)


def _context(region: str, resource: str) -> dict[str, str | list[str]]:
    context: dict[str, str | list[str]] = {"aws:RequestedRegion": region, "aws:SecureTransport": "true"}
    table = table_by_arn(resource)
    for tag in table.tags if table else []:
        context[f"aws:ResourceTag/{tag['Key']}"] = tag["Value"]
    return context


def _request_context(action: str, given: dict[str, Any]) -> dict[str, str]:
    if action.startswith("application-autoscaling:"):
        return {"application-autoscaling:service-namespace": given.get("ServiceNamespace", "")}
    if action.startswith("kms:") and "MacAlgorithm" in given:
        return {"kms:MacAlgorithm": given["MacAlgorithm"]}
    return {}


# Operations whose IAM actions have other names.
_ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "sns:PublishBatch": "sns:Publish",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}

# Service names in signatures that differ from the prefix of their IAM actions.
_PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag"}


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
_ACTIONS_OF_TRANSACTIONS = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}


def _actions_and_resources(response: BaseResponse, given: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The IAM actions of a call, each with the ARNs that it acts on; `*` where the action has no resource type."""
    service, operation = called(response)
    arn = f"arn:{response.partition}:{service}:{response.region}:{response.current_account}:"
    if operation in ("TransactGetItems", "TransactWriteItems"):
        parts = {(kind, part["TableName"]) for parts in given["TransactItems"] for kind, part in parts.items()}
        return [
            (f"dynamodb:{_ACTIONS_OF_TRANSACTIONS[kind]}", _dynamodb(kind, {"TableName": table}, arn, ""))
            for kind, table in sorted(parts)
        ]
    find = _RESOURCES.get(service)
    resources = [found for found in find(operation, given, arn, unquote(response.path)) if found] if find else []
    action = _ACTIONS.get(f"{service}:{operation}")
    return [(action or f"{_PREFIXES.get(service, service)}:{operation}", resources or ["*"])]


def _parameters(response: BaseResponse) -> dict[str, Any]:
    body = response.normalized_request.get_data(as_text=True)
    if body.startswith("{"):
        return dict(json.loads(body))
    return {name: values[0] if isinstance(values, list) else values for name, values in response.querystring.items()}


def _dynamodb(operation: str, given: dict[str, Any], arn: str, _path: str) -> list[str]:
    def table(name: str) -> str:
        return name if name.startswith("arn:") else f"{arn}table/{name}"

    if operation == "RestoreTableFromBackup":
        return [given["BackupArn"], table(given["TargetTableName"])]
    if "TableName" in given:
        index = f"/index/{given['IndexName']}" if "IndexName" in given else ""
        return [table(given["TableName"]) + index]
    if "RequestItems" in given:
        return [table(name) for name in given["RequestItems"]]
    return [given.get("BackupArn") or given.get("ResourceArn") or ""]


def _application_autoscaling(operation: str, given: dict[str, Any], arn: str, _path: str) -> list[str]:
    """Describe operations have no resource; IDs of targets are generated, so any will do."""
    return ["" if operation.startswith("Describe") else f"{arn}scalable-target/0001{given.get('ResourceId', '')}"]


def _ssm(_operation: str, given: dict[str, Any], arn: str, _path: str) -> list[str]:
    names = given.get("Names") or [given.get("Name") or given.get("Path") or given.get("ResourceId") or ""]
    # A version or label, as in `/name:3`, is no part of the ARN.
    return [
        name if name.startswith("arn:") else f"{arn}parameter/{name.lstrip('/').split(':')[0]}"
        for name in names
        if name
    ]


def _states(_operation: str, given: dict[str, Any], _arn: str, _path: str) -> list[str]:
    return [given.get("stateMachineArn") or given.get("executionArn") or given.get("resourceArn") or ""]


def _events(operation: str, given: dict[str, Any], arn: str, _path: str) -> list[str]:
    if operation == "PutEvents":
        buses = {entry.get("EventBusName", "default") for entry in given["Entries"]}
        return [bus if bus.startswith("arn:") else f"{arn}event-bus/{bus}" for bus in sorted(buses)]
    bus, name = given.get("EventBusName", "default").split("/")[-1], given.get("Rule") or given.get("Name")
    return [f"{arn}rule/{'' if bus == 'default' else f'{bus}/'}{name}" if name else given.get("ResourceARN", "")]


def _lambda(_operation: str, _given: dict[str, Any], arn: str, path: str) -> list[str]:
    name = re.search(r"/functions/([^/?]+)", path)
    return [name[1] if name[1].startswith("arn:") else f"{arn}function:{name[1]}"] if name else []


def _sns(_operation: str, given: dict[str, Any], _arn: str, _path: str) -> list[str]:
    return [given.get("TopicArn") or given.get("TargetArn") or given.get("SubscriptionArn") or ""]


def _sqs(_operation: str, given: dict[str, Any], arn: str, _path: str) -> list[str]:
    name = given.get("QueueName") or given.get("QueueUrl", "").rsplit("/", 1)[-1]
    return [f"{arn}{name}" if name else ""]


def _kms(_operation: str, given: dict[str, Any], arn: str, _path: str) -> list[str]:
    """The key, also where the call names an alias: policies name keys."""
    name = given.get("KeyId") or ""
    _, partition, _, region, account, *_ = (name if name.startswith("arn:") else arn).split(":")
    key: str | None = name.rsplit(":key/", 1)[-1]
    if "alias/" in name:
        backend = kms_backends[account][region]
        key = backend.get_key_id_from_alias(backend.get_alias_name(name))
    return [f"arn:{partition}:kms:{region}:{account}:key/{key}" if key else ""]


def _logs(_operation: str, given: dict[str, Any], arn: str, _path: str) -> list[str]:
    if "logGroupName" not in given:
        return [given.get("resourceArn") or ""]
    # AWS names a stream, if an empty one, for every action on a log group: that is why policies end in `:*`.
    return [f"{arn}log-group:{given['logGroupName']}:log-stream:{given.get('logStreamName', '')}"]


def _sts(_operation: str, given: dict[str, Any], _arn: str, _path: str) -> list[str]:
    return [given.get("RoleArn") or ""]


def _backup(_operation: str, given: dict[str, Any], arn: str, path: str) -> list[str]:
    named = re.search(r"/(?:recovery-points|tags|untag)/(arn:.+?)(?:/restore-metadata)?/?$", path)
    vault = re.search(r"/backup-vaults/([^/?]+)", path)
    if named:
        return [named[1]]
    if given.get("RecoveryPointArn"):
        return [given["RecoveryPointArn"]]
    name = vault[1] if vault else given.get("BackupVaultName")
    if owner := given.get("backupVaultAccountId"):
        arn = f"{arn.removesuffix(':').rpartition(':')[0]}:{owner}:"
    return [f"{arn}backup-vault:{name}" if name else ""]


_RESOURCES = {
    "application-autoscaling": _application_autoscaling,
    "backup": _backup,
    "dynamodb": _dynamodb,
    "events": _events,
    "kms": _kms,
    "lambda": _lambda,
    "logs": _logs,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
    "states": _states,
    "sts": _sts,
}
