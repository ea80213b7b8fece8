# What AWS Backup reports to EventBridge about the vaults. It reports a copy job in the account and Region that the
# recovery point comes from. From another account, modules/forward-copies forwards the event.

locals {
  rules_arn = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule"

  # The ARNs are not references, so that the first plan shows the policy of the queue.
  event_rules = merge(
    length(var.backup_vault_arns) == 0 ? {} : {
      backup-completed = {
        description = "Completed backups of DynamoDB tables in the vaults of ${var.name}"
        arn         = "${local.rules_arn}/${var.name}-backup-completed"
        bus         = "default"
        pattern = jsonencode({
          source        = ["aws.backup"]
          "detail-type" = ["Backup Job State Change"]
          detail = {
            state          = ["COMPLETED"]
            resourceType   = ["DynamoDB"]
            backupVaultArn = var.backup_vault_arns
          }
        })
      }
      copy-completed = {
        description = "Completed copy jobs into the vaults of ${var.name}, from this account and Region"
        arn         = "${local.rules_arn}/${var.name}-copy-completed"
        bus         = "default"
        pattern     = local.completed_copy
      }
    },
    {
      for bus in aws_cloudwatch_event_bus.this : "copy-forwarded" => {
        description = "Completed copy jobs into the vaults of ${var.name}, from other accounts"
        arn         = "${local.rules_arn}/${var.name}/${var.name}-copy-forwarded"
        bus         = bus.name
        pattern     = local.completed_copy
      }
    },
  )

  completed_copy = jsonencode({
    source        = ["aws.backup"]
    "detail-type" = [local.copy_detail_type]
    detail = {
      state                     = ["COMPLETED"]
      resourceType              = ["DynamoDB"]
      destinationBackupVaultArn = var.backup_vault_arns
    }
  })
  copy_detail_type = "Copy Job State Change"
}

resource "aws_cloudwatch_event_rule" "recovery_points" {
  for_each = local.event_rules

  name           = "${var.name}-${each.key}"
  description    = each.value.description
  event_bus_name = each.value.bus
  event_pattern  = each.value.pattern
  tags           = var.tags

  lifecycle {
    precondition {
      condition     = length(each.value.pattern) <= 2048
      error_message = "backup_vault_arns has ${length(var.backup_vault_arns)} vaults, which make an event pattern of ${length(each.value.pattern)} characters, and EventBridge allows 2048. Use the module more than once, each time with some of the vaults."
    }
  }
}

resource "aws_cloudwatch_event_target" "start_workflow" {
  for_each = local.event_rules

  rule           = aws_cloudwatch_event_rule.recovery_points[each.key].name
  event_bus_name = each.value.bus
  arn            = aws_lambda_function.this["start_workflow"].arn

  dead_letter_config {
    arn = aws_sqs_queue.this["undelivered_notifications"].arn
  }

  depends_on = [aws_lambda_permission.recovery_points, aws_lambda_function_event_invoke_config.this]
}

resource "aws_lambda_permission" "recovery_points" {
  for_each = local.event_rules

  statement_id  = "AllowEvents-${each.key}"
  function_name = aws_lambda_function.this["start_workflow"].function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.recovery_points[each.key].arn
}

# A bus of the module's own, so that other accounts get no access to the default bus.
resource "aws_cloudwatch_event_bus" "this" {
  count = length(var.forwarding_account_ids) > 0 ? 1 : 0

  name = var.name
  tags = var.tags
}

resource "aws_cloudwatch_event_bus_policy" "this" {
  count = length(var.forwarding_account_ids) > 0 ? 1 : 0

  event_bus_name = aws_cloudwatch_event_bus.this[0].name
  policy         = data.aws_iam_policy_document.event_bus.json

  lifecycle {
    precondition {
      condition     = length(replace(data.aws_iam_policy_document.event_bus.json, "/\\s/", "")) <= 10240
      error_message = "forwarding_account_ids has ${length(var.forwarding_account_ids)} accounts, which make the policy of the event bus longer than the 10240 characters that EventBridge allows. Leave some out: a sweep finds what they copy."
    }
  }
}

data "aws_iam_policy_document" "event_bus" {
  statement {
    sid       = "ForwardCopies"
    actions   = ["events:PutEvents"]
    resources = ["arn:${local.partition}:events:${local.region}:${local.account_id}:event-bus/${var.name}"]

    principals {
      type        = "AWS"
      identifiers = [for account_id in var.forwarding_account_ids : "arn:${local.partition}:iam::${account_id}:root"]
    }

    # AWS declares the key as a list.
    condition {
      test     = "ForAllValues:StringEquals"
      variable = "events:source"
      values   = ["aws.backup"]
    }

    condition {
      test     = "StringEquals"
      variable = "events:detail-type"
      values   = [local.copy_detail_type]
    }
  }
}
