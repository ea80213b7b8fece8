"""AWS Backup: plans and their selections. Nothing is ever backed up because a plan says so."""

import uuid
from collections.abc import Callable

from moto.backup.exceptions import InvalidRequestException
from moto.backup.models import BackupBackend, Plan
from moto.core.utils import utcnow

from local_aws.backup.operations import Request, found, operation, page, require_trust
from local_aws.patching import replaces


@operation
def update_backup_plan(backend: BackupBackend, request: Request) -> object:
    old = backend.get_backup_plan(request["BackupPlanId"], None)
    new = Plan(request["BackupPlan"], old.creator_request_id, backend)
    new.backup_plan_id, new.backup_plan_arn = old.backup_plan_id, old.backup_plan_arn
    backend.plans[old.backup_plan_id] = new
    return new


@replaces(
    BackupBackend,
    "delete_backup_plan",
    because="AWS does not delete a plan that has selections; moto never frees the name of a deleted plan",
    source="https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteBackupPlan.html",
    written_against="c9bdec1f",
)
def _delete_backup_plan(original: Callable[..., object], self: BackupBackend, backup_plan_id: str) -> object:
    if any(selection["BackupPlanId"] == backup_plan_id for selection in list(self.selections.values())):
        raise InvalidRequestException("Related backup plan selections must be deleted prior to backup plan deletion")
    deleted = original(self, backup_plan_id)
    del self.plans[backup_plan_id]
    return deleted


@operation
def create_backup_selection(backend: BackupBackend, request: Request) -> object:
    plan = backend.get_backup_plan(request["BackupPlanId"], None)
    require_trust(request["BackupSelection"]["IamRoleArn"])
    selection = {
        **request,
        "BackupPlanId": plan.backup_plan_id,
        "SelectionId": str(uuid.uuid4()),
        "CreationDate": utcnow(),
    }
    backend.selections[selection["SelectionId"]] = selection
    return selection


@operation
def get_backup_selection(backend: BackupBackend, request: Request) -> object:
    return found(backend.selections, request["SelectionId"], "Backup selection")


@operation
def delete_backup_selection(backend: BackupBackend, request: Request) -> None:
    found(backend.selections, request["SelectionId"], "Backup selection")
    del backend.selections[request["SelectionId"]]


@operation
def list_backup_selections(backend: BackupBackend, request: Request) -> object:
    selections = {
        key: {**selection, **selection["BackupSelection"]}
        for key, selection in list(backend.selections.items())
        if selection["BackupPlanId"] == request["BackupPlanId"]
    }
    return page("BackupSelectionsList", selections, request)
