# AWS Backup reports a copy job in the account and Region that the recovery point comes from.

locals {
  completed_copy = jsonencode({
    source        = ["aws.backup"]
    "detail-type" = ["Copy Job State Change"]
    detail = {
      state                     = ["COMPLETED"]
      resourceType              = ["DynamoDB"]
      destinationBackupVaultArn = var.destination_vault_arns
    }
  })
}

resource "aws_cloudwatch_event_rule" "this" {
  name          = var.name
  description   = "Forwards completed copy jobs of DynamoDB backups to a rotator in another account or Region"
  event_pattern = local.completed_copy
  tags          = var.tags

  lifecycle {
    precondition {
      condition     = length(local.completed_copy) <= 2048
      error_message = "destination_vault_arns has ${length(var.destination_vault_arns)} vaults, which make an event pattern of ${length(local.completed_copy)} characters, and EventBridge allows 2048. Use the module more than once, each time with some of the vaults and a name of its own."
    }
  }
}

resource "aws_cloudwatch_event_target" "this" {
  rule     = aws_cloudwatch_event_rule.this.name
  arn      = var.event_bus_arn
  role_arn = aws_iam_role.this.arn

  depends_on = [aws_iam_role_policy.this]
}

resource "aws_iam_role" "this" {
  name                 = var.name
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = data.aws_iam_policy_document.assume_by_eventbridge.json
  tags                 = var.tags
}

data "aws_iam_policy_document" "assume_by_eventbridge" {
  statement {
    sid     = "AssumeByEventBridge"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.this.arn]
    }
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "forward-copies"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.forward_copies.json
}

data "aws_iam_policy_document" "forward_copies" {
  statement {
    sid       = "ForwardCopies"
    actions   = ["events:PutEvents"]
    resources = [var.event_bus_arn]
  }
}
