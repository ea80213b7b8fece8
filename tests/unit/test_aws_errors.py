"""What each error of AWS means for a rotation."""

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from rotator.aws_errors import translated_errors
from rotator.errors import NotYet, TemporaryFailure


def translation_of(error: Exception) -> Exception:
    with pytest.raises(Exception) as raised, translated_errors():  # noqa: PT011
        raise error
    return raised.value


def client_error(operation: str, code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "why"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
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
        client_error("TagResource", "ResourceNotFoundException"),
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
        ("StartExecution", "StateMachineDoesNotExist"),
    ],
)
def test_what_is_permanent_ends_the_rotation_under_the_name_that_aws_gave_it(operation: str, code: str) -> None:
    error = translation_of(client_error(operation, code))

    assert type(error).__name__ == code
    assert not isinstance(error, NotYet | TemporaryFailure)
    assert "why" in str(error)
