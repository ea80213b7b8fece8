# Two tables with a daily backup, and the rotator with each of its variables at work, except code_signing_config_arn.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  partition  = data.aws_partition.this.partition
  account_id = data.aws_caller_identity.this.account_id
  # Version 6 of the provider deprecates `id`, and version 5 has no `region`.
  region = lookup(data.aws_region.this, "region", lookup(data.aws_region.this, "id", null))

  tags = {
    Application = "shop"
    ManagedBy   = "Terraform"
  }
}

# The rotator

module "rotator" {
  source = "../.."

  name              = "shop-rotator"
  backup_vault_arns = [aws_backup_vault.this.arn]
  # Tells Terraform at plan that the ARN of the new topic will not be null.
  backup_sns_topic_arn = format("%s", aws_sns_topic.backups.arn)
  sweep_schedule       = "rate(6 hours)"
  sweep_days           = 3
  # For copy jobs from other Regions of this account.
  forwarding_account_ids = [local.account_id]

  rules = {
    # shop-orders-production becomes shop-orders-staging-<time of the backup>, under /shop/staging/orders/table-arn,
    # and so does every other table of production.
    staging = {
      source_pattern      = "^shop-(.+)-production$"
      replacement_pattern = "shop-$1-staging"
      ssm_parameter_name  = "/shop/staging/$1/table-arn"

      # The only settings that a recovery point from another Region records.
      carry_over = ["tags"]
      tags       = { stage = "staging" }
      keep       = 7

      # There is a backup every night, and its rotation takes its time.
      max_age_hours = 30
    }

    # The orders once more, as shop-orders-reporting-<time of the backup>. Each report names the day it is of.
    reporting = {
      source_pattern      = "^(shop-orders)-production$"
      replacement_pattern = "$1-reporting"

      restore = { billing_mode = "PAY_PER_REQUEST", max_read_request_units = 1000, encryption = "AWS_OWNED" }
    }

    # The customers on Monday mornings, from the newest backup.
    weekly = {
      source_pattern      = "^(shop-customers)-production$"
      replacement_pattern = "$1-weekly"

      schedule = { expression = "cron(0 6 ? * MON *)", timezone = "Europe/Berlin" }
    }
  }

  timeout_hours       = 24
  restore_role_arn    = aws_iam_role.restore.arn
  backup_kms_key_arns = [aws_kms_key.this.arn]

  notification_topic_arn = aws_sns_topic.rotations.arn
  notify_of_success      = true
  alarms                 = { topic_arn = aws_sns_topic.rotations.arn }
  dashboard              = true

  role_path            = "/shop/"
  permissions_boundary = aws_iam_policy.boundary.arn
  kms_key_arn          = aws_kms_key.this.arn

  log_retention_days = 30
  log_level          = "DEBUG"
  tracing            = false
  architecture       = "x86_64"
  vpc_config = {
    subnet_ids         = aws_subnet.functions[*].id
    security_group_ids = [aws_security_group.functions.id]
  }
  tags = local.tags
}

# What no role of the rotator may exceed, whatever its own policy says

resource "aws_iam_policy" "boundary" {
  name   = "shop-rotator-boundary"
  path   = "/shop/"
  policy = data.aws_iam_policy_document.boundary.json
  tags   = local.tags
}

data "aws_iam_policy_document" "boundary" {
  #checkov:skip=CKV_AWS_109:A boundary grants nothing. It limits what other policies grant.
  #checkov:skip=CKV_AWS_111:A boundary grants nothing. It limits what other policies grant.
  #checkov:skip=CKV_AWS_356:A boundary grants nothing. It limits what other policies grant.

  statement {
    sid = "RotatorServices"
    actions = [
      "backup:DescribeRecoveryPoint",
      "backup:DescribeRestoreJob",
      "backup:ListBackupVaults",
      "backup:ListRecoveryPointsByBackupVault",
      "backup:ListTags",
      "backup:PutRestoreValidationResult",
      "backup:StartRestoreJob",
      "dynamodb:*",
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:UnassignPrivateIpAddresses",
      "events:DescribeRule",
      "events:PutRule",
      "events:PutTargets",
      "iam:PassRole",
      "kms:CreateGrant",
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:GenerateDataKey",
      "lambda:InvokeFunction",
      "logs:*",
      "sns:Publish",
      "sqs:SendMessage",
      "ssm:GetParameterHistory",
      "ssm:PutParameter",
      "states:DescribeExecution",
      "states:GetExecutionHistory",
      "states:StartExecution",
    ]
    resources = ["*"]
  }

  statement {
    sid    = "ProductionStaysAsItIs"
    effect = "Deny"
    actions = [
      "dynamodb:BatchWriteItem",
      "dynamodb:DeleteItem",
      "dynamodb:DeleteTable",
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
      "dynamodb:UpdateTable",
    ]
    resources = [for table in aws_dynamodb_table.production : table.arn]
  }
}

# One key for the vault, the topic, and the log groups and queues of the rotator

resource "aws_kms_key" "this" {
  description             = "Backups of the shop, their notifications, and logs and queues of the rotator"
  policy                  = data.aws_iam_policy_document.key.json
  enable_key_rotation     = true
  deletion_window_in_days = 7
  tags                    = local.tags
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:In the policy of a key, all resources are this key.
  #checkov:skip=CKV_AWS_111:In the policy of a key, all resources are this key.
  #checkov:skip=CKV_AWS_356:In the policy of a key, all resources are this key.

  # Leaves it to IAM who in the account manages and uses the key: you, whoever restores, start_workflow and report_result.
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account_id}:root"]
    }
  }

  statement {
    sid = "CloudWatchLogs"
    actions = [
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey*",
      "kms:ReEncrypt*",
    ]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.${data.aws_partition.this.dns_suffix}"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:*"]
    }
  }

  # AWS Backup publishes to the topic. SNS, EventBridge and its Scheduler put what they cannot deliver into queues.
  statement {
    sid       = "Notifications"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com", "events.amazonaws.com", "scheduler.amazonaws.com", "sns.amazonaws.com"]
    }
  }
}

# The tables in production

resource "aws_dynamodb_table" "production" {
  for_each = toset(["customers", "orders"])

  name         = "shop-${each.key}-production"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  tags         = local.tags

  attribute {
    name = "id"
    type = "S"
  }
}

# Their backups, every night, kept for a week

resource "aws_backup_vault" "this" {
  name        = "shop"
  kms_key_arn = aws_kms_key.this.arn
  tags        = local.tags

  # For an example only: without this, a vault that holds recovery points can't be deleted.
  force_destroy = true
}

resource "aws_backup_plan" "this" {
  name = "shop"
  tags = local.tags

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
  name         = "shop"
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = [for table in aws_dynamodb_table.production : table.arn]
}

resource "aws_iam_role" "backup" {
  name               = "shop-backup"
  path               = "/shop/"
  assume_role_policy = data.aws_iam_policy_document.backup_trust.json
  tags               = local.tags
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
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
}

# The role that AWS Backup restores with, in place of the module's

resource "aws_iam_role" "restore" {
  name               = "shop-restore"
  path               = "/shop/"
  assume_role_policy = data.aws_iam_policy_document.backup_trust.json
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "restore" {
  role       = aws_iam_role.restore.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores"
}

# The topic that people subscribe to: what became of each rotation, and alarms

resource "aws_sns_topic" "rotations" {
  name = "shop-rotations"
  tags = local.tags
}

# The topic that AWS Backup reports to

resource "aws_sns_topic" "backups" {
  name              = "shop-backups"
  kms_master_key_id = aws_kms_key.this.arn
  tags              = local.tags
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
  sns_topic_arn       = aws_sns_topic_policy.backups.arn
}
