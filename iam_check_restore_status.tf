data "aws_iam_policy_document" "check_restore_status" {
  source_policy_documents = [data.aws_iam_policy_document.function["check_restore_status"].json]

  statement {
    sid       = "DescribeAndTagTargetTables"
    actions   = ["dynamodb:DescribeTable", "dynamodb:ListTagsOfResource", "dynamodb:TagResource"]
    resources = [local.target_tables_arn]
  }

  statement {
    sid     = "DescribeRestoreJobs"
    actions = ["backup:DescribeRestoreJob"]
    # AWS Backup has no resource-level permissions for this action.
    resources = ["*"]
  }
}
