data "aws_iam_policy_document" "report_result" {
  source_policy_documents = [data.aws_iam_policy_document.function["report_result"].json]

  statement {
    sid       = "DescribeRotations"
    actions   = ["states:DescribeExecution", "states:GetExecutionHistory"]
    resources = [local.executions_arn]
  }

  dynamic "statement" {
    for_each = anytrue([for rule in var.rules : rule.verify]) ? ["*"] : []

    content {
      sid     = "RecordVerdicts"
      actions = ["backup:DescribeRestoreJob", "backup:PutRestoreValidationResult"]
      # AWS Backup has no resource-level permissions for these actions.
      resources = [statement.value]
    }
  }

  statement {
    sid       = "KeepFailedReports"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arns["failed_reports"]]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid       = "EncryptFailedReports"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = var.notification_topic_arn[*]

    content {
      sid       = "PublishResults"
      actions   = ["sns:Publish"]
      resources = [statement.value]
    }
  }
}
