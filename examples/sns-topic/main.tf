# The basic example with an SNS topic in place of the vault: for vaults that publish to one already.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

data "aws_partition" "this" {}

# The table in production

resource "aws_dynamodb_table" "invoices" {
  name         = "invoices-production"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "invoice_id"

  attribute {
    name = "invoice_id"
    type = "S"
  }
}

# Its backup, every night, kept for a week

resource "aws_backup_vault" "this" {
  name = "invoices"

  # An example should go away when asked to. Without this, a vault that holds recovery points can't be deleted:
  # leave it out for backups that you rely on.
  force_destroy = true
}

resource "aws_backup_plan" "this" {
  name = "invoices"

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
  name         = "invoices"
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = [aws_dynamodb_table.invoices.arn]
}

resource "aws_iam_role" "backup" {
  name               = "invoices-backup"
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

# AWS Backup announces completed backups on a topic

resource "aws_sns_topic" "backups" {
  name = "invoices-backups"
}

resource "aws_sns_topic_policy" "backups" {
  arn    = aws_sns_topic.backups.arn
  policy = data.aws_iam_policy_document.backups_topic.json
}

data "aws_iam_policy_document" "backups_topic" {
  statement {
    sid       = "AwsBackupPublishes"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.backups.arn]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

resource "aws_backup_vault_notifications" "this" {
  backup_vault_name   = aws_backup_vault.this.name
  backup_vault_events = ["BACKUP_JOB_COMPLETED"]

  # Through the policy, so that AWS Backup may publish before it is asked to.
  sns_topic_arn = aws_sns_topic_policy.backups.arn
}

# The rotator: invoices-production is restored to invoices-staging-<time of the backup>, and the parameter points at it

module "rotator" {
  source = "../.."

  name                 = "invoices-rotator"
  backup_sns_topic_arn = aws_sns_topic.backups.arn

  rules = {
    staging = {
      source_pattern      = "(?i)-production$"
      replacement_pattern = "-staging"
      ssm_parameter_name  = "/staging/invoices/table-arn"
    }
  }
}
