# A table, its daily backup, and the rotator that turns every backup of it into a fresh table for staging.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

data "aws_partition" "this" {}

# The table in production

resource "aws_dynamodb_table" "orders" {
  name         = "orders-production"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "order_id"

  attribute {
    name = "order_id"
    type = "S"
  }
}

# Its backup, every night, kept for a week

resource "aws_backup_vault" "this" {
  name = "orders"

  # An example should go away when asked to. Without this, a vault that holds recovery points can't be deleted:
  # leave it out for backups that you rely on.
  force_destroy = true
}

resource "aws_backup_plan" "this" {
  name = "orders"

  rule {
    rule_name         = "every-night"
    target_vault_name = aws_backup_vault.this.name
    schedule          = "cron(0 2 * * ? *)"

    lifecycle {
      delete_after = 7
    }
  }
}

resource "aws_backup_selection" "this" {
  name         = "orders"
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = [aws_dynamodb_table.orders.arn]
}

resource "aws_iam_role" "backup" {
  name               = "orders-backup"
  assume_role_policy = data.aws_iam_policy_document.backup_trust.json
}

data "aws_iam_policy_document" "backup_trust" {
  statement {
    sid     = "AwsBackup"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy_attachment" "backup" {
  role       = aws_iam_role.backup.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
}

# The rotator: orders-production is restored to orders-staging-<time of the backup>, and the parameter points at it

module "rotator" {
  source = "../.."

  backup_vault_arns = [aws_backup_vault.this.arn]

  rules = {
    staging = {
      source_pattern      = "(?i)-production$"
      replacement_pattern = "-staging"
      ssm_parameter_name  = "/staging/orders/table-arn"
    }
  }
}
