# Production in one account, staging in another: backups are copied to staging's vault, and the rotator there turns each of
# them into a fresh table.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

# The provider's own credentials are those of staging

provider "aws" {
  alias = "production"

  assume_role {
    role_arn = var.production_role_arn
  }
}

data "aws_partition" "this" {}
data "aws_caller_identity" "staging" {}

data "aws_caller_identity" "production" {
  provider = aws.production
}

locals {
  partition  = data.aws_partition.this.partition
  staging    = data.aws_caller_identity.staging.account_id
  production = data.aws_caller_identity.production.account_id
}

# Production: the table

resource "aws_dynamodb_table" "orders" {
  provider = aws.production

  name         = "orders-production"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "order_id"

  attribute {
    name = "order_id"
    type = "S"
  }
}

# Production: its backup, every night, copied to staging's vault

resource "aws_backup_vault" "production" {
  provider = aws.production

  name = "orders"

  # For an example only: without this, a vault that holds recovery points can't be deleted.
  force_destroy = true
}

resource "aws_backup_plan" "this" {
  provider = aws.production

  name = "orders"

  rule {
    rule_name         = "every-night"
    target_vault_name = aws_backup_vault.production.name
    schedule          = "cron(0 2 * * ? *)"

    lifecycle {
      delete_after = 7
    }

    copy_action {
      destination_vault_arn = aws_backup_vault.staging.arn

      lifecycle {
        delete_after = 7
      }
    }
  }

  # AWS Backup can copy once staging allows it.
  depends_on = [aws_backup_vault_policy.staging]
}

resource "aws_backup_selection" "this" {
  provider = aws.production

  name         = "orders"
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = [aws_dynamodb_table.orders.arn]
}

resource "aws_iam_role" "backup" {
  provider = aws.production

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
  provider = aws.production

  role       = aws_iam_role.backup.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
}

# Production: all that it has of the rotator. Without it, a copied backup waits for the next sweep

module "forward_copies" {
  source = "../../modules/forward-copies"

  providers = {
    aws = aws.production
  }

  event_bus_arn          = module.rotator.event_bus.arn
  destination_vault_arns = [aws_backup_vault.staging.arn]
}

# Staging: the vault that production may copy into, and its key

resource "aws_backup_vault" "staging" {
  name        = "orders-copies"
  kms_key_arn = aws_kms_key.copies.arn

  force_destroy = true
}

resource "aws_backup_vault_policy" "staging" {
  backup_vault_name = aws_backup_vault.staging.name
  policy            = data.aws_iam_policy_document.staging_vault.json
}

data "aws_iam_policy_document" "staging_vault" {
  #checkov:skip=CKV_AWS_111:In the policy of a vault, all resources are what is put into it.
  #checkov:skip=CKV_AWS_356:In the policy of a vault, all resources are what is put into it.

  statement {
    sid     = "ProductionCopies"
    actions = ["backup:CopyIntoBackupVault"]
    # AWS Backup accepts no other resource in the policy of a vault.
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.production}:root"]
    }
  }
}

resource "aws_kms_key" "copies" {
  description             = "Backups copied from production"
  policy                  = data.aws_iam_policy_document.copies_key.json
  enable_key_rotation     = true
  deletion_window_in_days = 7
}

data "aws_iam_policy_document" "copies_key" {
  #checkov:skip=CKV_AWS_109:In the policy of a key, all resources are this key.
  #checkov:skip=CKV_AWS_111:In the policy of a key, all resources are this key.
  #checkov:skip=CKV_AWS_356:In the policy of a key, all resources are this key.

  # Leaves it to IAM who in the account uses the key, the rotator included.
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.staging}:root"]
    }
  }

  # AWS Backup encrypts what it copies on behalf of production's role.
  statement {
    sid = "ProductionCopies"
    actions = [
      "kms:CreateGrant",
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey*",
      "kms:ReEncrypt*",
    ]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.production}:root"]
    }
  }
}

# Staging: the rotator

module "rotator" {
  source = "../.."

  backup_vault_arns      = [aws_backup_vault.staging.arn]
  backup_kms_key_arns    = [aws_kms_key.copies.arn]
  forwarding_account_ids = [local.production]

  rules = {
    staging = {
      source_pattern      = "-production$"
      replacement_pattern = "-staging"
      ssm_parameter_name  = "/staging/orders/table-arn"
    }
  }
}
