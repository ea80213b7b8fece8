"""Clients of AWS."""

import gc
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import get_session

from rotator.unknown_members import notice_unknown_members

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_backup import BackupClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient

# The state machine retries as well, so the client's retries are few, and end within a function's timeout.
_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 3},
    connect_timeout=5,
    read_timeout=10,
)


class Clients:
    """The clients that boto3 would make, each on first use. boto3 itself would add a tenth to a cold start.

    Those named `at_once` are used by every invocation, and are made while Lambda starts the function at full speed.
    """

    application_autoscaling: "ApplicationAutoScalingClient"
    backup: "BackupClient"
    dynamodb: "DynamoDBClient"
    kms: "KMSClient"
    sns: "SNSClient"
    ssm: "SSMClient"
    stepfunctions: "SFNClient"

    def __init__(self, *at_once: str) -> None:
        self._session = get_session()
        for service in at_once:
            getattr(self, service)

    def __getattr__(self, service: str) -> Any:  # noqa: ANN401 (the annotations above name the types)
        # A service's model is a great many objects, all of them kept. Searching them for garbage while they are made
        # takes up to a fifteenth of a cold start.
        gc.disable()
        try:
            client = self._session.create_client(service.replace("_", "-"), config=_CONFIG)
        finally:
            gc.enable()
        notice_unknown_members(client)
        setattr(self, service, client)
        return client
