data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  partition  = data.aws_partition.this.partition
  region     = data.aws_region.this.id
  account_id = data.aws_caller_identity.this.account_id

  topic_arn_pattern = "^arn:[^:]+:sns:${local.region}:[0-9]{12}:[A-Za-z0-9_-]{1,256}$"
}

module "rule" {
  source   = "./modules/rule"
  for_each = var.rules

  name                = each.key
  source_pattern      = each.value.source_pattern
  replacement_pattern = each.value.replacement_pattern
  ssm_parameter_name  = each.value.ssm_parameter_name
  restore             = each.value.restore
  carry_over          = each.value.carry_over
  tags                = each.value.tags
  before_switch       = each.value.before_switch
  keep                = each.value.keep
  region              = local.region
  account_id          = local.account_id
  parameters_arn      = "arn:${local.partition}:ssm:${local.region}:${local.account_id}:parameter"
}

resource "aws_sns_topic_subscription" "this" {
  topic_arn           = var.backup_sns_topic_arn
  protocol            = "lambda"
  endpoint            = aws_lambda_function.this["start_workflow"].arn
  filter_policy_scope = "MessageAttributes"
  filter_policy = jsonencode({
    EventType = ["BACKUP_JOB"]
    State     = ["COMPLETED"]
  })
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.this["undelivered_notifications"].arn })

  # From the first notification on, there is somebody who may take it and something to start.
  depends_on = [
    aws_lambda_permission.this,
    aws_lambda_function_event_invoke_config.this,
    aws_sfn_state_machine.this,
  ]

  lifecycle {
    precondition {
      condition     = startswith(var.backup_sns_topic_arn, "arn:${local.partition}:sns:${local.region}:${local.account_id}:")
      error_message = "backup_sns_topic_arn is \"${var.backup_sns_topic_arn}\", but the module is in ${local.region} of account ${local.account_id}, and restores tables only there. Give the module a provider of the topic's Region and account."
    }
  }
}

resource "aws_lambda_permission" "this" {
  statement_id  = "AllowBackupNotifications"
  function_name = aws_lambda_function.this["start_workflow"].function_name
  action        = "lambda:InvokeFunction"
  principal     = "sns.amazonaws.com"
  source_arn    = var.backup_sns_topic_arn
}

locals {
  queues = {
    # From Amazon SNS: what it could not give to start_workflow.
    undelivered_notifications = "${var.name}-undelivered-notifications"
    # From Lambda: what start_workflow did not get done.
    failed_notifications = "${var.name}-failed-notifications"
  }
  queue_arns = { for key, name in local.queues : key => "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${name}" }
}

resource "aws_sqs_queue" "this" {
  for_each = local.queues

  name                      = each.value
  message_retention_seconds = 14 * 24 * 60 * 60
  kms_master_key_id         = var.kms_key_arn
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  policy                    = each.key == "undelivered_notifications" ? data.aws_iam_policy_document.undelivered_notifications.json : null
  tags                      = var.tags
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name          = aws_lambda_function.this["start_workflow"].function_name
  maximum_retry_attempts = 2

  destination_config {
    on_failure {
      destination = aws_sqs_queue.this["failed_notifications"].arn
    }
  }
}
