# AWS Backup reports the jobs of a restore testing plan, as all restore jobs, in the account and Region that runs them.

data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  partition  = data.aws_partition.this.partition
  account_id = data.aws_caller_identity.this.account_id
  # Version 6 of the provider deprecates `id`, and version 5 has no `region`.
  region = lookup(data.aws_region.this, "region", lookup(data.aws_region.this, "id", null))

  key_arn_pattern    = "^arn:[^:]+:kms:${local.region}:[0-9]{12}:key/[A-Za-z0-9-]+$"
  log_retention_days = [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]

  log_group = "/aws/lambda/${var.name}"
  # Not references, because the policy of the queue names both.
  queue_name = "${var.name}-failed-validations"
  queue_arn  = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.queue_name}"
  rule_arn   = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${var.name}"

  functions_zip    = "${path.module}/../../lambdas/dist/functions.zip"
  dependencies_zip = "${path.module}/../../lambdas/dist/dependencies.zip"

  completed_test = jsonencode({
    source        = ["aws.backup"]
    "detail-type" = ["Restore Job State Change"]
    detail = {
      status                = ["COMPLETED"]
      resourceType          = ["DynamoDB"]
      restoreTestingPlanArn = var.restore_testing_plan_arns
    }
  })
}

resource "aws_cloudwatch_event_rule" "this" {
  name          = var.name
  description   = "Restore tests of DynamoDB tables that completed"
  event_pattern = local.completed_test
  tags          = var.tags

  lifecycle {
    precondition {
      condition     = length(local.completed_test) <= 2048
      error_message = "restore_testing_plan_arns has ${length(var.restore_testing_plan_arns)} plans, which make an event pattern of ${length(local.completed_test)} characters, and EventBridge allows 2048. Use the module more than once, each time with some of the plans and a name of its own."
    }
  }
}

resource "aws_cloudwatch_event_target" "this" {
  rule = aws_cloudwatch_event_rule.this.name
  arn  = aws_lambda_function.this.arn

  dead_letter_config {
    arn = aws_sqs_queue.this.arn
  }

  # The first event must find a function that the rule may invoke.
  depends_on = [aws_lambda_permission.this, aws_lambda_function_event_invoke_config.this]
}

resource "aws_lambda_permission" "this" {
  statement_id  = "AllowCompletedRestoreTests"
  function_name = aws_lambda_function.this.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.this.arn
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name          = aws_lambda_function.this.function_name
  maximum_retry_attempts = 2

  destination_config {
    on_failure {
      destination = aws_sqs_queue.this.arn
    }
  }
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  description      = "Compares the table of a restore test with what was backed up"
  role             = aws_iam_role.this.arn
  runtime          = "python3.13"
  architectures    = [var.architecture]
  handler          = "rotator.handlers.validate_restore_test.handler"
  filename         = local.functions_zip
  source_code_hash = filebase64sha256(local.functions_zip)
  layers           = [aws_lambda_layer_version.this.arn]
  memory_size      = 256
  timeout          = 60

  code_signing_config_arn = var.code_signing_config_arn

  environment {
    variables = {
      POWERTOOLS_SERVICE_NAME = var.name
    }
  }

  logging_config {
    log_group             = aws_cloudwatch_log_group.this.name
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

  tags = var.tags

  # Lambda rejects a function whose role lacks what its configuration needs.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_lambda_layer_version" "this" {
  layer_name               = "${var.name}-dependencies"
  description              = "Powertools for AWS Lambda, the parts that the function uses"
  filename                 = local.dependencies_zip
  source_code_hash         = filebase64sha256(local.dependencies_zip)
  compatible_architectures = [var.architecture]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

# From EventBridge: what it could not deliver. From Lambda: what the function failed to process.
resource "aws_sqs_queue" "this" {
  name                      = local.queue_name
  message_retention_seconds = 14 * 24 * 60 * 60
  kms_master_key_id         = var.kms_key_arn
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  policy                    = data.aws_iam_policy_document.queue.json
  tags                      = var.tags
}

data "aws_iam_policy_document" "queue" {
  statement {
    sid       = "KeepUndeliveredEvents"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.rule_arn]
    }
  }
}
