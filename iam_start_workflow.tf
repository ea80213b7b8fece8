locals {
  # A topic announces recovery points in any vault. So with one, a refresh searches all vaults of the account and Region.
  searched_vault_arns = concat(tolist(var.backup_vault_arns), local.has_topic ? ["arn:${local.partition}:backup:${local.region}:${local.account_id}:backup-vault:*"] : [])
}

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
    sid       = "ListRecoveryPoints"
    actions   = ["backup:ListRecoveryPointsByBackupVault"]
    resources = local.searched_vault_arns
  }

  # AWS Backup checks the action on the recovery point, which does not name its vault. A native one is DynamoDB's.
  statement {
    sid       = "DescribeRecoveryPoints"
    actions   = ["backup:DescribeRecoveryPoint"]
    resources = concat(local.recovery_point_arns, [local.backups_arn])
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
