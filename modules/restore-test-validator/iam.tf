locals {
  tables_arn = "arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table"
}

resource "aws_iam_role" "this" {
  name                 = var.name
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = data.aws_iam_policy_document.assume_by_lambda.json
  tags                 = var.tags
}

data "aws_iam_policy_document" "assume_by_lambda" {
  statement {
    sid     = "AssumeByLambda"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "validate-restore-test"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.validate_restore_test.json
}

module "network_permissions" {
  source = "../network-permissions"
  count  = length(var.vpc_config[*])

  partition    = local.partition
  region       = local.region
  function_arn = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name}"
}

data "aws_iam_policy_document" "validate_restore_test" {
  source_policy_documents = module.network_permissions[*].json

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group}:*"]
  }

  # No more than what AWS Backup names its test tables.
  statement {
    sid       = "ReadTestTables"
    actions   = ["dynamodb:Scan"]
    resources = ["${local.tables_arn}/awsbackup-restore-test-*"]
  }

  statement {
    sid     = "DescribeTestAndSourceTables"
    actions = ["dynamodb:DescribeTable"]
    # A plan selects source tables by tags or all of them, which a policy cannot express.
    resources = ["${local.tables_arn}/*"]
  }

  statement {
    sid       = "DescribeBackups"
    actions   = ["dynamodb:DescribeBackup"]
    resources = ["${local.tables_arn}/*/backup/*"]
  }

  statement {
    sid     = "RecordVerdicts"
    actions = ["backup:DescribeRestoreJob", "backup:PutRestoreValidationResult"]
    # AWS Backup has no resource-level permissions for these actions.
    resources = ["*"]
  }

  statement {
    sid       = "KeepFailedValidations"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arn]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid       = "EncryptFailedValidations"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }

  # DynamoDB decrypts a table with the permissions of whoever reads it.
  dynamic "statement" {
    for_each = length(var.table_kms_key_arns) > 0 ? [var.table_kms_key_arns] : []

    content {
      sid       = "DecryptTestTables"
      actions   = ["kms:Decrypt"]
      resources = statement.value

      # The same in every partition, although host names in China end in amazonaws.com.cn.
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["dynamodb.${local.region}.amazonaws.com"]
      }
    }
  }
}
