output "state_machine_arn" {
  description = "ARN of the state machine; each execution is one rotation."
  value       = aws_sfn_state_machine.this.arn
}

output "state_machine_name" {
  description = "Name of the state machine."
  value       = aws_sfn_state_machine.this.name
}

output "state_machine_role" {
  description = "ARN and name of the state machine's role."
  value       = { arn = aws_iam_role.state_machine.arn, name = aws_iam_role.state_machine.name }
}

output "state_machine_log_group" {
  description = "ARN and name of the state machine's log group."
  value       = { arn = aws_cloudwatch_log_group.state_machine.arn, name = aws_cloudwatch_log_group.state_machine.name }
}

output "functions" {
  description = "ARN and name of each function: start_workflow, restore_backup, check_restore_status, configure_table, carry_over_settings, verify_table, update_ssm_parameter, delete_old_tables and report_result."
  value       = { for key, function in aws_lambda_function.this : key => { arn = function.arn, name = function.function_name } }
}

output "function_roles" {
  description = "ARN and name of each function's role."
  value       = { for key, role in aws_iam_role.function : key => { arn = role.arn, name = role.name } }
}

output "function_log_groups" {
  description = "ARN and name of each function's log group."
  value       = { for key, log_group in aws_cloudwatch_log_group.function : key => { arn = log_group.arn, name = log_group.name } }
}

output "restore_role" {
  description = "ARN and name of the role that AWS Backup restores advanced recovery points with, unless restore_role_arn is given."
  value       = { arn = aws_iam_role.restore.arn, name = aws_iam_role.restore.name }
}

output "alarms" {
  description = "ARN and name of each alarm, with that of a rule's max_age_hours as `overdue-<rule>`."
  value = {
    for key, alarm in merge(aws_cloudwatch_metric_alarm.this, { for rule, alarm in aws_cloudwatch_metric_alarm.overdue : "overdue-${rule}" => alarm }) :
    key => { arn = alarm.arn, name = alarm.alarm_name }
  }
}

output "dashboard" {
  description = "ARN and name of the dashboard. Null without one."
  value       = one([for dashboard in aws_cloudwatch_dashboard.this : { arn = dashboard.dashboard_arn, name = dashboard.dashboard_name }])
}

output "dependencies_layer" {
  description = "ARN, with its version, and name of the layer with the functions' dependencies."
  value       = { arn = aws_lambda_layer_version.this.arn, name = aws_lambda_layer_version.this.layer_name }
}

output "failed_notifications_queue" {
  description = "ARN, name and URL of the queue of what start_workflow failed to process."
  value       = { for attribute in ["arn", "name", "url"] : attribute => aws_sqs_queue.this["failed_notifications"][attribute] }
}

output "undelivered_notifications_queue" {
  description = "ARN, name and URL of the queue of what SNS, EventBridge or EventBridge Scheduler could not deliver to start_workflow."
  value       = { for attribute in ["arn", "name", "url"] : attribute => aws_sqs_queue.this["undelivered_notifications"][attribute] }
}

output "failed_reports_queue" {
  description = "ARN, name and URL of the queue of ended rotations that report_result failed to report."
  value       = { for attribute in ["arn", "name", "url"] : attribute => aws_sqs_queue.this["failed_reports"][attribute] }
}

output "rotation_ended_rule" {
  description = "ARN and name of the EventBridge rule that invokes report_result."
  value       = { arn = aws_cloudwatch_event_rule.rotation_ended.arn, name = aws_cloudwatch_event_rule.rotation_ended.name }
}

output "subscription_arn" {
  description = "ARN of the subscription to the topic of AWS Backup. Null without a topic."
  value       = one(aws_sns_topic_subscription.this[*].arn)
}

output "recovery_point_rules" {
  description = "ARN and name of each EventBridge rule that invokes start_workflow: `backup-completed`, `copy-completed` and `copy-forwarded`."
  value       = { for key, rule in aws_cloudwatch_event_rule.recovery_points : key => { arn = rule.arn, name = rule.name } }
}

output "event_bus" {
  description = "ARN and name of the event bus for modules/forward-copies of other accounts. Null without forwarding_account_ids."
  value       = one([for bus in aws_cloudwatch_event_bus.this : { arn = bus.arn, name = bus.name }])
}

output "schedules" {
  description = "ARN and name of each schedule: `sweep`, and `refresh-<rule>` for each rule with a schedule."
  value       = { for key, schedule in aws_scheduler_schedule.this : key => { arn = schedule.arn, name = schedule.name } }
}

output "schedule_group" {
  description = "ARN and name of the group of the schedules. Null without schedules."
  value       = one([for group in aws_scheduler_schedule_group.this : { arn = group.arn, name = group.name }])
}

output "scheduler_role" {
  description = "ARN and name of the role with which EventBridge Scheduler invokes start_workflow. Null without schedules."
  value       = one([for role in aws_iam_role.scheduler : { arn = role.arn, name = role.name }])
}
