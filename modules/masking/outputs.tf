output "state_machine_arn" {
  description = "ARN of the state machine: the before_switch of a rule."
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
  description = "ARN and name of each function: check_table, mask_segment, verify_segment, remove_marks, report_attributes and summarize."
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

output "dependencies_layer" {
  description = "ARN, with its version, and name of the layer with the functions' dependencies."
  value       = { arn = aws_lambda_layer_version.this.arn, name = aws_lambda_layer_version.this.layer_name }
}

output "hmac_key_arn" {
  description = "ARN of the KMS key that the masks are made with: hmac_key_arn, or that of the key that the module created."
  value       = local.hmac_key_arn
}
