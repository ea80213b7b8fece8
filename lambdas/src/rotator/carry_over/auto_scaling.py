"""Scalable targets and scaling policies, of the table and of its global secondary indexes.

https://docs.aws.amazon.com/autoscaling/application/userguide/services-that-can-integrate-dynamodb.html
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from rotator.aws_errors import translated_errors
from rotator.tables import Tables

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient

_NAMESPACE: Final = "dynamodb"


def carry_over_auto_scaling(tables: Tables) -> bool:
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
            _put(policy, resources[source], scaling)
    return bool(targets)


def end_auto_scaling(table: dict[str, Any], scaling: "ApplicationAutoScalingClient") -> None:
    """Removes targets, policies and alarms of a table, because DynamoDB does not delete them along with it.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.HowTo.SDK.html
    """
    index_names = [index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])]
    for target in _targets_of(_resource_ids(table["TableName"], index_names), scaling):
        with translated_errors(), suppress(scaling.exceptions.ObjectNotFoundException):
            scaling.deregister_scalable_target(
                ServiceNamespace=_NAMESPACE,
                ResourceId=target["ResourceId"],
                ScalableDimension=target["ScalableDimension"],
            )


def _resource_ids(table_name: str, index_names: list[str]) -> list[str]:
    return [f"table/{table_name}", *(f"table/{table_name}/index/{index_name}" for index_name in index_names)]


def _targets_of(resource_ids: list[str], scaling: "ApplicationAutoScalingClient") -> list[Any]:
    with translated_errors():
        pages = scaling.get_paginator("describe_scalable_targets").paginate(
            ServiceNamespace=_NAMESPACE, ResourceIds=resource_ids
        )
        return [target for page in pages for target in page["ScalableTargets"]]


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


def _put(policy: dict[str, Any], resource_id: str, scaling: "ApplicationAutoScalingClient") -> None:
    with translated_errors():
        scaling.put_scaling_policy(
            # Policies made in the console have the resource in their names.
            PolicyName=policy["PolicyName"].replace(policy["ResourceId"], resource_id),
            ServiceNamespace=_NAMESPACE,
            ResourceId=resource_id,
            ScalableDimension=policy["ScalableDimension"],
            PolicyType=policy["PolicyType"],
            TargetTrackingScalingPolicyConfiguration=policy["TargetTrackingScalingPolicyConfiguration"],
        )
