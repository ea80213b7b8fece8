"""Scalable targets and scaling policies, of the table and of its global secondary indexes.

https://docs.aws.amazon.com/autoscaling/application/userguide/services-that-can-integrate-dynamodb.html
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from rotator.aws_errors import translated_errors
from rotator.names import shortened
from rotator.tables import Tables
from rotator.target_table import ON_DEMAND, billing_mode_of

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient

_NAMESPACE: Final = "dynamodb"

# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html and
# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
_MOST_IDS = 50
_LONGEST_NAME = 256


def carry_over_auto_scaling(tables: Tables) -> bool:
    """A table on demand has no capacity to scale, even if targets are left over at the source."""
    if billing_mode_of(tables.target) == ON_DEMAND:
        return False
    scaling = tables.clients.application_autoscaling
    resources = dict(
        zip(
            _resource_ids(tables.source_name, tables.target_global_indexes),
            _resource_ids(tables.target_name, tables.target_global_indexes),
            strict=True,
        )
    )
    targets = _targets_of(list(resources), scaling)
    for target in targets:
        _register(target, resources[target["ResourceId"]], scaling)
    for source in {target["ResourceId"] for target in targets}:
        for policy in _policies_of(source, scaling):
            _put(policy, resources[source], tables)
    return bool(targets)


def end_auto_scaling(is_deleted: Callable[[str], bool], scaling: "ApplicationAutoScalingClient") -> None:
    """Removes targets, policies and alarms of deleted tables, because DynamoDB does not delete them along with a table.

    `is_deleted` tells by the name of a table. It is asked about all that have targets, so that those are found that an
    earlier attempt left.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.HowTo.SDK.html
    """
    with translated_errors():
        pages = scaling.get_paginator("describe_scalable_targets").paginate(ServiceNamespace=_NAMESPACE)
        targets = [target for page in pages for target in page["ScalableTargets"]]
    for target in targets:
        # table/<name> or table/<name>/index/<name>
        if is_deleted(target["ResourceId"].split("/")[1]):
            with translated_errors(), suppress(scaling.exceptions.ObjectNotFoundException):
                scaling.deregister_scalable_target(
                    ServiceNamespace=_NAMESPACE,
                    ResourceId=target["ResourceId"],
                    ScalableDimension=target["ScalableDimension"],
                )


def _resource_ids(table_name: str, index_names: Iterable[str]) -> list[str]:
    return [f"table/{table_name}", *(f"table/{table_name}/index/{index_name}" for index_name in index_names)]


def _targets_of(resource_ids: list[str], scaling: "ApplicationAutoScalingClient") -> list[Any]:
    paginator = scaling.get_paginator("describe_scalable_targets")
    targets: list[Any] = []
    with translated_errors():
        for start in range(0, len(resource_ids), _MOST_IDS):
            ids = resource_ids[start : start + _MOST_IDS]
            for page in paginator.paginate(ServiceNamespace=_NAMESPACE, ResourceIds=ids):
                targets += page["ScalableTargets"]
    return targets


def _policies_of(resource_id: str, scaling: "ApplicationAutoScalingClient") -> list[Any]:
    with translated_errors():
        pages = scaling.get_paginator("describe_scaling_policies").paginate(
            ServiceNamespace=_NAMESPACE, ResourceId=resource_id
        )
        return [policy for page in pages for policy in page["ScalingPolicies"]]


def _register(target: dict[str, Any], resource_id: str, scaling: "ApplicationAutoScalingClient") -> None:
    suspended: Any = {key: target[key] for key in ("SuspendedState",) if key in target}
    with translated_errors():
        scaling.register_scalable_target(
            ServiceNamespace=_NAMESPACE,
            ResourceId=resource_id,
            ScalableDimension=target["ScalableDimension"],
            MinCapacity=target["MinCapacity"],
            MaxCapacity=target["MaxCapacity"],
            **suspended,
        )


def _put(policy: dict[str, Any], resource_id: str, tables: Tables) -> None:
    with translated_errors():
        tables.clients.application_autoscaling.put_scaling_policy(
            PolicyName=_name_at_copy(policy, resource_id),
            ServiceNamespace=_NAMESPACE,
            ResourceId=resource_id,
            ScalableDimension=policy["ScalableDimension"],
            PolicyType=policy["PolicyType"],
            TargetTrackingScalingPolicyConfiguration=_of_copy(
                policy["TargetTrackingScalingPolicyConfiguration"], tables
            ),
        )


def _name_at_copy(policy: dict[str, Any], resource_id: str) -> str:
    """Policies made in the console have the resource in their names."""
    return shortened(policy["PolicyName"].replace(policy["ResourceId"], resource_id), _LONGEST_NAME)


def _of_copy(configuration: Any, tables: Tables) -> Any:  # noqa: ANN401 (any part of a configuration)
    """A customised metric names the table as the value of a dimension, in either form of its specification."""
    if isinstance(configuration, list):
        return [_of_copy(part, tables) for part in configuration]
    if not isinstance(configuration, dict):
        return configuration
    if configuration.get("Value") == tables.source_name:
        return configuration | {"Value": tables.target_name}
    return {key: _of_copy(part, tables) for key, part in configuration.items()}
