# The role with which AWS Backup restores advanced recovery points. It is created even where restore_role_arn names
# another one, which may not exist yet: the number of roles must be known at plan.

locals {
  restore_role_name = "${var.name}-restore-job"
  # Not a reference, so that the first plan shows the policy of whoever passes the role.
  restore_role_arn = var.restore_role_arn == null ? "arn:${local.partition}:iam::${local.account_id}:role${var.role_path}${local.restore_role_name}" : var.restore_role_arn
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

  source_policy_documents = [data.aws_iam_policy_document.keys_of_restores.json]
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
