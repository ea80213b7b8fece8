# What AWS Backup restores its own recovery points with. The role is made even where restore_role_arn names another:
# that may be one that is not there yet, and how many roles there are has to be known when planning.

locals {
  customer_keys = { for name, rule in var.rules : name => rule.restore.encryption if try(startswith(rule.restore.encryption, "arn:"), false) }

  restore_role_name = "${var.name}-restore-job"
  restore_role_arn  = var.restore_role_arn == null ? "arn:${local.partition}:iam::${local.account_id}:role${var.role_path}${local.restore_role_name}" : var.restore_role_arn
}

data "aws_iam_policy_document" "assume_by_backup" {
  statement {
    sid     = "AssumeByBackup"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "restore" {
  statement {
    sid = "RestoreTargetTables"
    actions = [
      "dynamodb:BatchWriteItem",
      "dynamodb:DeleteItem",
      "dynamodb:DescribeTable",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:RestoreTableFromAwsBackup",
      "dynamodb:Scan",
      "dynamodb:UpdateItem",
    ]
    resources = [local.target_tables_arn]
  }

  source_policy_documents = [data.aws_iam_policy_document.customer_keys.json]
}

resource "aws_iam_role" "restore" {
  name                 = local.restore_role_name
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = data.aws_iam_policy_document.assume_by_backup.json
  tags                 = var.tags
}

resource "aws_iam_role_policy" "restore" {
  name   = "restore"
  role   = aws_iam_role.restore.name
  policy = data.aws_iam_policy_document.restore.json
}

# DynamoDB encrypts a table in the name of the one who restores it. Where no rule asks for a key, this is empty.
data "aws_iam_policy_document" "customer_keys" {
  dynamic "statement" {
    for_each = length(local.customer_keys) > 0 ? [distinct(values(local.customer_keys))] : []

    content {
      sid = "EncryptTargetTables"
      actions = [
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
      ]
      resources = statement.value

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["dynamodb.${local.region}.${data.aws_partition.this.dns_suffix}"]
      }
    }
  }
}

# DynamoDB decrypts a table in the name of the one who reads it or enables Contributor Insights. Empty as the one above.
data "aws_iam_policy_document" "decryption" {
  for_each = {
    configure_table = distinct([for name, key in local.customer_keys : key if contains(var.rules[name].carry_over, "contributor_insights")])
    verify_table    = distinct([for name, key in local.customer_keys : key if var.rules[name].verify])
  }

  dynamic "statement" {
    for_each = length(each.value) > 0 ? [each.value] : []

    content {
      sid       = "DecryptTargetTables"
      actions   = ["kms:Decrypt"]
      resources = statement.value

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["dynamodb.${local.region}.${data.aws_partition.this.dns_suffix}"]
      }
    }
  }
}
