"""Errors of AWS, and what each means for a rotation.

The state machine retries two kinds: `NotYet` until its time limit, and `TemporaryFailure` a few times. Every other
error ends the execution at once, under the name that AWS gave it.
"""

import re
from collections.abc import Iterable, Iterator
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
    # The target that was just registered.
    ("PutScalingPolicy", "ObjectNotFoundException"),
}
# AWS throttles, or a quota is used up, such as that of 50 restores at once
# (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
_NOT_YET_FOR_ANY_CALL = {
    "ConcurrentUpdateException",
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
# A quota that stays used up until somebody deletes something, although the code is one of those above
# (https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html).
LASTING_QUOTAS = {
    ("PutScalingPolicy", "LimitExceededException"),
    ("RegisterScalableTarget", "LimitExceededException"),
}
# A new table, or a new job, is not visible everywhere at once. Retried a few times only, because a table that is gone
# looks the same.
NOT_VISIBLE_YET = {
    ("DescribeContinuousBackups", "TableNotFoundException"),
    ("DescribeContributorInsights", "ResourceNotFoundException"),
    ("DescribeKinesisStreamingDestination", "ResourceNotFoundException"),
    ("DescribeRestoreJob", "ResourceNotFoundException"),
    ("DescribeTimeToLive", "ResourceNotFoundException"),
    ("EnableKinesisStreamingDestination", "ResourceNotFoundException"),
    ("GetResourcePolicy", "ResourceNotFoundException"),
    ("ListTagsOfResource", "ResourceNotFoundException"),
    ("PutResourcePolicy", "ResourceNotFoundException"),
    ("TagResource", "ResourceNotFoundException"),
    ("UpdateContinuousBackups", "TableNotFoundException"),
    ("UpdateContributorInsights", "ResourceNotFoundException"),
    ("UpdateTable", "ResourceNotFoundException"),
    ("UpdateTimeToLive", "ResourceNotFoundException"),
}
# Whatever HTTP status it comes with.
_FAILURES_OF_AWS = {"InternalServiceException"}

# The quota of tables in an account and Region is used up until somebody deletes some. How many are restored or changed
# at once is another quota, which goes by the same name.
_QUOTA_OF_TABLES = re.compile(
    r"\btables per \w+|(limit|maximum|quota|number)( number)? of ([\d,.]+ )?tables\b", re.IGNORECASE
)
_AT_ONCE = re.compile(
    r"at once|at (a|the same) time|being|concurrent|in progress|restor(ed|es|ing)|simultaneous", re.IGNORECASE
)


class AwsError(RotationError):
    """The base of the errors that end a rotation. Their classes are named as AWS names the error."""

    @property
    def code(self) -> str:
        return type(self).__name__


@contextmanager
def translated_errors(names: Iterable[str] = ()) -> Iterator[None]:
    """Raises an error of the calls inside as one of ours, with AWS's own message.

    `names` are those that people chose, and that the message may contain: see `without_names`.
    """
    try:
        yield
    except ClientError as error:
        raise _translated(error, names) from error
    except (NoConnectionError, HTTPClientError) as error:
        # No response, or half of one: the call may have taken effect.
        raise TemporaryFailure(str(error)) from error
    except BotoCoreError as error:
        raise type(type(error).__name__, (AwsError,), {})(str(error)) from error


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def without_names(message: str, names: Iterable[str]) -> str:
    """What AWS itself says in a message: without these names, and without ARNs.

    A name such as `rate-limits` says nothing about the error.
    """
    chosen = "|".join(map(re.escape, names))
    return re.sub(rf"""\barn:[^\s"']+|(?<![\w.-])(?:{chosen})(?!\.?[\w-])""", "", message)


def will_not_pass(message: str) -> bool:
    """Whether a message about a limit speaks of one that no waiting helps against: the quota of 2,500 tables.

    The message is to be `without_names`.
    """
    return bool(_QUOTA_OF_TABLES.search(message)) and not _AT_ONCE.search(message)


def _translated(error: ClientError, names: Iterable[str]) -> RotationError:
    code = code_of(error)
    call = (error.operation_name, code)
    message = error.response.get("Error", {}).get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    is_lasting = call in LASTING_QUOTAS or will_not_pass(without_names(message, names))
    if (call in NOT_YET or code in _NOT_YET_FOR_ANY_CALL) and not is_lasting:
        return NotYet(str(error))
    if call in NOT_VISIBLE_YET or code in _FAILURES_OF_AWS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TemporaryFailure(str(error))
    named: type[AwsError] = type(code, (AwsError,), {})
    return named(str(error))
