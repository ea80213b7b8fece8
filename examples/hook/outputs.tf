output "table_name" {
  description = "Name of the table in production."
  value       = aws_dynamodb_table.customers.name
}

output "table_arn" {
  description = "ARN of the table in production."
  value       = aws_dynamodb_table.customers.arn
}

output "backup_vault_name" {
  description = "Name of the vault that holds the backups."
  value       = aws_backup_vault.this.name
}

output "backup_role_arn" {
  description = "ARN of the role that AWS Backup reads the table with."
  value       = aws_iam_role.backup.arn

  # A backup can start once the role may do its work.
  depends_on = [aws_iam_role_policy_attachment.backup]
}

output "ssm_parameter_name" {
  description = "Name of the parameter that holds the ARN of the newest masked copy. The first rotation creates it."
  value       = "/staging/customers/table-arn"
}

output "rotator" {
  description = "The outputs of the module."
  value       = module.rotator
}
