output "function" {
  description = "ARN and name of the Lambda function."
  value       = { arn = aws_lambda_function.this.arn, name = aws_lambda_function.this.function_name }
}

output "role" {
  description = "ARN and name of the function's role."
  value       = { arn = aws_iam_role.this.arn, name = aws_iam_role.this.name }
}

output "log_group" {
  description = "ARN and name of the function's log group."
  value       = { arn = aws_cloudwatch_log_group.this.arn, name = aws_cloudwatch_log_group.this.name }
}

output "dependencies_layer" {
  description = "ARN and name of the layer."
  value       = { arn = aws_lambda_layer_version.this.arn, name = aws_lambda_layer_version.this.layer_name }
}

output "rule" {
  description = "ARN and name of the EventBridge rule."
  value       = { arn = aws_cloudwatch_event_rule.this.arn, name = aws_cloudwatch_event_rule.this.name }
}

output "failed_validations_queue" {
  description = "ARN, name and URL of the queue of restore tests that could not be validated."
  value       = { arn = aws_sqs_queue.this.arn, name = aws_sqs_queue.this.name, url = aws_sqs_queue.this.url }
}
