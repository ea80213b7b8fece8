"""What each error of AWS means for a rotation."""

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from rotator.aws_errors import translated_errors, will_not_pass, without_names
from rotator.errors import NotYet, TemporaryFailure


def translation_of(error: Exception, *names: str) -> Exception:
    with pytest.raises(Exception) as raised, translated_errors(names):  # noqa: PT011
        raise error
    return raised.value


def client_error(operation: str, code: str, status: int = 400, message: str = "why") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("RestoreTableFromBackup", "LimitExceededException"),
        ("RestoreTableFromBackup", "BackupInUseException"),
        ("TagResource", "ResourceInUseException"),
        ("PutParameter", "TooManyUpdates"),
        ("DescribeTable", "ThrottlingException"),
        ("GetParameterHistory", "ThrottlingException"),
        ("StartRestoreJob", "LimitExceededException"),
        ("TagResource", "LimitExceededException"),
        ("DescribeScalableTargets", "ConcurrentUpdateException"),
        ("RegisterScalableTarget", "ConcurrentUpdateException"),
        ("PutScalingPolicy", "ConcurrentUpdateException"),
        ("DeregisterScalableTarget", "ConcurrentUpdateException"),
        ("PutScalingPolicy", "ObjectNotFoundException"),
    ],
)
def test_what_passes_with_time_is_retried_for_as_long_as_it_takes(operation: str, code: str) -> None:
    error = translation_of(client_error(operation, code))

    assert isinstance(error, NotYet)
    assert code in str(error)


@pytest.mark.parametrize(
    "error",
    [
        client_error("RestoreTableFromBackup", "InternalServerError", 500),
        client_error("DescribeRestoreJob", "ServiceUnavailableException", 503),
        client_error("DescribeScalableTargets", "InternalServiceException"),
        client_error("TagResource", "ResourceNotFoundException"),
        client_error("GetResourcePolicy", "ResourceNotFoundException"),
        client_error("UpdateTimeToLive", "ResourceNotFoundException"),
        client_error("DescribeContinuousBackups", "TableNotFoundException"),
        client_error("DescribeRestoreJob", "ResourceNotFoundException"),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
        EndpointConnectionError(endpoint_url="https://dynamodb"),
    ],
)
def test_what_aws_failed_at_is_retried_a_few_times(error: Exception) -> None:
    assert isinstance(translation_of(error), TemporaryFailure)


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("RestoreTableFromBackup", "BackupNotFoundException"),
        ("RestoreTableFromBackup", "ValidationException"),
        ("RestoreTableFromBackup", "AccessDeniedException"),
        ("StartRestoreJob", "InvalidParameterValueException"),
        ("PutParameter", "ParameterMaxVersionLimitExceeded"),
        ("PutParameter", "ParameterLimitExceeded"),
        ("RegisterScalableTarget", "LimitExceededException"),
        ("PutScalingPolicy", "LimitExceededException"),
        ("StartExecution", "StateMachineDoesNotExist"),
    ],
)
def test_what_is_permanent_ends_the_rotation_under_the_name_that_aws_gave_it(operation: str, code: str) -> None:
    error = translation_of(client_error(operation, code))

    assert type(error).__name__ == code
    assert not isinstance(error, NotYet | TemporaryFailure)
    assert "why" in str(error)


QUOTA_OF_TABLES = [
    "Subscriber limit exceeded: There is a limit of 2500 tables per subscriber",
    "You have reached the maximum number of tables allowed in this Region.",
    "The account is at its quota of 2,500 tables",
]
AT_ONCE = [
    "Subscriber limit exceeded: There is a limit of 50 concurrent restores per subscriber",
    "Subscriber limit exceeded: Only 500 tables can be created, updated, or deleted simultaneously",
    "You have reached the maximum number of tables that are being created",
    "There is a limit of 50 tables per account that are restored",
    "Too many operations for a given subscriber.",
]


@pytest.mark.parametrize("message", QUOTA_OF_TABLES)
def test_the_quota_of_tables_ends_the_rotation_with_the_message_of_aws(message: str) -> None:
    error = translation_of(client_error("RestoreTableFromBackup", "LimitExceededException", message=message))

    assert type(error).__name__ == "LimitExceededException"
    assert message in str(error)
    assert will_not_pass(message)


@pytest.mark.parametrize("message", AT_ONCE)
def test_a_limit_of_what_goes_on_at_once_is_waited_for(message: str) -> None:
    error = translation_of(client_error("RestoreTableFromBackup", "LimitExceededException", message=message))

    assert isinstance(error, NotYet)
    assert not will_not_pass(message)


def test_the_name_of_a_table_does_not_make_a_quota_one_that_passes() -> None:
    message = f"{QUOTA_OF_TABLES[0]}: orders-restored"
    error = client_error("RestoreTableFromBackup", "LimitExceededException", message=message)

    assert isinstance(translation_of(error), NotYet)
    assert type(translation_of(error, "orders-restored")).__name__ == "LimitExceededException"


@pytest.mark.parametrize(
    ("message", "without"),
    [
        ("Table rate-limits: too many.", "Table : too many."),
        ("The table 'rate-limits' and rate-limits.", "The table '' and ."),
        (
            "Table rate-limits-2 or my-rate-limits or rate-limits.2",
            "Table rate-limits-2 or my-rate-limits or rate-limits.2",
        ),
        ("Not on resource: arn:aws:dynamodb:::table/limits/index/by-limit now", "Not on resource:  now"),
        (
            '{"Arn":"arn:aws:iam:::role/limit","Code":"LimitExceededException"}',
            '{"Arn":"","Code":"LimitExceededException"}',
        ),
    ],
)
def test_names_and_arns_are_no_part_of_what_aws_says(message: str, without: str) -> None:
    assert without_names(message, ["rate", "rate-limits"]) == without
