locals {
  # A refresh searches all vaults of the account and Region where none is given.
  searched_vault_arns = length(var.backup_vault_arns) > 0 ? tolist(var.backup_vault_arns) : ["arn:${local.partition}:backup:${local.region}:${local.account_id}:backup-vault:*"]
  # Recovery points belong to the account of their vault, which is another one where the vault is shared.
  vault_account_ids = distinct([for arn in local.searched_vault_arns : split(":", arn)[4]])
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
    for_each = length(var.backup_vault_arns) == 0 ? ["*"] : []

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
    sid     = "DescribeRecoveryPoints"
    actions = ["backup:DescribeRecoveryPoint"]
    resources = concat(
      [for account_id in local.vault_account_ids : "arn:${local.partition}:backup:${local.region}:${account_id}:recovery-point:*"],
      [local.backups_arn],
    )
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
