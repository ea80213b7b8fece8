data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  partition  = data.aws_partition.this.partition
  account_id = data.aws_caller_identity.this.account_id
  # Version 6 of the provider deprecates `id`, and version 5 has no `region`.
  region = lookup(data.aws_region.this, "region", lookup(data.aws_region.this, "id", null))

  topic_arn_pattern = "^arn:[^:]+:sns:${local.region}:[0-9]{12}:[A-Za-z0-9_-]{1,256}$"
  key_arn_pattern   = "^arn:[^:]+:kms:${local.region}:[0-9]{12}:key/[A-Za-z0-9-]+$"

  # Whether the ARN of a new topic is null is unknown at plan, but without vaults there must be one.
  has_topic = length(var.backup_vault_arns) == 0 ? true : var.backup_sns_topic_arn != null
}

resource "aws_sns_topic_subscription" "this" {
  count = local.has_topic ? 1 : 0

  topic_arn           = var.backup_sns_topic_arn
  protocol            = "lambda"
  endpoint            = aws_lambda_function.this["start_workflow"].arn
  filter_policy_scope = "MessageAttributes"
  filter_policy = jsonencode({
    EventType = ["BACKUP_JOB"]
    State     = ["COMPLETED"]
  })
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.this["undelivered_notifications"].arn })

  depends_on = [aws_lambda_permission.topic, aws_lambda_function_event_invoke_config.this]

  lifecycle {
    precondition {
      condition     = startswith(var.backup_sns_topic_arn, "arn:${local.partition}:sns:${local.region}:${local.account_id}:")
      error_message = "backup_sns_topic_arn is \"${var.backup_sns_topic_arn}\", but the module is in ${local.region} of account ${local.account_id}, and only restores tables there. Use a provider of the topic's Region and account for the module."
    }
  }
}

resource "aws_lambda_permission" "topic" {
  count = local.has_topic ? 1 : 0

  statement_id  = "AllowBackupNotifications"
  function_name = aws_lambda_function.this["start_workflow"].function_name
  action        = "lambda:InvokeFunction"
  principal     = "sns.amazonaws.com"
  source_arn    = var.backup_sns_topic_arn
}

locals {
  queues = {
    # From SNS, EventBridge and Scheduler: what they could not deliver to start_workflow.
    undelivered_notifications = "${var.name}-undelivered-notifications"
    # From Lambda: what start_workflow failed to process.
    failed_notifications = "${var.name}-failed-notifications"
    # From EventBridge: what it could not deliver to report_result. From Lambda: what report_result failed to process.
    failed_reports = "${var.name}-failed-reports"
  }
  # Not references, because the policy of a queue names the queue itself.
  queue_arns = { for key, name in local.queues : key => "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${name}" }
  queue_policies = {
    undelivered_notifications = data.aws_iam_policy_document.undelivered_notifications.json
    failed_reports            = data.aws_iam_policy_document.failed_reports.json
  }
}

resource "aws_sqs_queue" "this" {
  for_each = local.queues

  name                      = each.value
  message_retention_seconds = 14 * 24 * 60 * 60
  kms_master_key_id         = var.kms_key_arn
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  policy                    = lookup(local.queue_policies, each.key, null)
  tags                      = var.tags
}

# Every channel depends on this.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name          = aws_lambda_function.this["start_workflow"].function_name
  maximum_retry_attempts = 2

  destination_config {
    on_failure {
      destination = aws_sqs_queue.this["failed_notifications"].arn
    }
  }

  # The first rotation must find a state machine, a role that restores, and somebody to report to.
  depends_on = [
    aws_sfn_state_machine.this,
    aws_iam_role_policy.restore,
    aws_cloudwatch_event_target.report_result,
  ]
}

# Where SNS and EventBridge put what they could not deliver. Scheduler does so with its role.
data "aws_iam_policy_document" "undelivered_notifications" {
  dynamic "statement" {
    for_each = local.has_topic ? [var.backup_sns_topic_arn] : []

    content {
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
        values   = [statement.value]
      }
    }
  }

  dynamic "statement" {
    for_each = length(local.event_rules) > 0 ? [values(local.event_rules)[*].arn] : []

    content {
      sid       = "KeepUndeliveredEvents"
      actions   = ["sqs:SendMessage"]
      resources = [local.queue_arns["undelivered_notifications"]]

      principals {
        type        = "Service"
        identifiers = ["events.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = statement.value
      }
    }
  }
}
