# What configure_table may do: only what the settings take that some rule carries over.

locals {
  carry_over = toset(flatten([for rule in var.rules : rule.carry_over]))

  # The ids of targets are not those of tables, hence the conditions wherever these are granted.
  scalable_targets_arn = "arn:${local.partition}:application-autoscaling:${local.region}:${local.account_id}:scalable-target/*"
  # AWS does not say which names Application Auto Scaling tries with the permissions of its caller.
  scaling_alarms_arn = "arn:${local.partition}:cloudwatch:${local.region}:${local.account_id}:alarm:*"

  # Each is read of the source table and of the copy, and written to the copy alone.
  actions_of_settings = {
    tags                   = { read = ["dynamodb:ListTagsOfResource"], write = ["dynamodb:TagResource"] }
    time_to_live           = { read = ["dynamodb:DescribeTimeToLive"], write = ["dynamodb:UpdateTimeToLive"] }
    stream                 = { read = [], write = ["dynamodb:UpdateTable"] }
    point_in_time_recovery = { read = ["dynamodb:DescribeContinuousBackups"], write = ["dynamodb:UpdateContinuousBackups"] }
    deletion_protection    = { read = [], write = ["dynamodb:UpdateTable"] }
    table_class            = { read = [], write = ["dynamodb:UpdateTable"] }
    contributor_insights   = { read = ["dynamodb:DescribeContributorInsights"], write = ["dynamodb:UpdateContributorInsights"] }
    auto_scaling           = { read = [], write = ["dynamodb:UpdateTable"] }
    resource_policy        = { read = ["dynamodb:GetResourcePolicy"], write = ["dynamodb:PutResourcePolicy"] }
    kinesis_destination    = { read = ["dynamodb:DescribeKinesisStreamingDestination"], write = ["dynamodb:EnableKinesisStreamingDestination"] }
  }

  actions_to_read_settings = distinct(flatten([for setting in local.carry_over : try(local.actions_of_settings[setting].read, [])]))
  actions_to_write_settings = distinct(concat(
    flatten([for setting in local.carry_over : try(local.actions_of_settings[setting].write, [])]),
    anytrue([for rule in var.rules : length(rule.tags) > 0]) ? ["dynamodb:TagResource"] : [],
    anytrue([for rule in var.rules : anytrue([for option in values(rule.restore) : !contains(local.unset, jsonencode(option))])]) ? ["dynamodb:UpdateTable"] : [],
  ))
}

data "aws_iam_policy_document" "configure_table" {
  source_policy_documents = [
    data.aws_iam_policy_document.function["configure_table"].json,
    data.aws_iam_policy_document.decryption["configure_table"].json,
  ]

  statement {
    sid       = "DescribeTables"
    actions   = ["dynamodb:DescribeTable"]
    resources = [length(local.carry_over) > 0 ? local.source_tables_arn : local.target_tables_arn]
  }

  dynamic "statement" {
    for_each = length(local.actions_to_read_settings) > 0 ? [local.actions_to_read_settings] : []

    content {
      sid       = "ReadSettings"
      actions   = statement.value
      resources = [local.source_tables_arn]
    }
  }

  dynamic "statement" {
    for_each = length(local.actions_to_write_settings) > 0 ? [local.actions_to_write_settings] : []

    content {
      sid     = "WriteSettingsOfTargetTables"
      actions = statement.value
      resources = concat(
        [local.target_tables_arn],
        contains(local.carry_over, "contributor_insights") ? ["${local.target_tables_arn}/index/*"] : [],
      )
    }
  }

  # Where the source table is gone, its backup tells of these two.
  dynamic "statement" {
    for_each = length(setintersection(local.carry_over, ["stream", "time_to_live"])) > 0 ? [local.backups_arn] : []

    content {
      sid       = "ReadSettingsOfBackups"
      actions   = ["dynamodb:DescribeBackup"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = contains(local.carry_over, "auto_scaling") ? [1] : []

    content {
      sid     = "ReadAutoScaling"
      actions = ["application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"]
      # Application Auto Scaling knows no resources for these actions.
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = contains(local.carry_over, "auto_scaling") ? [local.scalable_targets_arn] : []

    content {
      sid       = "WriteAutoScaling"
      actions   = ["application-autoscaling:PutScalingPolicy", "application-autoscaling:RegisterScalableTarget"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "application-autoscaling:service-namespace"
        values   = ["dynamodb"]
      }
    }
  }

  # Application Auto Scaling tries what it will do with the permissions of its caller: to change the capacity, for which
  # UpdateTable is above, and to keep alarms.
  dynamic "statement" {
    for_each = contains(local.carry_over, "auto_scaling") ? [local.scaling_alarms_arn] : []

    content {
      sid       = "KeepAlarmsOfAutoScaling"
      actions   = ["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"]
      resources = [statement.value]
    }
  }

  # DynamoDB looks at the stream and writes to it in the name of the one who asks for it. Which stream that is, the source
  # table says.
  dynamic "statement" {
    for_each = contains(local.carry_over, "kinesis_destination") ? ["arn:${local.partition}:kinesis:${local.region}:${local.account_id}:stream/*"] : []

    content {
      sid       = "WriteToKinesisDestinations"
      actions   = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:PutRecord", "kinesis:PutRecords"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = contains(local.carry_over, "kinesis_destination") ? ["*"] : []

    content {
      sid     = "ListKinesisStreams"
      actions = ["kinesis:ListStreams"]
      # Kinesis knows no resources for this action.
      resources = [statement.value]
    }
  }
}
