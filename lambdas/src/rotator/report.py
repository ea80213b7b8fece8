"""Telling people how a rotation ended, so that it reads well in an inbox."""

from rotator.aws_errors import answered
from rotator.clients import Clients
from rotator.failure import NOTHING_LEFT, current_failure, in_words
from rotator.logs import logger
from rotator.settings import RotationSettings
from rotator.source_table import source_table_name
from rotator.state import Failure, Invocation, RotationState

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_LONGEST_SUBJECT = 99

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def report_result(invocation: Invocation, settings: RotationSettings, clients: Clients) -> None:
    """Publishes how the rotation ended, where that is asked for."""
    failure = current_failure(invocation)
    logger.info("Rotation failed" if failure else "Rotation complete", failure=failure)
    if not settings.notification_topic_arn or not (failure or settings.notify_of_success):
        return
    subject, text = _failed(invocation, failure) if failure else _succeeded(invocation)
    with answered():
        clients.sns.publish(TopicArn=settings.notification_topic_arn, Subject=subject[:_LONGEST_SUBJECT], Message=text)


def _failed(invocation: Invocation, failure: Failure) -> tuple[str, str]:
    state, execution_arn = invocation["State"], invocation["Execution"]["Id"]
    error, message = in_words(failure)
    text = f"""The rotation of a DynamoDB table failed. {_pointer(state)}

{_what(invocation)}
Error:           {error}
                 {message}
Execution:       {_link(execution_arn)}
{_left_behind(state, error)}
When the cause is mended, run the rotation again from where it failed:

aws stepfunctions redrive-execution --execution-arn {execution_arn}
"""
    return f"Failed: rotation of {source_table_name(invocation['State'])} by rule {state['Rule']}", text


def _pointer(state: RotationState) -> str:
    if "UpdateSSMParameterOutput" in state:
        return "The parameter was set before, and old tables may be left."
    return "The parameter still points where it did before."


def _left_behind(state: RotationState, error: str) -> str:
    """Until a restore has ended, its table can't carry the tags by which it would be known and deleted."""
    began = "RestoreTableFromBackupOutput" in state or "StartRestoreJobOutput" in state
    if not began or error in NOTHING_LEFT or state.get("DescribeTableOutput", {}).get("RestoreComplete"):
        return ""
    return """
The restore goes on. The target table stays until you delete it, unless the rotation is run again.
"""


def _succeeded(invocation: Invocation) -> tuple[str, str]:
    state = invocation["State"]
    text = f"""A backup of a DynamoDB table was restored to a table that is ready to use.

{_what(invocation)}
Parameter is:    {state.get("UpdateSSMParameterOutput", {}).get("Value", "-")}
Restored in:     {state["DescribeTableOutput"]["RestoreSeconds"]} s
Verified:        {_verified(state)}
Execution:       {_link(invocation["Execution"]["Id"])}
"""
    return f"Complete: rotation of {source_table_name(invocation['State'])} by rule {state['Rule']}", text


def _verified(state: RotationState) -> str:
    if "VerifyTableOutput" not in state:
        return "no, the rule does not ask for it"
    output = state["VerifyTableOutput"]
    size = "unknown" if output["BackupSizeBytes"] is None else f"{output['BackupSizeBytes']} bytes"
    return f"yes; compared with: {output['ComparedWith']}; size of the backup: {size}"


def _what(invocation: Invocation) -> str:
    state = invocation["State"]
    message = state["BackupSnsMessage"]
    return f"""Rule:            {state["Rule"]}
Source table:    {message["BackedUpResourceArn"]}
Backup:          {message["StartTime"]}, job {message["BackupJobID"]}
Recovery point:  {message["RecoveryPointArn"]}
Target table:    {state["TargetTableName"]}
Parameter:       {state["TargetParameterName"] or "-"}"""


def _link(execution_arn: str) -> str:
    _, partition, _, region, *_ = execution_arn.split(":")
    console = _CONSOLES.get(partition, _CONSOLES["aws"])
    return f"https://{region}.{console}/states/home?region={region}#/v2/executions/details/{execution_arn}"
