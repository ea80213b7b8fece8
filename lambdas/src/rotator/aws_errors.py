"""Errors of AWS, and what each means for a rotation.

The state machine retries two kinds: `NotYet` until its time limit, and `TemporaryFailure` a few times. Every other
error ends the execution at once, under the name that AWS gave it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from rotator.errors import NotYet, RotationError, TemporaryFailure

# It passes, perhaps hours later.
NOT_YET = {
    # DynamoDB restores a backup to one table at a time.
    ("RestoreTableFromBackup", "BackupInUseException"),
    ("TagResource", "ResourceInUseException"),
    ("PutParameter", "TooManyUpdates"),
    # DynamoDB changes one setting at a time, and some only a while after a table has become ACTIVE.
    ("UpdateTable", "ResourceInUseException"),
    ("UpdateTimeToLive", "ResourceInUseException"),
    ("UpdateContinuousBackups", "ContinuousBackupsUnavailableException"),
    ("UpdateContinuousBackups", "ResourceInUseException"),
    ("UpdateContributorInsights", "ResourceInUseException"),
    ("PutResourcePolicy", "ResourceInUseException"),
    ("EnableKinesisStreamingDestination", "ResourceInUseException"),
    ("RegisterScalableTarget", "ConcurrentUpdateException"),
    ("PutScalingPolicy", "ConcurrentUpdateException"),
}
# AWS throttles, or a quota is used up, such as that of 50 restores at once
# (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
_NOT_YET_FOR_ANY_CALL = {
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
}
# A new table is not visible everywhere at once.
NOT_VISIBLE_YET = {
    ("ListTagsOfResource", "ResourceNotFoundException"),
    ("TagResource", "ResourceNotFoundException"),
    ("DescribeContinuousBackups", "TableNotFoundException"),
    ("UpdateContinuousBackups", "TableNotFoundException"),
}


class AwsError(RotationError):
    """The base of the errors that end a rotation. Their classes are named as AWS names the error."""


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raises an error of the calls inside as one of ours, with AWS's own message."""
    try:
        yield
    except ClientError as error:
        raise _translated(error) from error
    except (NoConnectionError, HTTPClientError) as error:
        # No response, or half of one: the call may have taken effect.
        raise TemporaryFailure(str(error)) from error
    except BotoCoreError as error:
        raise type(type(error).__name__, (AwsError,), {})(str(error)) from error


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def _translated(error: ClientError) -> RotationError:
    code = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if (error.operation_name, code) in NOT_YET or code in _NOT_YET_FOR_ANY_CALL:
        return NotYet(str(error))
    if (error.operation_name, code) in NOT_VISIBLE_YET or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TemporaryFailure(str(error))
    named: type[AwsError] = type(code, (AwsError,), {})
    return named(str(error))
