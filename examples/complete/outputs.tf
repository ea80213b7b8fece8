output "table_arns" {
  description = "ARNs of the tables in production."
  value       = { for key, table in aws_dynamodb_table.production : key => table.arn }
}

output "backup_vault_name" {
  description = "Name of the vault that holds the backups."
  value       = aws_backup_vault.this.name
}

output "backup_role_arn" {
  description = "ARN of the role that AWS Backup reads the tables with."
  value       = aws_iam_role.backup.arn

  # A backup can start once the role may do its work.
  depends_on = [aws_iam_role_policy_attachment.backup]
}

output "backup_sns_topic_arn" {
  description = "ARN of the topic that AWS Backup reports to."
  value       = aws_sns_topic.backups.arn
}

output "rotations_topic_arn" {
  description = "ARN of the topic that receives a message about each rotation. Subscribe to it."
  value       = aws_sns_topic.rotations.arn
}

output "ssm_parameter_path" {
  description = "Path of the parameters with the ARNs of the newest staging tables. The first rotations create them."
  value       = "/shop/staging"
}

output "state_machine_arn" {
  description = "ARN of the state machine that runs a rotation."
  value       = module.rotator.state_machine_arn
}

output "failed_notifications_queue_url" {
  description = "URL of the queue of what start_workflow failed to process."
  value       = module.rotator.failed_notifications_queue.url
}

output "undelivered_notifications_queue_url" {
  description = "URL of the queue of what could not be delivered to start_workflow."
  value       = module.rotator.undelivered_notifications_queue.url
}

output "failed_reports_queue_url" {
  description = "URL of the queue of ended rotations that could not be reported."
  value       = module.rotator.failed_reports_queue.url
}
