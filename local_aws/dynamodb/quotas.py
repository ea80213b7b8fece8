"""DynamoDB: how many tables an account may have.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

import threading

from moto.core.exceptions import JsonRESTError
from moto.dynamodb.exceptions import ERROR_TYPE_PREFIX
from moto.dynamodb.models import DynamoDBBackend

from local_aws.settings import settings

admission = threading.Lock()
"""Held while a table is created, or a restore starts or ends, so that no two of them take the last place."""


class TooManyTables(JsonRESTError):  # type: ignore[misc]  # moto is not type-checked
    """An error of the same name as that of too many restores, but waiting does not help."""

    def __init__(self) -> None:
        limit = f"There is a limit of {settings.table_quota} tables per subscriber"
        super().__init__(f"{ERROR_TYPE_PREFIX}LimitExceededException", f"Subscriber limit exceeded: {limit}")


def check_number_of_tables(backend: DynamoDBBackend) -> None:
    """Rejects a table beyond the quota of the Region."""
    if len(backend.tables) + len(backend.restoring) >= settings.table_quota:
        raise TooManyTables
