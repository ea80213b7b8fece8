"""The dashboard shows what CloudWatch has: metrics that the functions or AWS put, and lines that a function logs."""

import json
from typing import Any

from tests.support.aws import client
from tests.support.deployment import BackupJob, Deployment
from tests.support.polling import wait_until

Metric = tuple[str, str, frozenset[tuple[str, str]]]


def widgets(kind: str, deployment: Deployment) -> list[dict[str, Any]]:
    """The properties of all widgets of a type."""
    name = deployment.rotator["dashboard"]["name"]
    body = json.loads(client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
    return [widget["properties"] for widget in body["widgets"] if widget["type"] == kind]


def shown(deployment: Deployment) -> set[Metric]:
    entries = (metric for widget in widgets("metric", deployment) for metric in widget["metrics"])
    fields = ([field for field in entry if isinstance(field, str)] for entry in entries)
    return {
        (namespace, name, frozenset(zip(dimensions[::2], dimensions[1::2], strict=True)))
        for namespace, name, *dimensions in filter(None, fields)
    }


def put(deployment: Deployment) -> set[Metric]:
    """What CloudWatch extracts from the logs of the functions."""
    return {
        (block["Namespace"], metric["Name"], frozenset((dimension, line[dimension]) for dimension in dimensions))
        for function in deployment.rotator["functions"]
        for line in deployment.log_lines(function, "CloudWatchMetrics")
        for block in line["_aws"]["CloudWatchMetrics"]
        for dimensions in block["Dimensions"]
        for metric in block["Metrics"]
    }


def test_the_dashboard_shows_metrics_that_there_are(deployment: Deployment, jobs: dict[str, BackupJob]) -> None:
    deployment.rotate("staging", jobs["orders-production"])
    rule = ("rule", "staging")

    of_the_rule = {metric for metric in shown(deployment) if rule in metric[2]}

    assert {name for _, name, _ in of_the_rule} == {"BackupSizeBytes", "RestoreSeconds", "Succeeded", "Verified"}
    assert of_the_rule <= put(deployment)
    # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    assert {metric for metric in shown(deployment) if metric[0] != "BackupDynamoDBRotator"} == {
        ("AWS/States", name, frozenset({("StateMachineArn", deployment.rotator["state_machine_arn"])}))
        for name in ("ExecutionsAborted", "ExecutionsFailed", "ExecutionsTimedOut")
    }


def test_the_dashboard_lists_rotations_that_failed(deployment: Deployment, jobs: dict[str, BackupJob]) -> None:
    job = jobs["unlucky"]
    deployment.end_of_rotation("too-long", job)

    def logged() -> dict[str, Any] | None:
        lines = deployment.log_lines("report_result", f"too-long-{job.recovery_point_id}")
        return next((line for line in lines if line["message"] == "Rotation ended"), None)

    line = wait_until("report", logged, deployment.patience_seconds)
    (widget,) = widgets("log", deployment)
    source, fields, condition, *_ = widget["query"].split(" | ")
    assert source == f"SOURCE '{deployment.rotator['function_log_groups']['report_result']['name']}'"
    assert condition == "filter message = 'Rotation ended' and status != 'SUCCEEDED'"
    assert {field: line[field] for field in fields.removeprefix("fields @timestamp, ").split(", ")} == {
        "rule": "too-long",
        "status": "FAILED",
        "step": line["step"],
        "error": "InvalidTableName",
        "rotation": f"too-long-{job.recovery_point_id}",
    }
