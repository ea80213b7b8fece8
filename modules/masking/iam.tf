locals {
  # No copy has a name of any other form, so the functions cannot touch other tables.
  target_tables_arn = "arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/*-????????-??-??-??"

  methods = values(var.attributes)
  # No other method may be used for an attribute of a table's key. Which attributes that are, a plan cannot know.
  may_change_keys = contains(local.methods, "hash") || contains(local.methods, "email")
  makes_marks     = contains(local.methods, "digits")

  table_actions = {
    check_table       = ["dynamodb:DescribeTable", "dynamodb:ListTagsOfResource"]
    mask_segment      = concat(["dynamodb:Scan", "dynamodb:UpdateItem"], local.may_change_keys ? ["dynamodb:DeleteItem", "dynamodb:PutItem"] : [])
    verify_segment    = ["dynamodb:Scan"]
    remove_marks      = local.makes_marks ? ["dynamodb:Scan", "dynamodb:UpdateItem"] : []
    report_attributes = ["dynamodb:Scan"]
    summarize         = []
  }
  # Of the secret, the functions of segments derive masks, and the keys that seal the position of a scan.
  needs_secret = { for key, function in local.functions : key => function.segment && length(local.table_actions[key]) > 0 }
}

data "aws_iam_policy_document" "function" {
  for_each = local.functions

  source_policy_documents = concat([data.aws_iam_policy_document.tracing.json], module.network_permissions[*].json)

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.function_log_groups[each.key]}:*"]
  }

  dynamic "statement" {
    for_each = length(local.table_actions[each.key]) > 0 ? [local.table_actions[each.key]] : []

    content {
      sid       = "UseCopies"
      actions   = statement.value
      resources = [local.target_tables_arn]
    }
  }

  dynamic "statement" {
    for_each = local.needs_secret[each.key] ? [local.hmac_key_arn] : []

    content {
      sid       = "DeriveSecret"
      actions   = ["kms:GenerateMac"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:MacAlgorithm"
        values   = ["HMAC_SHA_256"]
      }
    }
  }

  # DynamoDB decrypts a table with the permissions of whoever reads or writes it.
  dynamic "statement" {
    for_each = local.needs_secret[each.key] && length(var.table_kms_key_arns) > 0 ? [var.table_kms_key_arns] : []

    content {
      sid       = "DecryptCopies"
      actions   = ["kms:Decrypt"]
      resources = statement.value

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        # What KMS calls it, the same in every partition, although host names in China end in amazonaws.com.cn.
        values = ["dynamodb.${local.region}.amazonaws.com"]
      }
    }
  }
}

module "network_permissions" {
  source = "../network-permissions"
  count  = length(var.vpc_config[*])

  partition    = local.partition
  region       = local.region
  function_arn = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name}-*"
}

data "aws_iam_policy_document" "tracing" {
  dynamic "statement" {
    for_each = var.tracing ? ["*"] : []

    content {
      sid     = "WriteTraces"
      actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      # X-Ray has no resource-level permissions for these actions.
      resources = [statement.value]
    }
  }
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

resource "aws_iam_role" "function" {
  for_each = local.function_names

  name                 = each.value
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = data.aws_iam_policy_document.assume_by_lambda.json
  tags                 = var.tags
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name   = each.key
  role   = aws_iam_role.function[each.key].name
  policy = data.aws_iam_policy_document.function[each.key].json
}
