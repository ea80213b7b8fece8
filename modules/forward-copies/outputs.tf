output "rule" {
  description = "ARN and name of the EventBridge rule."
  value       = { arn = aws_cloudwatch_event_rule.this.arn, name = aws_cloudwatch_event_rule.this.name }
}

output "role" {
  description = "ARN and name of the role with which EventBridge forwards events."
  value       = { arn = aws_iam_role.this.arn, name = aws_iam_role.this.name }
}
