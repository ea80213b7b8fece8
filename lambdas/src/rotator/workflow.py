"""From a notification to executions of the state machine."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rotator.aws_errors import translated_errors
from rotator.clients import Clients
from rotator.errors import RotationError, RulesCollide, UnreadableNotification
from rotator.logs import logger
from rotator.notification import BackupJob, quoted
from rotator.ownership import is_copy
from rotator.recovery_points import kind_of
from rotator.restore.options import options_of
from rotator.rules import Rule
from rotator.settings import WorkflowSettings
from rotator.state import RotationState
from rotator.timestamps import to_iso8601


def start_rotations(event: Mapping[str, Any], settings: WorkflowSettings, clients: Clients) -> list[str]:
    """Starts one execution for each rule that matches the table of each backup job in an SNS event.

    Returns the names of the executions, including those that already existed. What cannot be started does not hold up
    the others: only then is `UnreadableNotification` or `RulesCollide` raised.
    """
    executions: list[str] = []
    errors: list[RotationError] = []
    for notification in _notifications(event):
        try:
            job = BackupJob.from_notification(notification)
        except UnreadableNotification as error:
            errors.append(error)
            continue
        if job is None:
            logger.debug("Not a completed backup of a DynamoDB table", notification=notification.get("Message"))
            continue
        with logger.append_context_keys(backup_job_id=job.job_id, source_table=job.table_name):
            rules, collisions = _rules_to_start(job, settings.rules, clients)
            executions += [_start(job, rule, settings.state_machine_arn, clients) for rule in rules]
            errors += collisions
    if errors:
        raise type(errors[0])("\n".join(map(str, errors)))
    return executions


def _notifications(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    try:
        notifications = [record["Sns"] for record in event["Records"]]
    except (KeyError, TypeError) as error:
        raise UnreadableNotification(f"This is not an SNS event: {quoted(event)}") from error
    if not all(isinstance(notification, Mapping) for notification in notifications):
        raise UnreadableNotification(f"This is not an SNS event: {quoted(event)}")
    return notifications


def _rules_to_start(job: BackupJob, rules: Iterable[Rule], clients: Clients) -> tuple[list[Rule], list[RulesCollide]]:
    """The rules to rotate a backup by, and why others that match its table as well are left out."""
    matching = [rule for rule in rules if rule.matches(job.table_name)]
    if not matching:
        logger.info("No rule matches the table")
        return [], []
    if is_copy(job.table_arn, clients.dynamodb):
        logger.info("The table is itself a copy")
        return [], []
    collisions = _collisions(job, matching)
    return [rule for rule in matching if rule.name not in collisions and job.only_rule in (None, rule.name)], list(
        dict.fromkeys(collisions.values())
    )


def _collisions(job: BackupJob, matching: list[Rule]) -> dict[str, RulesCollide]:
    """Why rules are left out, by their names: they lead to the same target table or parameter."""
    return _same(
        {rule.name: rule.target_table_name(job.table_name, job.start_time) for rule in matching},
        f"the table {{}} for a backup of {job.table_name}. Give each its own replacement_pattern",
    ) | _same(
        {rule.name: rule.target_parameter_name(job.table_name) for rule in matching if rule.ssm_parameter_name},
        f"the parameter {{}} for a backup of {job.table_name}. Give each its own ssm_parameter_name",
    )


def _same(names: Mapping[str, str], problem: str) -> dict[str, RulesCollide]:
    collisions: dict[str, RulesCollide] = {}
    for name in dict.fromkeys(names.values()):
        rules = [rule for rule, its_name in names.items() if its_name == name]
        if len(rules) > 1:
            error = RulesCollide(
                f"The rules {', '.join(rules)} all lead to {problem.format(name)}, or an exclude_pattern that matches "
                "the table. None of them was started."
            )
            collisions |= dict.fromkeys(rules, error)
    return collisions


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
        "AdoptParameter": rule.ssm_parameter_adopt,
        "ParameterValue": rule.ssm_parameter_value,
        "Restore": options_of(rule),
        "CarryOver": sorted(rule.carry_over),
        "Tags": dict(rule.tags),
        "BeforeSwitch": rule.before_switch or "",
        "Verify": rule.verify,
        "Keep": rule.keep or 0,
    }
