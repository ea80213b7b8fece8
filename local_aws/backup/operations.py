"""AWS Backup: adds the operations that moto lacks, and holds what they share.

An operation is a function of the Region's backend and the request, as parsed by the API's model. The model also
serializes the result, and finds `BackupJobId` in an attribute `backup_job_id`.
"""

import re
from collections.abc import Callable
from copy import copy
from typing import Any

from botocore import xform_name
from moto.backup import urls
from moto.backup.exceptions import InvalidParameterValueException, ResourceNotFoundException
from moto.backup.models import BackupBackend, backup_backends
from moto.backup.responses import BackupResponse
from moto.core.responses import ActionResult
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends

from local_aws.iam import enforcement as iam
from local_aws.patching import adds, replaces

ADVANCED_FEATURES = True
"""Whether an account initially backs up DynamoDB with AWS Backup's advanced features; see UpdateRegionSettings.

On AWS this is true of every account that had no vault before November 2021.
"""

SERVICE = "backup.amazonaws.com"

LARGEST_PAGE = 1000

Request = dict[str, Any]


@replaces(
    BackupBackend,
    "__init__",
    because="moto keeps only vaults and plans",
    source="tool",
    written_against="3c8a2625",
)
def _init(original: Callable[..., None], self: BackupBackend, *args: object, **kwargs: object) -> None:
    original(self, *args, **kwargs)
    self.notifications = {}
    self.access_policies = {}
    self.selections = {}
    self.backup_jobs = {}
    self.recovery_points = {}
    self.restore_jobs = {}
    self.copy_jobs = {}
    self.restore_testing_plans = {}
    self.management = {"DynamoDB": ADVANCED_FEATURES}
    self.opt_in = {"DynamoDB": True}


# moto lists the paths that it serves one by one. The API's model finds the operation, whatever the path.
urls.url_paths["{0}/(?P<path>.+)$"] = BackupResponse.dispatch


def operation(function: Callable[[BackupBackend, Request], object]) -> Callable[..., object]:
    """Adds an operation that moto lacks."""

    def respond(response: BackupResponse) -> ActionResult:
        response.parse_parameters(response.normalized_request)
        _authorize_passed_role(response)
        return ActionResult(function(response.backup_backend, response.params))

    adds(
        BackupResponse,
        function.__name__,
        because="moto lacks this operation of AWS Backup",
        source=f"https://docs.aws.amazon.com/aws-backup/latest/devguide/API_{_api_name(function.__name__)}.html",
    )(respond)
    return function


def _api_name(operation_name: str) -> str:
    """`StartBackupJob` for `start_backup_job`."""
    return "".join(word.capitalize() for word in operation_name.split("_"))


def _authorize_passed_role(response: BackupResponse) -> None:
    """Every call that passes a role needs iam:PassRole on it."""
    params = response.params
    selection = params.get("BackupSelection") or params.get("RestoreTestingSelection") or params
    role = selection.get("IamRoleArn")
    if role:
        iam.authorize_pass_role(response.access_key, role, SERVICE)


def require_trust(role_arn: str) -> None:
    """Rejects a role that AWS Backup may not assume."""
    if not iam.role_trusts(role_arn, SERVICE):
        raise InvalidParameterValueException(f"The provided role {role_arn} cannot be assumed by AWS Backup.")


def found(things: dict[str, Any], key: str, what: str) -> Any:  # noqa: ANN401
    """The thing, or ResourceNotFoundException."""
    if key not in things:
        raise ResourceNotFoundException(f"{what} {key} does not exist")
    return things[key]


def page(name: str, things: dict[str, Any], request: Request) -> dict[str, object]:
    """One page of the things that pass the request's filters, as they are now: jobs go on while they are serialized."""
    size = request.get("MaxResults", LARGEST_PAGE)
    if size > LARGEST_PAGE:
        raise InvalidParameterValueException(f"MaxResults is {size}, and can be at most {LARGEST_PAGE}")
    matching = [thing for thing in map(copy, list(things.values())) if _passes(thing, request)]
    start = int(request.get("NextToken", 0))
    end = start + size
    return {name: matching[start:end], "NextToken": str(end) if end < len(matching) else None}


def _passes(thing: object, request: Request) -> bool:
    """The names of filters say what they compare: `ByState`, `ByCreatedBefore`, `ByCompleteAfter`."""
    dates = {"Created": "creation_date", "Complete": "completion_date"}
    for name, wanted in request.items():
        period = re.fullmatch("By(Created|Complete)(Before|After)", name)
        if period:
            date = getattr(thing, dates[period[1]])
            if date is None or (date >= wanted if period[2] == "Before" else date <= wanted):
                return False
        elif name.startswith("By") and getattr(thing, xform_name(name[2:]), None) != wanted:
            return False
    return True


def owner_of_vault(backend: BackupBackend, request: Request) -> BackupBackend:
    """AWS Backup in the account that owns the vault of the request, which may be one that shares it."""
    return backup_backends[request.get("BackupVaultAccountId", backend.account_id)][backend.region_name]


def dynamodb_of(backend: BackupBackend) -> DynamoDBBackend:
    """DynamoDB in the same account and Region."""
    return dynamodb_backends[backend.account_id][backend.region_name]
