output "table_name" {
  description = "Name of the table in production."
  value       = aws_dynamodb_table.store.name
}

output "table_arn" {
  description = "ARN of the table in production."
  value       = aws_dynamodb_table.store.arn
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
  value       = "/staging/store/table-arn"
}

output "state_machine_arn" {
  description = "ARN of the state machine that runs a rotation."
  value       = module.rotator.state_machine_arn
}

output "masking_state_machine_arn" {
  description = "ARN of the state machine that masks a copy."
  value       = module.masking.state_machine_arn
}

output "rotator" {
  description = "The outputs of the rotator."
  value       = module.rotator
}

output "masking" {
  description = "The outputs of the masking module."
  value       = module.masking
}
