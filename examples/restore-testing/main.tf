# Restore tests that AWS Backup runs itself, each with a verdict: the table that a test restores is compared with what was
# backed up. No rotator is needed.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

data "aws_partition" "this" {}

# The table in production

resource "aws_dynamodb_table" "ledger" {
  name         = "ledger-production"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "entry_id"

  attribute {
    name = "entry_id"
    type = "S"
  }
}

# Its backup, every night, kept for five weeks

resource "aws_backup_vault" "this" {
  name = "ledger"

  # An example should go away when asked to. Without this, a vault that holds recovery points can't be deleted:
  # leave it out for backups that you rely on.
  force_destroy = true
}

resource "aws_backup_plan" "this" {
  name = "ledger"

  rule {
    rule_name         = "every-night"
    target_vault_name = aws_backup_vault.this.name
    schedule          = "cron(0 2 * * ? *)"

    lifecycle {
      delete_after = 35
    }
  }
}

resource "aws_backup_selection" "this" {
  name         = "ledger"
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.this["backup"].arn
  resources    = [aws_dynamodb_table.ledger.arn]
}

# A restore test of its newest recovery point, every Monday

resource "aws_backup_restore_testing_plan" "this" {
  name                = "ledger"
  schedule_expression = "cron(0 6 ? * MON *)"

  recovery_point_selection {
    # Random recovery points are older, and prove less: a table's indexes may have changed since.
    algorithm            = "LATEST_WITHIN_WINDOW"
    include_vaults       = [aws_backup_vault.this.arn]
    recovery_point_types = ["SNAPSHOT"]
  }
}

resource "aws_backup_restore_testing_selection" "this" {
  name                      = "ledger"
  restore_testing_plan_name = aws_backup_restore_testing_plan.this.name
  protected_resource_type   = "DynamoDB"
  protected_resource_arns   = [aws_dynamodb_table.ledger.arn]
  iam_role_arn              = aws_iam_role.this["restore"].arn

  # The table is deleted as soon as there is a verdict on it. Without one, it stays for that long.
  validation_window_hours = 24
}

# The roles of AWS Backup

locals {
  policies = {
    backup  = "AWSBackupServiceRolePolicyForBackup"
    restore = "AWSBackupServiceRolePolicyForRestores"
  }
}

resource "aws_iam_role" "this" {
  for_each = local.policies

  name               = "ledger-${each.key}"
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

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.policies

  role       = aws_iam_role.this[each.key].name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/${each.value}"
}

# The verdicts

module "restore_test_validator" {
  source = "../../modules/restore-test-validator"

  name                      = "ledger-restore-test-validator"
  restore_testing_plan_arns = [aws_backup_restore_testing_plan.this.arn]
}
