# The role with which AWS Backup restores advanced recovery points. It is created even where restore_role_arn names
# another one, which may not exist yet: the number of roles must be known at plan.

locals {
  restore_role_name = "${var.name}-restore-job"
  # Not a reference, so that the first plan shows the policy of whoever passes the role.
  restore_role_arn = var.restore_role_arn == null ? "arn:${local.partition}:iam::${local.account_id}:role${var.role_path}${local.restore_role_name}" : var.restore_role_arn
  keys_of_restores = distinct(concat(values(local.customer_keys), tolist(var.backup_kms_key_arns)))
}

data "aws_iam_policy_document" "assume_by_backup" {
  statement {
    sid     = "AssumeByBackup"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "restore" {
  # On all tables, those of other accounts and Regions included, as in AWS's own policy, because AWS does not document which
  # table it checks them on. The actions on items below are limited to copies, and without them nothing is restored.
  statement {
    sid       = "RestoreTables"
    actions   = ["dynamodb:DescribeTable", "dynamodb:RestoreTableFromAwsBackup"]
    resources = ["arn:${local.partition}:dynamodb:*:*:table/*"]
  }

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

  source_policy_documents = [data.aws_iam_policy_document.keys_of_restores["restore"].json]

  # Without kms:ViaService, as in the statements of AWS's own policy that a role needs for encrypted backups. No page says
  # whether AWS Backup calls KMS itself.
  # https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html
  dynamic "statement" {
    for_each = length(local.keys_of_restores) > 0 ? [local.keys_of_restores] : []

    content {
      sid       = "DescribeKeys"
      actions   = ["kms:DescribeKey"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(local.keys_of_restores) > 0 ? [local.keys_of_restores] : []

    content {
      sid       = "CreateGrants"
      actions   = ["kms:CreateGrant"]
      resources = statement.value

      condition {
        test     = "Bool"
        variable = "kms:GrantIsForAWSResource"
        values   = ["true"]
      }
    }
  }
}

resource "aws_iam_role" "restore" {
  name                 = local.restore_role_name
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = data.aws_iam_policy_document.assume_by_backup.json
  tags                 = var.tags
}

resource "aws_iam_role_policy" "restore" {
  name   = "restore"
  role   = aws_iam_role.restore.name
  policy = data.aws_iam_policy_document.restore.json

  lifecycle {
    precondition {
      condition     = local.policy_sizes["restore"] <= local.policy_size_max
      error_message = "The policy of the role ${aws_iam_role.restore.name} is ${local.policy_sizes["restore"]} ${local.way_out_of_large_policy}"
    }
  }
}
