"""DynamoDB: its errors."""

from moto.core.exceptions import JsonRESTError
from moto.dynamodb.exceptions import ERROR_TYPE_PREFIX


def error(name: str, message: str) -> JsonRESTError:
    """An error that DynamoDB answers with."""
    return JsonRESTError(ERROR_TYPE_PREFIX + name, message)
