locals {
  # Put together here, because the function that starts executions is one of those that the state machine is made of.
  state_machine_arn = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:${var.name}"
}

resource "aws_sfn_state_machine" "this" {
  name     = var.name
  role_arn = aws_iam_role.state_machine.arn

  definition = templatefile("${path.module}/statemachine/restore_backup.asl.json", {
    partition                = local.partition
    restore_backup_arn       = aws_lambda_function.this["restore_backup"].arn
    check_restore_status_arn = aws_lambda_function.this["check_restore_status"].arn
    configure_table_arn      = aws_lambda_function.this["configure_table"].arn
    verify_table_arn         = aws_lambda_function.this["verify_table"].arn
    update_ssm_parameter_arn = aws_lambda_function.this["update_ssm_parameter"].arn
    delete_old_tables_arn    = aws_lambda_function.this["delete_old_tables"].arn
    report_result_arn        = aws_lambda_function.this["report_result"].arn
    fail_rotation_arn        = aws_lambda_function.this["fail_rotation"].arn
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

  # Step Functions refuses a state machine whose role may not write its logs.
  depends_on = [aws_iam_role_policy.state_machine]
}

resource "aws_cloudwatch_log_group" "state_machine" {
  # Log groups with this prefix share one entry in the account's resource policy, which is limited in length.
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}
