locals {
  functions = {
    check_table = {
      description = "Checks that a table is a copy and that its keys can be masked, and divides it into segments"
      segment     = false
    }
    mask_segment = {
      description = "Masks a segment of a table, for as long as one invocation may take"
      segment     = true
    }
    verify_segment = {
      description = "Counts what is masked in a segment of a table, and what is not"
      segment     = true
    }
    remove_marks = {
      description = "Removes the marks of masked digits from a segment of a table"
      segment     = true
    }
    report_attributes = {
      description = "Reports paths and types of the attributes in a segment of a table"
      segment     = true
    }
    summarize = {
      description = "Sums up what was done, and fails where something is not masked"
      segment     = false
    }
  }
  # Not references, which would be a cycle: functions refer to their roles and log groups, whose policies name them.
  function_names      = { for key in keys(local.functions) : key => "${var.name}-${replace(key, "_", "-")}" }
  function_log_groups = { for key, name in local.function_names : key => "/aws/lambda/${name}" }

  environment = {
    POWERTOOLS_SERVICE_NAME = var.name
    ATTRIBUTES              = local.attributes_compressed
    UNLISTED                = var.unlisted
    HMAC_KEY_ARN            = local.hmac_key_arn
    WORKERS                 = tostring(var.workers)
  }
  attributes_compressed = base64gzip(jsonencode(var.attributes))

  # The part of a function's 4 KB of environment that is left for the attributes. Lambda measures the environment as JSON.
  attributes_size_max = 4 * 1024 + 2 - length(jsonencode(merge(local.environment, {
    ATTRIBUTES   = ""
    HMAC_KEY_ARN = "arn:${local.partition}:kms:${local.region}:${local.account_id}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  })))

  zips               = "${path.module}/../../lambdas/dist"
  log_retention_days = [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
}

resource "aws_lambda_function" "this" {
  for_each = local.functions

  function_name    = local.function_names[each.key]
  description      = each.value.description
  role             = aws_iam_role.function[each.key].arn
  runtime          = "python3.13"
  architectures    = [var.architecture]
  handler          = "masking.handlers.${each.key}.handler"
  filename         = "${local.zips}/functions.zip"
  source_code_hash = filebase64sha256("${local.zips}/functions.zip")
  layers           = [aws_lambda_layer_version.this.arn]
  # One whole processor for what computes.
  memory_size             = each.value.segment ? 1769 : 256
  timeout                 = each.value.segment ? 900 : 60
  code_signing_config_arn = var.code_signing_config_arn

  environment {
    variables = local.environment
  }

  logging_config {
    log_group             = aws_cloudwatch_log_group.function[each.key].name
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "INFO"
  }

  dynamic "vpc_config" {
    for_each = var.vpc_config[*]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  tags = var.tags

  # Lambda rejects a function whose role lacks what its configuration needs.
  depends_on = [aws_iam_role_policy.function]

  lifecycle {
    precondition {
      condition     = each.key != "check_table" || length(local.attributes_compressed) <= local.attributes_size_max
      error_message = "attributes takes ${length(local.attributes_compressed)} bytes, compressed, of the environment of a Lambda function, which has room for ${local.attributes_size_max}. Use a method for a whole map or list instead of one for each path in it."
    }
  }
}

resource "aws_lambda_layer_version" "this" {
  layer_name               = "${var.name}-dependencies"
  description              = "Powertools for AWS Lambda, the parts that the functions use"
  filename                 = "${local.zips}/dependencies.zip"
  source_code_hash         = filebase64sha256("${local.zips}/dependencies.zip")
  compatible_architectures = [var.architecture]
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.function_log_groups

  name              = each.value
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}
