"""Application Auto Scaling of DynamoDB tables."""

from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend

from ..patching import replaces


@replaces(
    ApplicationAutoscalingBackend,
    "describe_scaling_policies",
    because="moto answers with the policies of a table where those of one of its indexes are asked for",
    written_against="94c313b9",
)
def describe_scaling_policies(
    original: Any,  # noqa: ANN401
    backend: ApplicationAutoscalingBackend,
    resource_id: str | None = None,
    **rest: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """DescribeScalingPolicies."""
    token, policies = original(backend, resource_id=resource_id, **rest)
    return token, [policy for policy in policies if resource_id in (None, policy.resource_id)]
