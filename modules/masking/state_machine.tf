locals {
  # Not a reference, which would be a cycle: the state machine refers to its role, which names it.
  state_machine_arn = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:${var.name}"
}

resource "aws_sfn_state_machine" "this" {
  name     = var.name
  role_arn = aws_iam_role.state_machine.arn

  definition = templatefile("${path.module}/statemachine/mask_table.asl.json", {
    partition = local.partition
    functions = { for key, function in aws_lambda_function.this : key => function.arn }
  })

  logging_configuration {
    level                  = "ALL"
    include_execution_data = true
    log_destination        = "${aws_cloudwatch_log_group.state_machine.arn}:*"
  }

  tracing_configuration {
    enabled = var.tracing
  }

  tags = var.tags

  # Step Functions rejects a state machine whose role may not write its logs.
  depends_on = [aws_iam_role_policy.state_machine]
}

resource "aws_cloudwatch_log_group" "state_machine" {
  # Log groups with this prefix share one entry in the account's resource policy, which is limited in length.
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

data "aws_iam_policy_document" "state_machine" {
  source_policy_documents = [data.aws_iam_policy_document.tracing.json]

  # Step Functions asks X-Ray how many executions to trace. For functions, Lambda does that.
  dynamic "statement" {
    for_each = var.tracing ? ["*"] : []

    content {
      sid     = "ReadSamplingRules"
      actions = ["xray:GetSamplingRules", "xray:GetSamplingTargets"]
      # X-Ray has no resource-level permissions for these actions either.
      resources = [statement.value]
    }
  }

  statement {
    # Not references, so that the first plan shows the policy.
    sid       = "InvokeFunctions"
    actions   = ["lambda:InvokeFunction"]
    resources = [for name in values(local.function_names) : "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${name}"]
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
    # CloudWatch Logs has no resource-level permissions for the actions that manage deliveries.
    resources = ["*"]
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
