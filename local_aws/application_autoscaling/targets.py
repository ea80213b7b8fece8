"""Application Auto Scaling of DynamoDB tables."""

from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend

from local_aws.errors import ServiceError
from local_aws.patching import replaces


@replaces(
    ApplicationAutoscalingBackend,
    "describe_scaling_policies",
    because="moto returns the policies of the table when asked for those of one of its indexes",
    source="https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingPolicies.html",
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


@replaces(
    ApplicationAutoscalingBackend,
    "deregister_scalable_target",
    because="moto keeps the policies of a deleted target, and uses the wrong error name for a missing one",
    source="https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeregisterScalableTarget.html",
    written_against="35377586",
)
def deregister_scalable_target(
    original: Any,  # noqa: ANN401
    backend: ApplicationAutoscalingBackend,
    namespace: str,
    r_id: str,
    dimension: str,
) -> None:
    """DeregisterScalableTarget, with the target's policies and their alarms."""
    if not backend.describe_scalable_targets(namespace, [r_id], dimension):
        raise ServiceError("ObjectNotFoundException", f"No scalable target found for {r_id}, {dimension}")
    original(backend, namespace, r_id, dimension)
    for policy in list(backend.policies.values()):
        if (policy.service_namespace, policy.resource_id, policy.scalable_dimension) == (namespace, r_id, dimension):
            backend.delete_scaling_policy(policy.policy_name, namespace, r_id, dimension)
