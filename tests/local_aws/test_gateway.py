"""Every call passes through the gateway."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.mark.parametrize(
    ("service", "call", "parameters"),
    [
        ("dynamodb", "list_imports", {}),
        ("stepfunctions", "get_activity_task", {"activityArn": "arn"}),
        ("lambda", "get_account_settings", {}),
        ("sns", "list_origination_numbers", {}),
    ],
)
def test_a_missing_action_is_rejected_by_name_instead_of_with_a_500(
    aws: Callable[..., Any], service: str, call: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as error:
        getattr(aws(service), call)(**parameters)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error.value.response["Error"]["Code"] == "UnknownOperationException"
    assert call.replace("_", "") in error.value.response["Error"]["Message"].replace("_", "").lower()
