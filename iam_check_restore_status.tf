data "aws_iam_policy_document" "check_restore_status" {
  source_policy_documents = [data.aws_iam_policy_document.function["check_restore_status"].json]

  statement {
    sid       = "TagTargetTables"
    actions   = ["dynamodb:TagResource"]
    resources = [local.target_tables_arn]
  }

  statement {
    sid       = "DescribeTables"
    actions   = ["dynamodb:DescribeTable"]
    resources = [local.tables_with_tags_to_read_arn]
  }

  # Tags that a rule carries over are written in one call with the module's own.
  statement {
    sid       = "ReadTags"
    actions   = ["dynamodb:ListTagsOfResource"]
    resources = [local.tables_with_tags_to_read_arn]
  }

  dynamic "statement" {
    for_each = contains(local.carry_over, "tags") ? [local.recovery_point_arns] : []

    content {
      sid       = "ReadTagsOfRecoveryPoints"
      actions   = ["backup:ListTags"]
      resources = statement.value
    }
  }

  statement {
    sid     = "DescribeRestoreJobs"
    actions = ["backup:DescribeRestoreJob"]
    # AWS Backup has no resource-level permissions for this action.
    resources = ["*"]
  }
}
