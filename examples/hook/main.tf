# A table with e-mail addresses, its daily backup, and the rotator that masks the addresses in each copy.

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
  # Version 6 of the provider deprecates `id`, and version 5 has no `region`.
  region  = lookup(data.aws_region.this, "region", lookup(data.aws_region.this, "id", null))
  account = "${local.region}:${data.aws_caller_identity.this.account_id}"

  # What the rule below calls its copies.
  staging_tables_arn = "arn:${data.aws_partition.this.partition}:dynamodb:${local.account}:table/customers-staging-*"
}

# The table in production

resource "aws_dynamodb_table" "customers" {
  name         = "customers-production"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "customer_id"

  attribute {
    name = "customer_id"
    type = "S"
  }
}

# The rotator runs the function on each copy, and points the parameter at the copy only when that has succeeded

module "rotator" {
  source = "../.."

  name              = "customers-rotator"
  backup_vault_arns = [aws_backup_vault.this.arn]

  rules = {
    staging = {
      source_pattern      = "^customers-production$"
      replacement_pattern = "customers-staging"
      ssm_parameter_name  = "/staging/customers/table-arn"
      before_switch       = aws_lambda_function.mask_emails.arn
      keep                = 3
    }
  }
}

# The function

# Masks are made with it. A new key would make new masks.
resource "aws_kms_key" "masks" {
  #checkov:skip=CKV2_AWS_64:The policy that AWS gives a key by default leaves it to IAM who may use it.

  description              = "Masks the e-mail addresses of customers"
  key_usage                = "GENERATE_VERIFY_MAC"
  customer_master_key_spec = "HMAC_256"
}

resource "aws_lambda_function" "mask_emails" {
  function_name    = "customers-mask-emails"
  description      = "Masks the e-mail addresses in a restored table"
  role             = aws_iam_role.mask_emails.arn
  runtime          = "python3.13"
  architectures    = ["arm64"]
  handler          = "mask_emails.handler"
  filename         = "${path.module}/mask_emails.zip"
  source_code_hash = filebase64sha256("${path.module}/mask_emails.zip")
  memory_size      = 512
  timeout          = 900

  environment {
    variables = { HMAC_KEY_ARN = aws_kms_key.masks.arn }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.mask_emails.name
    log_format = "JSON"
  }

  depends_on = [aws_iam_role_policy.mask_emails]
}

resource "aws_cloudwatch_log_group" "mask_emails" {
  name              = "/aws/lambda/customers-mask-emails"
  retention_in_days = 90
}

resource "aws_iam_role" "mask_emails" {
  name               = "customers-mask-emails"
  assume_role_policy = data.aws_iam_policy_document.lambda_trust.json
}

data "aws_iam_policy_document" "lambda_trust" {
  statement {
    sid     = "Lambda"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "mask_emails" {
  name   = "mask_emails"
  role   = aws_iam_role.mask_emails.name
  policy = data.aws_iam_policy_document.mask_emails.json
}

data "aws_iam_policy_document" "mask_emails" {
  # Of the copies only, so that no mistake can reach production.
  statement {
    sid       = "MaskCopies"
    actions   = ["dynamodb:DescribeTable", "dynamodb:Scan", "dynamodb:UpdateItem"]
    resources = [local.staging_tables_arn]
  }

  statement {
    sid       = "MakeMasks"
    actions   = ["kms:GenerateMac"]
    resources = [aws_kms_key.masks.arn]
  }

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.mask_emails.arn}:*"]
  }
}

# The backup, every night, kept for a week

resource "aws_backup_vault" "this" {
  name = "customers"

  # An example should go away when asked to. Without this, a vault that holds recovery points can't be deleted:
  # leave it out for backups that you rely on.
  force_destroy = true
}

resource "aws_backup_plan" "this" {
  name = "customers"

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
  name         = "customers"
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = [aws_dynamodb_table.customers.arn]
}

resource "aws_iam_role" "backup" {
  name               = "customers-backup"
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
