"""Metrics of rotations, by module and rule and with the rotation as metadata, which CloudWatch extracts from the logs.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
"""

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from rotator.state import Invocation, execution_name

_NAMESPACE = "BackupDynamoDBRotator"


def put_metrics(
    invocation: Invocation, *, restore_seconds: int, backup_size_bytes: int | None, verified: bool | None
) -> None:
    """`Verified` is 1 or 0, so that its average is the share of rotations that were verified.

    It has no value where there was nothing to verify.
    """
    metrics = _metrics_of(invocation)
    metrics.add_metric("RestoreSeconds", MetricUnit.Seconds, restore_seconds)
    if backup_size_bytes is not None:
        metrics.add_metric("BackupSizeBytes", MetricUnit.Bytes, backup_size_bytes)
    if verified is not None:
        metrics.add_metric("Verified", MetricUnit.Count, int(verified))
    metrics.flush_metrics()


def put_switch_metrics(invocation: Invocation, *, left_at_later_copy: bool, left_held: bool) -> None:
    """1 says why the parameter was not switched. Both are 0 where it was."""
    metrics = _metrics_of(invocation)
    metrics.add_metric("LeftAtLaterCopy", MetricUnit.Count, int(left_at_later_copy))
    metrics.add_metric("LeftHeld", MetricUnit.Count, int(left_held))
    metrics.flush_metrics()


def put_success_metric(invocation: Invocation) -> None:
    """`Succeeded` is 1 for each rotation that succeeded with a copy of its own. Step Functions counts none by rule."""
    metrics = _metrics_of(invocation)
    metrics.add_metric("Succeeded", MetricUnit.Count, 1)
    metrics.flush_metrics()


def _metrics_of(invocation: Invocation) -> Metrics:
    """Powertools adds the dimension `service`, from the environment: the module's name."""
    metrics = Metrics(namespace=_NAMESPACE)
    metrics.add_dimension("rule", invocation["State"]["Rule"])
    metrics.add_metadata("rotation", execution_name(invocation["Execution"]["Id"]))
    return metrics
