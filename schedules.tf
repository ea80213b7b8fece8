# The sweep, and rules that are refreshed on schedules of their own.

locals {
  schedules = merge(
    length(var.backup_vault_arns) == 0 || var.sweep_schedule == null ? {} : {
      sweep = {
        description = "Searches the vaults of ${var.name} for recovery points that nothing has announced"
        setting     = "sweep_schedule"
        expression  = var.sweep_schedule
        timezone    = "UTC"
        input       = "{\"Sweep\": {}}"
      }
    },
    {
      for name, rule in var.rules : "refresh-${name}" => {
        description = "Refreshes the copies of the rule ${name} of ${var.name}"
        setting     = "rules[\"${name}\"].schedule"
        expression  = rule.schedule.expression
        timezone    = rule.schedule.timezone
        # Not by jsonencode, which escapes the < and > of the keyword that Scheduler replaces.
        input = "{\"Refresh\": {\"Rule\": \"${name}\", \"RequestTime\": \"<aws.scheduler.scheduled-time>\"}}"
      } if rule.schedule != null
    },
  )

  cron_field = "[0-9A-Za-z*,/#-]+"
  # AWS rejects a cron expression unless the day of the month or the day of the week is "?".
  schedule_pattern = join("|", [
    "^rate\\([1-9][0-9]* (?:minute|hour|day)s?\\)$",
    "^cron\\(${local.cron_field} ${local.cron_field} (?:\\? ${local.cron_field} ${local.cron_field}|${local.cron_field} ${local.cron_field} \\?) ${local.cron_field}\\)$",
    "^at\\([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\)$",
  ])
  timezone_pattern = "^[A-Za-z][A-Za-z0-9_-]*(?:/[A-Za-z0-9_+-]+)*$"
}

resource "aws_scheduler_schedule_group" "this" {
  count = length(local.schedules) > 0 ? 1 : 0

  name = var.name
  tags = var.tags
}

resource "aws_scheduler_schedule" "this" {
  for_each = local.schedules

  name                         = each.key
  description                  = each.value.description
  group_name                   = aws_scheduler_schedule_group.this[0].name
  schedule_expression          = each.value.expression
  schedule_expression_timezone = each.value.timezone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.this["start_workflow"].arn
    role_arn = aws_iam_role.scheduler[0].arn
    input    = each.value.input

    dead_letter_config {
      arn = aws_sqs_queue.this["undelivered_notifications"].arn
    }
  }

  depends_on = [aws_iam_role_policy.scheduler, aws_lambda_function_event_invoke_config.this]

  lifecycle {
    precondition {
      condition     = can(regex(local.schedule_pattern, each.value.expression))
      error_message = "${each.value.setting} has the expression ${jsonencode(each.value.expression)}, which EventBridge Scheduler does not accept. Use a form such as rate(1 day), cron(0 6 ? * MON *) or at(2027-01-31T06:00:00). In a cron expression, either the day of the month or the day of the week is \"?\"."
    }

    precondition {
      condition     = can(regex(local.timezone_pattern, each.value.timezone))
      error_message = "${each.value.setting} has the time zone \"${each.value.timezone}\". Use a name of the IANA time zone database, such as Europe/Berlin or UTC."
    }
  }
}
