locals {
  tables_arn = "arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table"
  # No rule makes a table whose name has another form, so the functions can't touch the tables of others.
  target_tables_arn = "${local.tables_arn}/*-????????-??-??-??"

  parameter_arns = [for rule in module.rule : rule.parameter_arn if rule.parameter_arn != null]

  function_policies = {
    start_workflow       = data.aws_iam_policy_document.start_workflow.json
    restore_backup       = data.aws_iam_policy_document.restore_backup.json
    check_restore_status = data.aws_iam_policy_document.check_restore_status.json
    update_ssm_parameter = data.aws_iam_policy_document.update_ssm_parameter.json
    report_result        = data.aws_iam_policy_document.report_result.json
  }
}

data "aws_iam_policy_document" "start_workflow" {
  source_policy_documents = [data.aws_iam_policy_document.function["start_workflow"].json]

  statement {
    sid       = "StartRotations"
    actions   = ["states:StartExecution"]
    resources = [local.state_machine_arn]
  }

  statement {
    sid       = "KeepFailedNotifications"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arns["failed_notifications"]]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid       = "EncryptFailedNotifications"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

data "aws_iam_policy_document" "restore_backup" {
  source_policy_documents = [data.aws_iam_policy_document.function["restore_backup"].json]

  # DynamoDB wants the action on the backup and on the table that it makes of it.
  statement {
    sid     = "RestoreBackups"
    actions = ["dynamodb:RestoreTableFromBackup"]
    resources = [
      "${local.tables_arn}/*/backup/*",
      local.target_tables_arn,
    ]
  }

  # DynamoDB fills the table in the name of the one who restores it.
  statement {
    sid = "FillTargetTables"
    actions = [
      "dynamodb:BatchWriteItem",
      "dynamodb:DeleteItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:Scan",
      "dynamodb:UpdateItem",
    ]
    resources = [local.target_tables_arn]
  }

  # Of a table that is there already, it finds out whether this rotation made it.
  statement {
    sid       = "RecognizeTargetTables"
    actions   = ["dynamodb:DescribeTable", "dynamodb:ListTagsOfResource"]
    resources = [local.target_tables_arn]
  }

  statement {
    sid       = "StartRestoreJobs"
    actions   = ["backup:StartRestoreJob"]
    resources = ["arn:${local.partition}:backup:${local.region}:${local.account_id}:recovery-point:*"]
  }

  statement {
    sid       = "PassRestoreRole"
    actions   = ["iam:PassRole"]
    resources = [local.restore_role_arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["backup.amazonaws.com"]
    }
  }

  dynamic "statement" {
    for_each = length(local.parameter_arns) > 0 ? [local.parameter_arns] : []

    content {
      sid       = "ReadParameters"
      actions   = ["ssm:GetParameterHistory"]
      resources = statement.value
    }
  }
}

data "aws_iam_policy_document" "check_restore_status" {
  source_policy_documents = [data.aws_iam_policy_document.function["check_restore_status"].json]

  statement {
    sid       = "DescribeAndTagTargetTables"
    actions   = ["dynamodb:DescribeTable", "dynamodb:ListTagsOfResource", "dynamodb:TagResource"]
    resources = [local.target_tables_arn]
  }

  statement {
    sid     = "DescribeRestoreJobs"
    actions = ["backup:DescribeRestoreJob"]
    # AWS Backup knows no resources for this action.
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "update_ssm_parameter" {
  source_policy_documents = [data.aws_iam_policy_document.function["update_ssm_parameter"].json]

  dynamic "statement" {
    for_each = length(local.parameter_arns) > 0 ? [local.parameter_arns] : []

    content {
      sid       = "UpdateParameters"
      actions   = ["ssm:GetParameterHistory", "ssm:PutParameter"]
      resources = statement.value
    }
  }
}

data "aws_iam_policy_document" "report_result" {
  source_policy_documents = [data.aws_iam_policy_document.function["report_result"].json]

  dynamic "statement" {
    for_each = var.notification_topic_arn[*]

    content {
      sid       = "PublishResults"
      actions   = ["sns:Publish"]
      resources = [statement.value]
    }
  }
}

# What every function may do.
data "aws_iam_policy_document" "function" {
  for_each = local.function_log_groups

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${each.value}:*"]
  }

  source_policy_documents = [data.aws_iam_policy_document.tracing.json]
}

data "aws_iam_policy_document" "tracing" {
  dynamic "statement" {
    for_each = var.tracing ? ["*"] : []

    content {
      sid     = "WriteTraces"
      actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      # X-Ray knows no resources for these actions.
      resources = [statement.value]
    }
  }
}

# Step Functions asks X-Ray how many executions to trace; functions leave that to Lambda.
data "aws_iam_policy_document" "tracing_of_state_machine" {
  source_policy_documents = [data.aws_iam_policy_document.tracing.json]

  dynamic "statement" {
    for_each = var.tracing ? ["*"] : []

    content {
      sid     = "ReadSamplingRules"
      actions = ["xray:GetSamplingRules", "xray:GetSamplingTargets"]
      # X-Ray knows no resources for these actions either.
      resources = [statement.value]
    }
  }
}

data "aws_iam_policy_document" "state_machine" {
  source_policy_documents = [data.aws_iam_policy_document.tracing_of_state_machine.json]

  statement {
    sid     = "InvokeFunctions"
    actions = ["lambda:InvokeFunction"]
    resources = [
      for key, name in local.function_names : "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${name}"
      if key != "start_workflow"
    ]
  }

  statement {
    sid = "DeliverLogs"
    actions = [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
    ]
    # CloudWatch Logs knows no resources for the actions that manage deliveries.
    resources = ["*"]
  }
}

# Where SNS puts what it could not deliver.
data "aws_iam_policy_document" "undelivered_notifications" {
  statement {
    sid       = "KeepUndeliveredNotifications"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arns["undelivered_notifications"]]

    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [var.backup_sns_topic_arn]
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

data "aws_iam_policy_document" "assume_by_state_machine" {
  statement {
    sid     = "AssumeByStateMachine"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.state_machine_arn]
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
  for_each = local.function_policies

  name   = each.key
  role   = aws_iam_role.function[each.key].name
  policy = each.value
}

resource "aws_iam_role" "state_machine" {
  name                 = "${var.name}-state-machine"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = data.aws_iam_policy_document.assume_by_state_machine.json
  tags                 = var.tags
}

resource "aws_iam_role_policy" "state_machine" {
  name   = "state_machine"
  role   = aws_iam_role.state_machine.name
  policy = data.aws_iam_policy_document.state_machine.json
}

# What AWS Backup restores its own recovery points with. The role is made even where restore_role_arn names another:
# that may be one that is not there yet, and how many roles there are has to be known when planning.

locals {
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
