"""From a notification to executions of the state machine."""

import json
from collections.abc import Mapping
from typing import Any

from rotator.aws_errors import translated_errors
from rotator.clients import Clients
from rotator.errors import UnreadableNotification
from rotator.logs import logger
from rotator.notification import BackupJob
from rotator.recovery_points import kind_of
from rotator.restore.options import options_of
from rotator.rules import Rule
from rotator.settings import WorkflowSettings
from rotator.state import RotationState
from rotator.timestamps import to_iso8601


def start_rotations(event: Mapping[str, Any], settings: WorkflowSettings, clients: Clients) -> list[str]:
    """Starts one execution for each rule that matches the table of each backup job in an SNS event.

    Returns the names of the executions, including those that already existed. One unreadable notification does not hold
    up the others: all are read, then `UnreadableNotification` is raised.
    """
    executions: list[str] = []
    unreadable: list[str] = []
    for notification in _notifications(event):
        try:
            job = BackupJob.from_notification(notification)
        except UnreadableNotification as error:
            unreadable.append(str(error))
            continue
        if job is None:
            logger.debug("Not a completed backup of a DynamoDB table", notification=notification.get("Message"))
            continue
        executions += _start_for_each_matching_rule(job, settings, clients)
    if unreadable:
        raise UnreadableNotification("\n".join(unreadable))
    return executions


def _notifications(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    try:
        notifications = [record["Sns"] for record in event["Records"]]
    except (KeyError, TypeError) as error:
        raise UnreadableNotification(f"This is not an SNS event: {event!r}") from error
    if not all(isinstance(notification, Mapping) for notification in notifications):
        raise UnreadableNotification(f"This is not an SNS event: {event!r}")
    return notifications


def _start_for_each_matching_rule(job: BackupJob, settings: WorkflowSettings, clients: Clients) -> list[str]:
    with logger.append_context_keys(backup_job_id=job.job_id, source_table=job.table_name):
        matching = [
            rule for rule in settings.rules if rule.matches(job.table_name) and job.only_rule in (None, rule.name)
        ]
        if not matching:
            logger.info("No rule matches the table")
        executions = []
        for rule in matching:
            if rule.would_copy_a_copy(job.table_name):
                logger.info("The table is itself a copy", rule=rule.name)
            else:
                executions.append(_start(job, rule, settings.state_machine_arn, clients))
        return executions


def _start(job: BackupJob, rule: Rule, state_machine_arn: str, clients: Clients) -> str:
    """Thanks to the name, a second notification of the same backup job is ignored.

    For a name in use, Step Functions returns the running execution, or, once that has ended,
    `ExecutionAlreadyExists` (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html).
    """
    execution = f"{rule.name}-{job.job_id}"
    state = _initial_state(job, rule)
    with translated_errors():
        try:
            clients.stepfunctions.start_execution(
                stateMachineArn=state_machine_arn, name=execution, input=json.dumps(state)
            )
        except clients.stepfunctions.exceptions.ExecutionAlreadyExists:
            logger.info("The rotation has already been started", execution=execution)
        else:
            logger.info("Rotation started", execution=execution, target_table=state["TargetTableName"])
    return execution


def _initial_state(job: BackupJob, rule: Rule) -> RotationState:
    """It must not differ between two deliveries of one notification, or the second one would be refused as another."""
    return {
        "BackupSnsMessage": {
            "StatusMessage": job.status_message,
            "RecoveryPointArn": job.recovery_point_arn,
            "BackedUpResourceArn": job.table_arn,
            "BackupJobID": job.job_id,
            "StartTime": to_iso8601(job.start_time),
        },
        "SourcePattern": rule.source_pattern,
        "ReplacementPattern": rule.replacement_pattern,
        "SSMParameterName": rule.ssm_parameter_name or "",
        "Rule": rule.name,
        "RecoveryPointKind": kind_of(job.recovery_point_arn),
        "TargetTableName": rule.target_table_name(job.table_name, job.start_time),
        "TargetParameterName": rule.target_parameter_name(job.table_name),
        "Restore": options_of(rule),
        "CarryOver": sorted(rule.carry_over),
        "Tags": dict(rule.tags),
        "BeforeSwitch": rule.before_switch or "",
        "Verify": rule.verify,
        "Keep": rule.keep or 0,
    }
