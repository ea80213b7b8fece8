locals {
  alarms = var.alarms == null ? {} : {
    rotations-failed = {
      description = "A rotation failed. The execution says why."
      namespace   = "AWS/States"
      metric      = "ExecutionsFailed"
      dimensions  = { StateMachineArn = local.state_machine_arn }
    }
    rotations-timed-out = {
      description = "A rotation did not end in time."
      namespace   = "AWS/States"
      metric      = "ExecutionsTimedOut"
      dimensions  = { StateMachineArn = local.state_machine_arn }
    }
    start-workflow-errors = {
      description = "A notification of AWS Backup did not start its rotations. Lambda tries again twice."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = { FunctionName = local.function_names["start_workflow"] }
    }
    failed-notifications = {
      description = "The queue holds notifications that start_workflow did not get done."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = local.queues["failed_notifications"] }
    }
    undelivered-notifications = {
      description = "The queue holds notifications that SNS could not deliver."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = local.queues["undelivered_notifications"] }
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
