# The role with which AWS Backup restores advanced recovery points. It is created even where restore_role_arn names
# another one, which may not exist yet: the number of roles must be known at plan.

locals {
  restore_role_arn = var.restore_role_arn == null ? aws_iam_role.restore.arn : var.restore_role_arn
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
  statement {
    sid = "RestoreTargetTables"
    actions = [
      "dynamodb:BatchWriteItem",
      "dynamodb:DeleteItem",
      "dynamodb:DescribeTable",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:RestoreTableFromAwsBackup",
      "dynamodb:Scan",
      "dynamodb:UpdateItem",
    ]
    resources = [local.target_tables_arn]
  }

  source_policy_documents = [data.aws_iam_policy_document.customer_keys.json]
}

resource "aws_iam_role" "restore" {
  name                 = "${var.name}-restore-job"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = data.aws_iam_policy_document.assume_by_backup.json
  tags                 = var.tags
}

resource "aws_iam_role_policy" "restore" {
  name   = "restore"
  role   = aws_iam_role.restore.name
  policy = data.aws_iam_policy_document.restore.json
}
