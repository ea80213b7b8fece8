data "aws_iam_policy_document" "start_workflow" {
  source_policy_documents = [data.aws_iam_policy_document.function["start_workflow"].json]

  statement {
    sid       = "StartRotations"
    actions   = ["states:StartExecution"]
    resources = [local.state_machine_arn]
  }

  # A table that is a copy starts nothing, whichever instance of the module created it.
  statement {
    sid       = "RecognizeCopies"
    actions   = ["dynamodb:ListTagsOfResource"]
    resources = [local.target_tables_arn]
  }

  statement {
    sid       = "KeepFailedNotifications"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arns["failed_notifications"]]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid       = "EncryptFailedNotifications"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}
