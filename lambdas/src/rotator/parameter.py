"""The SSM parameter that points at the newest copy."""

from typing import TYPE_CHECKING

from rotator.logs import logger
from rotator.state import RotationState, UpdateSSMParameterOutput

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


def point_parameter_at_table(state: RotationState, ssm: "SSMClient") -> UpdateSSMParameterOutput:
    """Sets the target parameter to the ARN of the target table; it is made where it is not there yet."""
    name, table_arn = state["TargetParameterName"], state["DescribeTableOutput"]["Table"]["TableArn"]
    response = ssm.put_parameter(Name=name, Value=table_arn, Type="String", Overwrite=True)
    logger.info("Parameter updated", parameter=name, table_arn=table_arn, version=response["Version"])
    return {"Version": response["Version"], "Tier": response["Tier"]}
