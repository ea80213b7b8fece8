data "aws_iam_policy_document" "verify_table" {
  source_policy_documents = [
    data.aws_iam_policy_document.function["verify_table"].json,
    data.aws_iam_policy_document.decryption["verify_table"].json,
  ]

  dynamic "statement" {
    for_each = anytrue([for rule in var.rules : rule.verify]) ? {
      DescribeSourceAndTargetTables = { action = "dynamodb:DescribeTable", resource = local.source_tables_arn }
      DescribeBackups               = { action = "dynamodb:DescribeBackup", resource = local.backups_arn }
      ReadTargetTables              = { action = "dynamodb:Scan", resource = local.target_tables_arn }
      # AWS Backup has no resource-level permissions for this action.
      DescribeRestoreJobs = { action = "backup:DescribeRestoreJob", resource = "*" }
    } : {}

    content {
      sid       = statement.key
      actions   = [statement.value.action]
      resources = [statement.value.resource]
    }
  }
}
