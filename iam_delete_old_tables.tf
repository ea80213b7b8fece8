# Only what rules with `keep` need.

locals {
  rules_that_delete                   = [for name, rule in var.rules : name if rule.keep != null]
  parameter_arns_of_rules_that_delete = [for name in local.rules_that_delete : module.rule[name].parameter_arn if module.rule[name].parameter_arn != null]
  deletes_with_auto_scaling           = anytrue([for name in local.rules_that_delete : contains(var.rules[name].carry_over, "auto_scaling")])
}

data "aws_iam_policy_document" "delete_old_tables" {
  source_policy_documents = [data.aws_iam_policy_document.function["delete_old_tables"].json]

  dynamic "statement" {
    for_each = length(local.rules_that_delete) > 0 ? [1] : []

    content {
      sid     = "ListTables"
      actions = ["dynamodb:ListTables"]
      # DynamoDB has no resource-level permissions for this action.
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = length(local.rules_that_delete) > 0 ? [1] : []

    content {
      sid       = "RecognizeOldTables"
      actions   = ["dynamodb:DescribeTable", "dynamodb:ListTagsOfResource"]
      resources = [local.target_tables_arn]
    }
  }

  # Its tags name the rotation that created a copy, which is deleted if that rotation failed.
  dynamic "statement" {
    for_each = length(local.rules_that_delete) > 0 ? [local.executions_arn] : []

    content {
      sid       = "DescribeRotations"
      actions   = ["states:DescribeExecution"]
      resources = [statement.value]
    }
  }

  # The same conditions that the function checks: only copies that this module created are deleted.
  dynamic "statement" {
    for_each = length(local.rules_that_delete) > 0 ? [local.rules_that_delete] : []

    content {
      sid       = "DeleteOldTables"
      actions   = ["dynamodb:DeleteTable"]
      resources = [local.target_tables_arn]

      condition {
        test     = "StringEquals"
        variable = "aws:ResourceTag/backup-dynamodb-rotator:module"
        values   = [var.name]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:ResourceTag/backup-dynamodb-rotator:rule"
        values   = statement.value
      }
    }
  }

  # DynamoDB does not delete the auto scaling of a table.
  dynamic "statement" {
    for_each = local.deletes_with_auto_scaling ? [1] : []

    content {
      sid     = "FindAutoScalingOfOldTables"
      actions = ["application-autoscaling:DescribeScalableTargets"]
      # Application Auto Scaling has no resource-level permissions for this action.
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = local.deletes_with_auto_scaling ? [local.scalable_targets_arn] : []

    content {
      sid       = "EndAutoScalingOfOldTables"
      actions   = ["application-autoscaling:DeregisterScalableTarget"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "application-autoscaling:service-namespace"
        values   = ["dynamodb"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.deletes_with_auto_scaling ? [local.scaling_alarms_arn] : []

    content {
      sid       = "DeleteAlarmsOfAutoScaling"
      actions   = ["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = length(local.parameter_arns_of_rules_that_delete) > 0 ? [local.parameter_arns_of_rules_that_delete] : []

    content {
      sid       = "ReadParameters"
      actions   = ["ssm:GetParameterHistory"]
      resources = statement.value
    }
  }
}
