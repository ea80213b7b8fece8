"""AWS Backup: restore testing plans and their selections. A plan runs when it is told to, not by its schedule.

https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.backup.exceptions import AlreadyExistsException, InvalidRequestException
from moto.backup.models import BackupBackend, backup_backends
from moto.core.utils import utcnow

from local_aws.backup.operations import Request, found, operation, require_trust
from local_aws.backup.recovery_points import RecoveryPoint
from local_aws.backup.restore_jobs import start_job


@dataclass
class Plan:
    """A restore testing plan: what was requested for it, and its selections by name."""

    arn: str
    requested: dict[str, Any]
    selections: dict[str, dict[str, Any]] = field(default_factory=dict)
    creation_time: datetime = field(default_factory=utcnow)

    @property
    def answer(self) -> dict[str, Any]:
        names = {"RestoreTestingPlanName": self.requested["RestoreTestingPlanName"], "RestoreTestingPlanArn": self.arn}
        return {**names, "CreationTime": self.creation_time, "UpdateTime": utcnow()}


def _plan(backend: BackupBackend, request: Request) -> Plan:
    plan: Plan = found(backend.restore_testing_plans, request["RestoreTestingPlanName"], "Restore testing plan")
    return plan


@operation
def create_restore_testing_plan(backend: BackupBackend, request: Request) -> object:
    requested = {"ScheduleExpressionTimezone": "Etc/UTC", "StartWindowHours": 24, **request["RestoreTestingPlan"]}
    name = requested["RestoreTestingPlanName"]
    if name in backend.restore_testing_plans:
        raise AlreadyExistsException(f"Restore testing plan {name} already exists")
    requested["RecoveryPointSelection"] = {
        "ExcludeVaults": [],
        "SelectionWindowDays": 30,
        **requested["RecoveryPointSelection"],
    }
    prefix = f"arn:{backend.partition}:backup:{backend.region_name}:{backend.account_id}:restore-testing-plan"
    plan = Plan(f"{prefix}:{name}-{uuid.uuid4()}", requested)
    backend.restore_testing_plans[name] = plan
    backend.tag_resource(plan.arn, request.get("Tags", {}))
    return plan.answer


@operation
def get_restore_testing_plan(backend: BackupBackend, request: Request) -> object:
    plan = _plan(backend, request)
    return {"RestoreTestingPlan": {**plan.requested, **plan.answer}}


@operation
def update_restore_testing_plan(backend: BackupBackend, request: Request) -> object:
    plan = _plan(backend, request)
    plan.requested |= request["RestoreTestingPlan"]
    return plan.answer


@operation
def delete_restore_testing_plan(backend: BackupBackend, request: Request) -> None:
    if _plan(backend, request).selections:
        raise InvalidRequestException("Related restore testing selections must be deleted prior to the plan")
    del backend.restore_testing_plans[request["RestoreTestingPlanName"]]


@operation
def create_restore_testing_selection(backend: BackupBackend, request: Request) -> object:
    plan = _plan(backend, request)
    selection = request["RestoreTestingSelection"]
    name = selection["RestoreTestingSelectionName"]
    if name in plan.selections:
        raise AlreadyExistsException(f"Restore testing selection {name} already exists")
    require_trust(selection["IamRoleArn"])
    plan.selections[name] = {"CreationTime": utcnow(), "RestoreMetadataOverrides": {}, **selection}
    return {**plan.answer, "RestoreTestingSelectionName": name}


@operation
def get_restore_testing_selection(backend: BackupBackend, request: Request) -> object:
    plan = _plan(backend, request)
    selection = found(plan.selections, request["RestoreTestingSelectionName"], "Restore testing selection")
    return {"RestoreTestingSelection": {**selection, "RestoreTestingPlanName": request["RestoreTestingPlanName"]}}


@operation
def update_restore_testing_selection(backend: BackupBackend, request: Request) -> object:
    plan = _plan(backend, request)
    selection = found(plan.selections, request["RestoreTestingSelectionName"], "Restore testing selection")
    selection |= request["RestoreTestingSelection"]
    return {**plan.answer, "RestoreTestingSelectionName": request["RestoreTestingSelectionName"]}


@operation
def delete_restore_testing_selection(backend: BackupBackend, request: Request) -> None:
    plan = _plan(backend, request)
    found(plan.selections, request["RestoreTestingSelectionName"], "Restore testing selection")
    del plan.selections[request["RestoreTestingSelectionName"]]


def run(arn: str) -> list[str]:
    """Runs a plan now: restores a recovery point of each table that it selects. Returns the ids of the restore jobs."""
    _, _, _, region, account, *_ = arn.split(":")
    backend = backup_backends[account][region]
    plan = {plan.arn: plan for plan in backend.restore_testing_plans.values()}[arn]
    jobs = []
    for selection in plan.selections.values():
        for point in _newest_of_each_table(_selected(backend, plan, selection)):
            # https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-inferred-metadata.html
            inferred = {"targetTableName": f"awsbackup-restore-test-{uuid.uuid4()}", "encryptionType": "Default"}
            request = {
                "RecoveryPointArn": point.recovery_point_arn,
                "IamRoleArn": selection["IamRoleArn"],
                "Metadata": inferred | selection["RestoreMetadataOverrides"],
            }
            jobs.append(start_job(backend, request, created_by={"RestoreTestingPlanArn": arn}).id)
    return jobs


def _selected(backend: BackupBackend, plan: Plan, selection: dict[str, Any]) -> Iterator[RecoveryPoint]:
    vaults = plan.requested["RecoveryPointSelection"]
    tables = selection.get("ProtectedResourceArns", ["*"])
    for point in list(backend.recovery_points.values()):
        included = {"*", point.backup_vault_arn} & {*vaults["IncludeVaults"]}
        excluded = point.backup_vault_arn in vaults["ExcludeVaults"]
        if included and not excluded and {"*", point.resource_arn} & {*tables}:
            yield point


def _newest_of_each_table(points: Iterator[RecoveryPoint]) -> list[RecoveryPoint]:
    newest = {point.resource_arn: point for point in sorted(points, key=lambda point: point.creation_date)}
    return list(newest.values())
