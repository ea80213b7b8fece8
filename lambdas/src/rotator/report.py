"""Telling people how a rotation ended, so that it reads well in an inbox."""

import json

from rotator.aws_errors import answered
from rotator.clients import Clients
from rotator.logs import logger
from rotator.settings import RotationSettings
from rotator.state import Failure, Invocation

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_LONGEST_SUBJECT = 99

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def report_result(invocation: Invocation, settings: RotationSettings, clients: Clients) -> None:
    """Publishes how the rotation ended, where that is asked for."""
    failure = invocation["State"].get("Failure")
    logger.info("Rotation failed" if failure else "Rotation complete", failure=failure)
    if not settings.notification_topic_arn or not (failure or settings.notify_of_success):
        return
    subject, text = _failed(invocation, failure) if failure else _succeeded(invocation)
    with answered():
        clients.sns.publish(TopicArn=settings.notification_topic_arn, Subject=subject[:_LONGEST_SUBJECT], Message=text)


def _failed(invocation: Invocation, failure: Failure) -> tuple[str, str]:
    state, execution_arn = invocation["State"], invocation["Execution"]["Id"]
    error, message = _in_words(failure)
    text = f"""The rotation of a DynamoDB table failed. The parameter still points where it did before.

{_what(invocation)}
Error:           {error}
                 {message}
Execution:       {_link(execution_arn)}

When the cause is mended, run the rotation again from where it failed:

aws stepfunctions redrive-execution --execution-arn {execution_arn}
"""
    return f"Failed: rotation of {_source(invocation)} by rule {state['Rule']}", text


def _succeeded(invocation: Invocation) -> tuple[str, str]:
    state = invocation["State"]
    text = f"""A backup of a DynamoDB table was restored to a table that is ready to use.

{_what(invocation)}
Parameter is:    {state.get("UpdateSSMParameterOutput", {}).get("Value", "-")}
Execution:       {_link(invocation["Execution"]["Id"])}
"""
    return f"Complete: rotation of {_source(invocation)} by rule {state['Rule']}", text


def _what(invocation: Invocation) -> str:
    state = invocation["State"]
    message = state["BackupSnsMessage"]
    return f"""Rule:            {state["Rule"]}
Source table:    {message["BackedUpResourceArn"]}
Backup:          {message["StartTime"]}, job {message["BackupJobID"]}
Recovery point:  {message["RecoveryPointArn"]}
Target table:    {state["TargetTableName"]}
Parameter:       {state["TargetParameterName"] or "-"}"""


def _source(invocation: Invocation) -> str:
    return invocation["State"]["BackupSnsMessage"]["BackedUpResourceArn"].rpartition("/")[2]


def _in_words(failure: Failure) -> tuple[str, str]:
    """Error and message, without the stack trace that Lambda puts beside the message."""
    try:
        cause = json.loads(failure["Cause"])
        return failure["Error"], str(cause["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return failure["Error"], failure["Cause"]


def _link(execution_arn: str) -> str:
    _, partition, _, region, *_ = execution_arn.split(":")
    console = _CONSOLES.get(partition, _CONSOLES["aws"])
    return f"https://{region}.{console}/states/home?region={region}#/v2/executions/details/{execution_arn}"
