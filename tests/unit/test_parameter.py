"""The pointer."""

import boto3
import pytest
from moto import mock_aws

from rotator.parameter import point_parameter_at_table
from tests.unit.test_restore import state

OLD = "arn:aws:dynamodb:us-east-1:123456789012:table/orders-staging-20261122-02-07-00"
NEW = "arn:aws:dynamodb:us-east-1:123456789012:table/orders-staging-20261123-02-07-00"


@pytest.mark.parametrize("before", [None, OLD])
def test_the_parameter_is_made_or_moved_to_the_target_table(before: str | None) -> None:
    with mock_aws():
        ssm = boto3.client("ssm")
        if before:
            ssm.put_parameter(Name="/staging/table-arn", Value=before, Type="String")
        rotation = state(parameter="/staging/table-arn")
        rotation["DescribeTableOutput"] = {"Table": {"TableArn": NEW}, "SecondsToNextCheck": 10}

        output = point_parameter_at_table(rotation, ssm)

        assert output == {"Version": 2 if before else 1, "Tier": "Standard"}
        parameter = ssm.get_parameter(Name="/staging/table-arn")["Parameter"]
        assert (parameter["Value"], parameter["Type"]) == (NEW, "String")
