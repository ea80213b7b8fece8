# Three tables in production, one that no rule matches, and one that two rules make illegal names of.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

data "aws_partition" "this" {}

locals {
  name   = "rotator-test"
  tables = toset(["orders-production", "users-production", "scratch", "unlucky"])
}

resource "aws_dynamodb_table" "source" {
  for_each = local.tables

  name         = "${local.name}-${each.key}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_backup_vault" "this" {
  name          = local.name
  force_destroy = true
}

resource "aws_backup_vault_notifications" "this" {
  backup_vault_name   = aws_backup_vault.this.name
  sns_topic_arn       = aws_sns_topic_policy.this.arn
  backup_vault_events = ["BACKUP_JOB_COMPLETED"]
}

resource "aws_sns_topic" "this" {
  name = local.name
}

resource "aws_sns_topic_policy" "this" {
  arn    = aws_sns_topic.this.arn
  policy = data.aws_iam_policy_document.topic.json
}

data "aws_iam_policy_document" "topic" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.this.arn]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "backup" {
  name               = "${local.name}-backup"
  assume_role_policy = data.aws_iam_policy_document.assume_by_backup.json
}

data "aws_iam_policy_document" "assume_by_backup" {
  statement {
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

module "rotator" {
  source = "../../../.."

  name                   = local.name
  backup_sns_topic_arn   = aws_sns_topic.this.arn
  notification_topic_arn = aws_sns_topic.results.arn
  notify_of_success      = true
  alarms                 = { topic_arn = aws_sns_topic.results.arn }

  rules = {
    staging = {
      source_pattern      = "^${local.name}-(.+)-production$"
      replacement_pattern = "${local.name}-$1-staging"
      ssm_parameter_name  = "/${local.name}/$1/table-arn"
    }
    reporting = {
      source_pattern      = "-orders-(?P<stage>.*)"
      replacement_pattern = "-$${stage}_orders"
    }
    too-long = {
      source_pattern      = "unlucky"
      replacement_pattern = join("-", [for number in range(40) : "$0"])
    }
    no-parameter-name = {
      source_pattern      = "unlucky(x?)"
      replacement_pattern = "$0"
      ssm_parameter_name  = "/${local.name}/$1/table-arn"
    }
  }
}

# An inbox for what the rotator tells.

resource "aws_sns_topic" "results" {
  name = "${local.name}-results"
}

resource "aws_sqs_queue" "inbox" {
  name   = "${local.name}-inbox"
  policy = data.aws_iam_policy_document.inbox.json
}

data "aws_iam_policy_document" "inbox" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = ["arn:${data.aws_partition.this.partition}:sqs:*:*:${local.name}-inbox"]

    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
  }
}

resource "aws_sns_topic_subscription" "inbox" {
  topic_arn = aws_sns_topic.results.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.inbox.arn
}

output "inbox_url" {
  value = aws_sqs_queue.inbox.url
}

output "rotator" {
  value = module.rotator
}

output "topic_arn" {
  value = aws_sns_topic.this.arn
}

output "vault_name" {
  value = aws_backup_vault.this.name
}

output "backup_role_arn" {
  value = aws_iam_role.backup.arn
}

output "source_tables" {
  value = { for key, table in aws_dynamodb_table.source : key => { arn = table.arn, name = table.name } }
}
