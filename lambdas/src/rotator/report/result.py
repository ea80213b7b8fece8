"""Reporting the result of a rotation."""

import json
from collections.abc import Mapping
from typing import Any

from rotator import verdict
from rotator.aws_errors import translated_errors
from rotator.clients import Clients
from rotator.errors import VerdictRefused
from rotator.logs import log_about, logger
from rotator.report.chat import chat_notification
from rotator.report.execution import SUCCEEDED, EndedExecution
from rotator.report.message import Message, failure, success
from rotator.settings import ReportSettings
from rotator.state import RotationState, execution_name

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_LONGEST_SUBJECT = 99


def report_result(event: Mapping[str, Any], settings: ReportSettings, clients: Clients) -> None:
    """Logs how the execution in a status event ended, and publishes it if the settings ask for it.

    Where AWS Backup ran the restore and the copy was verified, the verdict is recorded there first: unlike a message,
    it does not arrive twice when it is sent again.

    `event` is a `Step Functions Execution Status Change`:
    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    arn = event["detail"]["executionArn"]
    execution = EndedExecution.describe(arn, clients.stepfunctions)
    if execution is None:
        logger.info("Rotation was redriven", rotation=execution_name(arn), rule=None)
        return
    log_about(execution.name, execution.rule)
    logger.info(
        "Rotation ended",
        status=execution.status,
        step=execution.step,
        error=execution.failure.error,
        cause=execution.failure.cause,
        last_error=execution.last_attempt.error,
    )
    succeeded = execution.status == SUCCEEDED
    if succeeded and execution.is_rotation:
        _record_success(execution.state, clients)
    if settings.notification_topic_arn and (settings.notify_of_success or not succeeded):
        message = (success if succeeded else failure)(execution, settings)
        _publish(message, execution, settings.notification_topic_arn, clients)


def _record_success(state: RotationState, clients: Clients) -> None:
    """Records in AWS Backup that what it restored was verified.

    A verdict can't be changed, and only a success is final: a rotation that failed may be redriven.
    """
    verification, job = state.get("VerifyTableOutput"), state.get("StartRestoreJobOutput")
    if not (verification and verification["Verified"] and job and job["RestoreJobId"]):
        return
    reason = verdict.success(verification["Comparisons"], verification["ComparedWith"])
    try:
        verdict.record_verdict(job["RestoreJobId"], "SUCCESSFUL", reason, clients.backup)
    except VerdictRefused as refusal:
        logger.warning("Verdict not recorded in AWS Backup", restore_job=job["RestoreJobId"], reason=str(refusal))


def _publish(message: Message, execution: EndedExecution, topic_arn: str, clients: Clients) -> None:
    """Publishes text for most subscribers, and what AWS's chat integration expects for those by HTTPS."""
    texts = {"default": message.text, "https": json.dumps(chat_notification(message, execution))}
    with translated_errors():
        clients.sns.publish(
            TopicArn=topic_arn,
            Subject=message.subject[:_LONGEST_SUBJECT],
            MessageStructure="json",
            Message=json.dumps(texts),
        )
