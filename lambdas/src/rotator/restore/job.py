"""Advanced recovery points, which a job of AWS Backup restores.

https://docs.aws.amazon.com/aws-backup/latest/devguide/restoring-dynamodb.html
"""

import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from rotator.aws_errors import translated_errors
from rotator.clients import Clients
from rotator.errors import TableNotFound
from rotator.logs import logger
from rotator.restore.options import restore_job_metadata
from rotator.restore.target import describe_table_in_place, may_be_ours
from rotator.settings import RotationSettings
from rotator.source_table import names_of_tables
from rotator.state import Execution, RotationState, StartRestoreJobOutput

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient
    from mypy_boto3_backup.type_defs import DescribeRestoreJobOutputTypeDef


def start_restore_job(
    state: RotationState, execution: Execution, settings: RotationSettings, clients: Clients
) -> StartRestoreJobOutput:
    """Starts a job. A retry whose predecessor's response was lost gets the same job.

    Starts none where the copy of another backup of the same second is in place.
    """
    recovery_point_arn, target = state["BackupSnsMessage"]["RecoveryPointArn"], state["TargetTableName"]
    with suppress(TableNotFound):
        table = describe_table_in_place(state, clients.dynamodb)
        if not may_be_ours(table, state, execution, settings.module, clients.dynamodb):
            return {"RestoreJobId": ""}
    with translated_errors(names_of_tables(state)):
        response = clients.backup.start_restore_job(
            RecoveryPointArn=recovery_point_arn,
            ResourceType="DynamoDB",
            IamRoleArn=settings.restore_role_arn,
            IdempotencyToken=idempotency_token(state, execution),
            Metadata={"targetTableName": target, **restore_job_metadata(state["Restore"])},
        )
    logger.info(
        "Restore job started",
        recovery_point=recovery_point_arn,
        target_table=target,
        restore_job=response["RestoreJobId"],
    )
    return {"RestoreJobId": response["RestoreJobId"]}


def idempotency_token(state: RotationState, execution: Execution) -> str:
    """The same for each retry, and another one when the restore starts over: the state then has the job that failed."""
    failed_job = state.get("StartRestoreJobOutput", {}).get("RestoreJobId", "")
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{execution['Id']} {failed_job}"))


def describe_restore_job(restore_job_id: str, backup: "BackupClient") -> "DescribeRestoreJobOutputTypeDef":
    with translated_errors():
        job = backup.describe_restore_job(RestoreJobId=restore_job_id)
    logger.info("Restore job checked", restore_job=restore_job_id, restore_job_status=job["Status"])
    return job
