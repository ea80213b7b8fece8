output "table_name" {
  description = "Name of the table in production."
  value       = aws_dynamodb_table.orders.name
}

output "table_arn" {
  description = "ARN of the table in production."
  value       = aws_dynamodb_table.orders.arn
}

output "backup_vault_name" {
  description = "Name of production's vault."
  value       = aws_backup_vault.production.name
}

output "backup_role_arn" {
  description = "ARN of the role that AWS Backup reads the table and copies its backups with."
  value       = aws_iam_role.backup.arn

  # A backup can start once the role may do its work.
  depends_on = [aws_iam_role_policy_attachment.backup]
}

output "destination_vault_arn" {
  description = "ARN of staging's vault, which backups are copied to."
  value       = aws_backup_vault_policy.staging.backup_vault_arn
}

output "ssm_parameter_name" {
  description = "Name of the parameter in staging that holds the ARN of the newest copy. The first rotation creates it."
  value       = "/staging/orders/table-arn"
}

output "rotator" {
  description = "The outputs of the module."
  value       = module.rotator
}
