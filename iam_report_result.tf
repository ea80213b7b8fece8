data "aws_iam_policy_document" "report_result" {
  source_policy_documents = [data.aws_iam_policy_document.function["report_result"].json]

  statement {
    sid       = "DescribeRotations"
    actions   = ["states:DescribeExecution", "states:GetExecutionHistory"]
    resources = [local.executions_arn]
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
