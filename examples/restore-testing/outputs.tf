output "table_name" {
  description = "Name of the table in production."
  value       = aws_dynamodb_table.ledger.name
}

output "table_arn" {
  description = "ARN of the table in production."
  value       = aws_dynamodb_table.ledger.arn
}

output "backup_vault_name" {
  description = "Name of the vault that holds the backups."
  value       = aws_backup_vault.this.name
}

output "backup_role_arn" {
  description = "ARN of the role that AWS Backup reads the table with."
  value       = aws_iam_role.this["backup"].arn

  # A backup can start once the role may do its work.
  depends_on = [aws_iam_role_policy_attachment.this]
}

output "restore_testing_plan_arn" {
  description = "ARN of the restore testing plan."
  value       = aws_backup_restore_testing_plan.this.arn
}

output "validator" {
  description = "The outputs of the module."
  value       = module.restore_test_validator
}
