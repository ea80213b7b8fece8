locals {
  hooks          = distinct([for rule in var.rules : rule.before_switch if rule.before_switch != null])
  hook_functions = [for arn in local.hooks : arn if can(regex("^arn:[^:]+:lambda:", arn))]
  # IAM identifies a state machine and its executions without version and alias.
  hook_state_machines = distinct([for arn in local.hooks : join(":", slice(split(":", arn), 0, 7)) if can(regex("^arn:[^:]+:states:", arn))])
}

# Step Functions asks X-Ray how many executions to trace. For functions, Lambda does that.
data "aws_iam_policy_document" "tracing_of_state_machine" {
  source_policy_documents = [data.aws_iam_policy_document.tracing.json]

  dynamic "statement" {
    for_each = var.tracing ? ["*"] : []

    content {
      sid     = "ReadSamplingRules"
      actions = ["xray:GetSamplingRules", "xray:GetSamplingTargets"]
      # X-Ray has no resource-level permissions for these actions either.
      resources = [statement.value]
    }
  }
}

data "aws_iam_policy_document" "state_machine" {
  source_policy_documents = [data.aws_iam_policy_document.tracing_of_state_machine.json]

  statement {
    # Not references, so that the first plan shows the policy.
    sid       = "InvokeFunctions"
    actions   = ["lambda:InvokeFunction"]
    resources = [for key in local.steps : "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${local.function_names[key]}"]
  }

  dynamic "statement" {
    for_each = length(local.hook_functions) > 0 ? [local.hook_functions] : []

    content {
      sid       = "InvokeHooks"
      actions   = ["lambda:InvokeFunction"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(local.hook_state_machines) > 0 ? [local.hook_state_machines] : []

    content {
      sid       = "StartHooks"
      actions   = ["states:StartExecution"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(local.hook_state_machines) > 0 ? [local.hook_state_machines] : []

    content {
      sid       = "FollowHooks"
      actions   = ["states:DescribeExecution", "states:StopExecution"]
      resources = [for arn in statement.value : "${replace(arn, ":stateMachine:", ":execution:")}:*"]
    }
  }

  # Step Functions waits for the end of a hook with an EventBridge rule. It rejects a definition that may wait if the
  # role may not create this rule, so the permission is needed even where there is no hook.
  statement {
    sid       = "WaitForHooks"
    actions   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
    resources = ["arn:${local.partition}:events:${local.region}:${local.account_id}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"]
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

  lifecycle {
    precondition {
      condition     = local.policy_sizes["state_machine"] <= local.policy_size_max
      error_message = "The policy of the role ${aws_iam_role.state_machine.name} is ${local.policy_sizes["state_machine"]} ${local.way_out_of_large_policy}"
    }
  }
}
