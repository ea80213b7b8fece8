# A rotator in staging's account, for what the example leaves open: no forwarded events, tags, retention, reports, and a
# vault that production shares.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  alias = "production"

  access_key = local.production
  secret_key = "any"
}

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  name       = "rotator-test-elsewhere"
  partition  = data.aws_partition.this.partition
  production = "111122223333"
  # Version 6 of the provider deprecates `id`, and version 5 has no `region`.
  region = lookup(data.aws_region.this, "region", lookup(data.aws_region.this, "id", null))
}

# Encrypts vaults of production. The one that it shares can be restored from because the policy lets staging in.

resource "aws_kms_key" "production" {
  provider = aws.production

  deletion_window_in_days = 7
  policy                  = data.aws_iam_policy_document.key.json
}

data "aws_iam_policy_document" "key" {
  statement {
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.production}:root"]
    }
  }

  statement {
    actions   = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${data.aws_caller_identity.this.account_id}:root"]
    }
  }
}

# A vault of staging without a key.

resource "aws_backup_vault" "this" {
  name          = local.name
  force_destroy = true
}

resource "aws_backup_vault_policy" "this" {
  backup_vault_name = aws_backup_vault.this.name
  policy            = data.aws_iam_policy_document.vault.json
}

data "aws_iam_policy_document" "vault" {
  statement {
    actions   = ["backup:CopyIntoBackupVault"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.production}:root"]
    }
  }
}

module "rotator" {
  source = "../../../.."

  name = local.name
  backup_vault_arns = [
    aws_backup_vault.this.arn,
    # The test shares it, because it is shared before it is watched, and RAM's resources do not work on the local AWS.
    "arn:${local.partition}:backup:${local.region}:${local.production}:backup-vault:shared",
  ]
  backup_kms_key_arns    = [aws_kms_key.production.arn]
  notification_topic_arn = aws_sns_topic.results.arn
  notify_of_success      = true

  rules = {
    tagged = {
      source_pattern      = "^${local.name}-(.+)-production$"
      replacement_pattern = "${local.name}-$1-copy"
      ssm_parameter_name  = "/${local.name}/$1/table-arn"
      carry_over          = ["tags"]
      tags                = { stage = "staging" }
      keep                = 1
    }
    streaming = {
      source_pattern      = "-streaming$"
      replacement_pattern = "-streamed"
      carry_over          = ["tags", "stream", "time_to_live"]
    }
  }
}

resource "aws_sns_topic" "results" {
  name = local.name
}

resource "aws_sqs_queue" "inbox" {
  name   = local.name
  policy = data.aws_iam_policy_document.inbox.json
}

data "aws_iam_policy_document" "inbox" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = ["arn:${local.partition}:sqs:*:*:${local.name}"]

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

output "rotator" {
  value = module.rotator
}

output "inbox_url" {
  value = aws_sqs_queue.inbox.url
}

output "vault_arn" {
  value = aws_backup_vault_policy.this.backup_vault_arn
}

output "production_key_arn" {
  value = aws_kms_key.production.arn
}
