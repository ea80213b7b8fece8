locals {
  # Not a reference, which would be a cycle: the state machine refers to its functions and its role, and they name it.
  state_machine_arn = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:${var.name}"
  executions_arn    = "${replace(local.state_machine_arn, ":stateMachine:", ":execution:")}:*"
}

resource "aws_sfn_state_machine" "this" {
  name     = var.name
  role_arn = aws_iam_role.state_machine.arn

  definition = templatefile("${path.module}/statemachine/restore_backup.asl.json", {
    partition       = local.partition
    timeout_seconds = ceil(var.timeout_hours * 3600)
    functions       = { for key in local.steps : key => aws_lambda_function.this[key].arn }
  })

  logging_configuration {
    level                  = "ALL"
    include_execution_data = true
    log_destination        = "${aws_cloudwatch_log_group.state_machine.arn}:*"
  }

  tracing_configuration {
    enabled = var.tracing
  }

  tags = var.tags

  # Step Functions rejects a state machine whose role may not write its logs.
  depends_on = [aws_iam_role_policy.state_machine]
}

resource "aws_cloudwatch_log_group" "state_machine" {
  # Log groups with this prefix share one entry in the account's resource policy, which is limited in length.
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}
