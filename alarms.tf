locals {
  alarms = var.alarms == null ? {} : {
    rotations-failed = {
      description = "A rotation failed. The execution says why."
      namespace   = "AWS/States"
      metric      = "ExecutionsFailed"
      dimensions  = { StateMachineArn = local.state_machine_arn }
    }
    rotations-timed-out = {
      description = "A rotation did not end within timeout_hours."
      namespace   = "AWS/States"
      metric      = "ExecutionsTimedOut"
      dimensions  = { StateMachineArn = local.state_machine_arn }
    }
    rotations-stopped = {
      description = "A rotation was stopped."
      namespace   = "AWS/States"
      metric      = "ExecutionsAborted"
      dimensions  = { StateMachineArn = local.state_machine_arn }
    }
    start-workflow-errors = {
      description = "start_workflow failed to process what a channel reported, which Lambda retries twice, or refused a refresh."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = { FunctionName = local.function_names["start_workflow"] }
    }
    failed-notifications = {
      description = "The queue holds what start_workflow failed to process."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = local.queues["failed_notifications"] }
    }
    undelivered-notifications = {
      description = "The queue holds what could not be delivered to start_workflow."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = local.queues["undelivered_notifications"] }
    }
    failed-reports = {
      description = "The queue holds ended rotations that were not reported."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = local.queues["failed_reports"] }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.namespace == "AWS/SQS" ? "Maximum" : "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarms.topic_arn]
  ok_actions          = [var.alarms.topic_arn]
  tags                = var.tags
}

# Where data is missing, CloudWatch falls back on data from before the alarm's periods, so the alarm would come hours late.
# FILL leaves nothing missing, except where there is no data at all.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
resource "aws_cloudwatch_metric_alarm" "overdue" {
  for_each = var.alarms == null ? {} : { for name, rule in var.rules : name => rule.max_age_hours if rule.max_age_hours != null }

  alarm_name          = "${var.name}-overdue-${each.key}"
  alarm_description   = "No rotation by the rule ${each.key} has succeeded in ${each.value} hours."
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  evaluation_periods  = each.value
  treat_missing_data  = "breaching"
  alarm_actions       = [var.alarms.topic_arn]
  ok_actions          = [var.alarms.topic_arn]
  tags                = var.tags

  metric_query {
    id          = "each_hour"
    expression  = "FILL(succeeded, 0)"
    label       = "Rotations that succeeded"
    return_data = true
  }

  metric_query {
    id = "succeeded"

    metric {
      namespace   = "BackupDynamoDBRotator"
      metric_name = "Succeeded"
      dimensions  = { service = var.name, rule = each.key }
      stat        = "Sum"
      period      = 3600
    }
  }
}
