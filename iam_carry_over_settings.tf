# What lets data out of a copy, or deletes it: only the settings that some rule carries over.

locals {
  # Each is read from the source table and the copy, and written to the copy alone.
  actions_of_settings = {
    time_to_live           = { read = ["dynamodb:DescribeTimeToLive"], write = ["dynamodb:UpdateTimeToLive"] }
    stream                 = { read = [], write = ["dynamodb:UpdateTable"] }
    point_in_time_recovery = { read = ["dynamodb:DescribeContinuousBackups"], write = ["dynamodb:UpdateContinuousBackups"] }
    deletion_protection    = { read = [], write = ["dynamodb:UpdateTable"] }
    contributor_insights   = { read = ["dynamodb:DescribeContributorInsights"], write = ["dynamodb:UpdateContributorInsights"] }
    auto_scaling           = { read = [], write = ["dynamodb:UpdateTable"] }
    resource_policy        = { read = ["dynamodb:GetResourcePolicy"], write = ["dynamodb:PutResourcePolicy"] }
    kinesis_destination    = { read = ["dynamodb:DescribeKinesisStreamingDestination"], write = ["dynamodb:EnableKinesisStreamingDestination"] }
  }

  settings_after_hook       = setintersection(local.carry_over, keys(local.actions_of_settings))
  actions_to_read_settings  = distinct(flatten([for setting in local.settings_after_hook : local.actions_of_settings[setting].read]))
  actions_to_write_settings = distinct(flatten([for setting in local.settings_after_hook : local.actions_of_settings[setting].write]))
}

data "aws_iam_policy_document" "carry_over_settings" {
  source_policy_documents = [
    data.aws_iam_policy_document.function["carry_over_settings"].json,
    data.aws_iam_policy_document.decryption["carry_over_settings"].json,
  ]

  dynamic "statement" {
    for_each = length(local.settings_after_hook) > 0 ? [local.source_tables_arn] : []

    content {
      sid       = "DescribeTables"
      actions   = ["dynamodb:DescribeTable"]
      resources = [statement.value]
    }
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

  # Where the source table is gone, a native backup still records these two.
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
      # Application Auto Scaling has no resource-level permissions for these actions.
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

  # Application Auto Scaling checks what it will do with its caller's permissions: change the capacity, which needs the
  # UpdateTable above, and keep alarms.
  dynamic "statement" {
    for_each = contains(local.carry_over, "auto_scaling") ? [local.scaling_alarms_arn] : []

    content {
      sid       = "KeepAlarmsOfAutoScaling"
      actions   = ["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"]
      resources = [statement.value]
    }
  }

  # DynamoDB describes the stream and writes to it on its caller's behalf. The source table says which stream.
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
      # Kinesis has no resource-level permissions for this action.
      resources = [statement.value]
    }
  }
}
