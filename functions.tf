locals {
  # Names, and with them roles, depend on nothing but var.name, so that the policy of a key can name a role although a
  # topic with that key is an argument of the module.
  functions = {
    start_workflow = {
      description = "Starts a rotation for each completed backup of a table that a rule matches"
      environment = "workflow"
    }
    restore_backup = {
      description = "Begins to restore a recovery point to a new table"
      environment = "rotation"
    }
    check_restore_status = {
      description = "Looks how far a restore is"
      environment = "rotation"
    }
    configure_table = {
      description = "Brings a restored table to the settings that its rule asks for"
      environment = "rotation"
    }
    verify_table = {
      description = "Compares a restored table with what was backed up"
      environment = "rotation"
    }
    update_ssm_parameter = {
      description = "Points an SSM parameter at a restored table"
      environment = "rotation"
    }
    delete_old_tables = {
      description = "Deletes the oldest copies of a table"
      environment = "rotation"
    }
    report_result = {
      description = "Tells how a rotation ended"
      environment = "rotation"
    }
    fail_rotation = {
      description = "Ends a rotation that failed, with its error"
      environment = "rotation"
    }
  }
  function_names      = { for key in keys(local.functions) : key => "${var.name}-${replace(key, "_", "-")}" }
  function_log_groups = { for key, name in local.function_names : key => "/aws/lambda/${name}" }

  environments = {
    workflow = {
      RULES             = local.rules_json
      STATE_MACHINE_ARN = local.state_machine_arn
    }
    rotation = {
      MODULE                 = var.name
      TIMEOUT_HOURS          = var.timeout_hours
      RESTORE_ROLE_ARN       = local.restore_role_arn
      NOTIFICATION_TOPIC_ARN = var.notification_topic_arn == null ? "" : var.notification_topic_arn
      NOTIFY_OF_SUCCESS      = var.notify_of_success
    }
  }
  # Only what a rule sets, for the environment of a function is small.
  rules_json = jsonencode({
    for name, rule in var.rules : name => {
      for attribute, value in merge(rule, { restore = { for option, value in rule.restore : option => value if !contains(local.unset, jsonencode(value)) } }) :
      attribute => value if !contains(local.unset, jsonencode(value)) && !(attribute == "verify" && jsonencode(value) == "true")
    }
  })
  unset = ["null", "[]", "{}"]

  common_environment = {
    POWERTOOLS_SERVICE_NAME = var.name
  }

  # What the 4 KB of a function's environment leave for the rules, whose quotation marks count twice here.
  rules_size     = length(base64encode(jsonencode(local.rules_json))) * 3 / 4
  rules_size_max = 4 * 1024 + 2 - length(jsonencode(merge(local.common_environment, { RULES = "", STATE_MACHINE_ARN = local.state_machine_arn })))

  log_retention_days = [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
}

resource "aws_lambda_function" "this" {
  for_each = local.functions

  function_name    = local.function_names[each.key]
  description      = each.value.description
  role             = aws_iam_role.function[each.key].arn
  runtime          = "python3.13"
  architectures    = [var.architecture]
  handler          = "rotator.handlers.${each.key}.handler"
  filename         = "${path.module}/lambdas/dist/functions.zip"
  source_code_hash = filebase64sha256("${path.module}/lambdas/dist/functions.zip")
  layers           = [aws_lambda_layer_version.this.arn]
  memory_size      = 256
  timeout          = 60

  environment {
    variables = merge(local.common_environment, local.environments[each.value.environment])
  }

  logging_config {
    log_group             = aws_cloudwatch_log_group.function[each.key].name
    log_format            = "JSON"
    application_log_level = var.log_level
    system_log_level      = "INFO"
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  tags = var.tags

  # Lambda refuses a function whose role may not do what its configuration asks for.
  depends_on = [aws_iam_role_policy.function]

  lifecycle {
    # Lambda measures the environment as JSON, in which the rules, JSON themselves, are encoded a second time.
    precondition {
      condition     = each.key != "start_workflow" || local.rules_size <= local.rules_size_max
      error_message = "rules takes ${local.rules_size} bytes of the environment of a Lambda function, which has room for ${local.rules_size_max}. Shorten the expressions, or use the module twice with a part of the rules each."
    }
  }
}

resource "aws_lambda_layer_version" "this" {
  layer_name               = "${var.name}-dependencies"
  description              = "Powertools for AWS Lambda, the parts that the functions use"
  filename                 = "${path.module}/lambdas/dist/dependencies.zip"
  source_code_hash         = filebase64sha256("${path.module}/lambdas/dist/dependencies.zip")
  compatible_runtimes      = ["python3.13"]
  compatible_architectures = [var.architecture]
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.function_log_groups

  name              = each.value
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}
