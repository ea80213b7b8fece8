locals {
  tables_arn = "arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table"
  # No rule makes a table whose name has another form, so the functions can't touch the tables of others.
  target_tables_arn = "${local.tables_arn}/*-????????-??-??-??"
  # A rule finds its source tables by a regular expression, which is more than a policy can say.
  source_tables_arn = "${local.tables_arn}/*"
  backups_arn       = "${local.tables_arn}/*/backup/*"

  parameter_arns = [for rule in module.rule : rule.parameter_arn if rule.parameter_arn != null]

  function_policies = {
    start_workflow       = data.aws_iam_policy_document.start_workflow.json
    restore_backup       = data.aws_iam_policy_document.restore_backup.json
    check_restore_status = data.aws_iam_policy_document.check_restore_status.json
    configure_table      = data.aws_iam_policy_document.configure_table.json
    verify_table         = data.aws_iam_policy_document.verify_table.json
    update_ssm_parameter = data.aws_iam_policy_document.update_ssm_parameter.json
    delete_old_tables    = data.aws_iam_policy_document.delete_old_tables.json
    report_result        = data.aws_iam_policy_document.report_result.json
    fail_rotation        = data.aws_iam_policy_document.function["fail_rotation"].json
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
  source_policy_documents = [
    data.aws_iam_policy_document.function["restore_backup"].json,
    data.aws_iam_policy_document.customer_keys.json,
  ]

  # DynamoDB wants the action on the backup and on the table that it makes of it.
  statement {
    sid     = "RestoreBackups"
    actions = ["dynamodb:RestoreTableFromBackup"]
    resources = [
      local.backups_arn,
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

  # Of a table that is there already, it finds out whether this rotation made it; and where a rule leaves out indexes,
  # which ones the source table has.
  statement {
    sid       = "DescribeTables"
    actions   = ["dynamodb:DescribeTable"]
    resources = [anytrue([for rule in var.rules : length(rule.restore.excluded_indexes) > 0]) ? local.source_tables_arn : local.target_tables_arn]
  }

  statement {
    sid       = "RecognizeTargetTables"
    actions   = ["dynamodb:ListTagsOfResource"]
    resources = [local.target_tables_arn]
  }

  # DynamoDB drops each index that a restore does not name, so those that are to stay have to be known.
  dynamic "statement" {
    for_each = anytrue([for rule in var.rules : rule.restore.read_capacity_units != null || length(rule.restore.excluded_indexes) > 0]) ? [local.backups_arn] : []

    content {
      sid       = "ReadIndexesOfBackups"
      actions   = ["dynamodb:DescribeBackup"]
      resources = [statement.value]
    }
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

data "aws_iam_policy_document" "verify_table" {
  source_policy_documents = [
    data.aws_iam_policy_document.function["verify_table"].json,
    data.aws_iam_policy_document.decryption["verify_table"].json,
  ]

  dynamic "statement" {
    for_each = anytrue([for rule in var.rules : rule.verify]) ? {
      DescribeSourceAndTargetTables = { action = "dynamodb:DescribeTable", resource = local.source_tables_arn }
      DescribeBackups               = { action = "dynamodb:DescribeBackup", resource = local.backups_arn }
      ReadTargetTables              = { action = "dynamodb:Scan", resource = local.target_tables_arn }
      # AWS Backup knows no resources for this action.
      DescribeRestoreJobs = { action = "backup:DescribeRestoreJob", resource = "*" }
    } : {}

    content {
      sid       = statement.key
      actions   = [statement.value.action]
      resources = [statement.value.resource]
    }
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
