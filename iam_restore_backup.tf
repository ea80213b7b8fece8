data "aws_iam_policy_document" "restore_backup" {
  source_policy_documents = [
    data.aws_iam_policy_document.function["restore_backup"].json,
    data.aws_iam_policy_document.keys_of_restores["restore_backup"].json,
  ]

  # DynamoDB checks the action on the backup and on the table that it creates.
  statement {
    sid     = "RestoreBackups"
    actions = ["dynamodb:RestoreTableFromBackup"]
    resources = [
      local.backups_arn,
      local.target_tables_arn,
    ]
  }

  # DynamoDB fills the table with the permissions of whoever restores it.
  statement {
    sid = "FillTargetTables"
    actions = [
      "dynamodb:BatchWriteItem",
      "dynamodb:DeleteItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:Scan",
      "dynamodb:UpdateItem",
    ]
    resources = [local.target_tables_arn]
  }

  # To find out whether this rotation created a table that already exists and, where a rule asks for it, which indexes the
  # source table has, and whether its tags can be carried over.
  statement {
    sid       = "DescribeTables"
    actions   = ["dynamodb:DescribeTable"]
    resources = [anytrue([for rule in var.rules : rule.restore.read_capacity_units != null || length(rule.restore.excluded_indexes) > 0 || contains(rule.carry_over, "tags")]) ? local.source_tables_arn : local.target_tables_arn]
  }

  # To recognize its own copy and, where a rule carries tags over, to count those that the copy will have.
  statement {
    sid       = "ReadTags"
    actions   = ["dynamodb:ListTagsOfResource"]
    resources = [local.tables_with_tags_to_read_arn]
  }

  # DynamoDB drops each index that an override does not name, so the ones to keep must be known.
  dynamic "statement" {
    for_each = anytrue([for rule in var.rules : rule.restore.read_capacity_units != null || length(rule.restore.excluded_indexes) > 0]) ? [local.backups_arn] : []

    content {
      sid       = "ReadIndexesOfBackups"
      actions   = ["dynamodb:DescribeBackup"]
      resources = [statement.value]
    }
  }

  statement {
    sid       = "StartRestoreJobs"
    actions   = ["backup:DescribeRecoveryPoint", "backup:StartRestoreJob"]
    resources = local.recovery_point_arns
  }

  # A table of another account has no tags to read here, but its recovery point does.
  dynamic "statement" {
    for_each = contains(local.carry_over, "tags") ? [local.recovery_point_arns] : []

    content {
      sid       = "ReadTagsOfRecoveryPoints"
      actions   = ["backup:ListTags"]
      resources = statement.value
    }
  }

  # A recovery point is described by its vault, which a notification does not name.
  dynamic "statement" {
    for_each = local.has_topic ? ["*"] : []

    content {
      sid     = "FindVaults"
      actions = ["backup:ListBackupVaults"]
      # AWS Backup has no resource-level permissions for this action.
      resources = [statement.value]
    }
  }

  statement {
    sid       = "PassRestoreRole"
    actions   = ["iam:PassRole"]
    resources = [local.restore_role_arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["backup.amazonaws.com"]
    }
  }

  dynamic "statement" {
    for_each = length(local.parameter_arns) > 0 ? [local.parameter_arns] : []

    content {
      sid       = "ReadParameters"
      actions   = ["ssm:GetParameterHistory"]
      resources = statement.value
    }
  }
}
