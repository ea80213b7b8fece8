data "aws_iam_policy_document" "assume_by_scheduler" {
  statement {
    sid     = "AssumeByScheduler"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    # Scheduler names the group, not the schedule.
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:scheduler:${local.region}:${local.account_id}:schedule-group/${var.name}"]
    }
  }
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    sid     = "InvokeStartWorkflow"
    actions = ["lambda:InvokeFunction"]
    # Not a reference, so that the first plan shows the policy.
    resources = ["arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${local.function_names["start_workflow"]}"]
  }

  statement {
    sid       = "KeepUndeliveredEvents"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arns["undelivered_notifications"]]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid       = "EncryptUndeliveredEvents"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role" "scheduler" {
  count = length(local.schedules) > 0 ? 1 : 0

  name                 = "${var.name}-scheduler"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = data.aws_iam_policy_document.assume_by_scheduler.json
  tags                 = var.tags
}

resource "aws_iam_role_policy" "scheduler" {
  count = length(local.schedules) > 0 ? 1 : 0

  name   = "scheduler"
  role   = aws_iam_role.scheduler[0].name
  policy = data.aws_iam_policy_document.scheduler.json
}
