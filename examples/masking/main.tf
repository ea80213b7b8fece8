# A single table of customers and their orders, its daily backup, and the rotator that masks each copy.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

data "aws_partition" "this" {}

# The table in production

resource "aws_dynamodb_table" "store" {
  name             = "store-production"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "pk" # CUSTOMER#<e-mail address>
  range_key        = "sk" # PROFILE, ORDER#<id>
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  attribute {
    name = "email"
    type = "S"
  }

  # Finds a customer's orders by the address that they were placed with, which may be another one
  local_secondary_index {
    name            = "by-email"
    range_key       = "email"
    projection_type = "ALL"
  }
}

# What happens to which attribute

module "masking" {
  source = "../../modules/masking"

  name     = "store-masking"
  unlisted = "fail" # so that a new attribute does not slip through

  attributes = {
    pk    = "email" # CUSTOMER#ann@example.com becomes CUSTOMER#<12 digits>@example.invalid
    sk    = "keep"
    id    = "keep"
    email = "email" # the same address has the same mask as in pk
    name  = "hash"
    phone = "digits"

    "address.street"      = "redact"
    "address.postal_code" = "digits"
    "address.city"        = "keep"

    placed_at          = "keep"
    total              = "keep"
    "items[*].article" = "keep"
    "items[*].pieces"  = "keep"
    "items[*].note"    = "remove"
  }
}

# The rotator masks each copy, then switches its stream on, and only then points the parameter at it

module "rotator" {
  source = "../.."

  name              = "store-rotator"
  backup_vault_arns = [aws_backup_vault.this.arn]

  rules = {
    staging = {
      source_pattern      = "^store-production$"
      replacement_pattern = "store-staging"
      ssm_parameter_name  = "/staging/store/table-arn"
      carry_over          = ["stream"]
      before_switch       = module.masking.state_machine_arn
      keep                = 3
    }
  }
}

# The backup, every night, kept for a week

resource "aws_backup_vault" "this" {
  name = "store"

  # An example should go away when asked to. Without this, a vault that holds recovery points can't be deleted:
  # leave it out for backups that you rely on.
  force_destroy = true
}

resource "aws_backup_plan" "this" {
  name = "store"

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
  name         = "store"
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = [aws_dynamodb_table.store.arn]
}

resource "aws_iam_role" "backup" {
  name               = "store-backup"
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
