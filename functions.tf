locals {
  # Names, and with them the ARNs of roles, depend on nothing but var.name. So the policy of a key can name a role even
  # where a topic with that key is an argument of the module.
  functions = {
    start_workflow = {
      description = "Starts a rotation for each recovery point of a table that a rule matches"
      environment = "workflow"
    }
    restore_backup = {
      description = "Starts restoring a recovery point to a new table"
      environment = "step"
    }
    check_restore_status = {
      description = "Checks the progress of a restore"
      environment = "step"
    }
    configure_table = {
      description = "Applies restore options and table class to a copy, before the hook"
      environment = "step"
    }
    carry_over_settings = {
      description = "Carries over settings that let data out of a copy or delete it, after the hook"
      environment = "step"
    }
    verify_table = {
      description = "Compares a copy with what was backed up"
      environment = "step"
    }
    update_ssm_parameter = {
      description = "Points an SSM parameter at a copy"
      environment = "step"
    }
    delete_old_tables = {
      description = "Deletes the oldest copies of a table"
      environment = "step"
    }
    report_result = {
      description = "Reports how a rotation ended"
      environment = "report"
    }
  }
  steps               = toset([for key, function in local.functions : key if function.environment == "step"])
  function_names      = { for key in keys(local.functions) : key => "${var.name}-${replace(key, "_", "-")}" }
  function_log_groups = { for key, name in local.function_names : key => "/aws/lambda/${name}" }

  environments = {
    workflow = {
      RULES             = local.rules_compressed
      STATE_MACHINE_ARN = local.state_machine_arn
      BACKUP_VAULT_ARNS = join(",", var.backup_vault_arns)
      SEARCH_ALL_VAULTS = tostring(local.has_topic)
      SWEEP_DAYS        = tostring(var.sweep_days)
    }
    step = {
      MODULE           = var.name
      RESTORE_ROLE_ARN = local.restore_role_arn
    }
    report = {
      NOTIFICATION_TOPIC_ARN        = var.notification_topic_arn == null ? "" : var.notification_topic_arn
      NOTIFY_OF_SUCCESS             = var.notify_of_success
      START_WORKFLOW_FUNCTION       = local.function_names["start_workflow"]
      UPDATE_SSM_PARAMETER_FUNCTION = local.function_names["update_ssm_parameter"]
    }
  }

  common_environment = {
    POWERTOOLS_SERVICE_NAME = var.name
  }

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
  # A sweep lists all recovery points of sweep_days.
  timeout                 = each.key == "start_workflow" ? 900 : 60
  code_signing_config_arn = var.code_signing_config_arn

  environment {
    variables = merge(local.common_environment, local.environments[each.value.environment])
  }

  logging_config {
    log_group             = aws_cloudwatch_log_group.function[each.key].name
    log_format            = "JSON"
    application_log_level = var.log_level
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
      condition     = each.key != "start_workflow" || length(local.rules_compressed) <= local.rules_size_max
      error_message = "rules takes ${length(local.rules_compressed)} bytes, compressed, of the environment of a Lambda function, which has room for ${local.rules_size_max}. Shorten the rules, or use the module twice, each time with some of the rules or of backup_vault_arns."
    }
  }
}

# Python 3.13 and 3.14 can use it. AWS only filters lists by compatible_runtimes, and version 5 of the provider rejects
# python3.14.
resource "aws_lambda_layer_version" "this" {
  layer_name               = "${var.name}-dependencies"
  description              = "Powertools for AWS Lambda, the parts that the functions use"
  filename                 = "${path.module}/lambdas/dist/dependencies.zip"
  source_code_hash         = filebase64sha256("${path.module}/lambdas/dist/dependencies.zip")
  compatible_architectures = [var.architecture]
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.function_log_groups

  name              = each.value
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}
