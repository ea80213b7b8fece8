# What shapes a copy: only what some rule asks for.

locals {
  rules_with_restore_options = [for rule in var.rules : rule if anytrue([for option in values(rule.restore) : !contains(local.unset, jsonencode(option))])]

  actions_to_configure_tables = concat(
    length(local.rules_with_restore_options) > 0 || contains(local.carry_over, "table_class") ? ["dynamodb:UpdateTable"] : [],
    anytrue([for rule in var.rules : length(rule.tags) > 0]) || contains(local.carry_over, "tags") ? ["dynamodb:TagResource"] : [],
  )
}

data "aws_iam_policy_document" "configure_table" {
  source_policy_documents = [data.aws_iam_policy_document.function["configure_table"].json]

  dynamic "statement" {
    for_each = length(local.actions_to_configure_tables) > 0 ? [length(setintersection(local.carry_over, ["table_class", "tags"])) > 0 ? local.source_tables_arn : local.target_tables_arn] : []

    content {
      sid       = "DescribeTables"
      actions   = ["dynamodb:DescribeTable"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = contains(local.carry_over, "tags") ? [local.source_tables_arn] : []

    content {
      sid       = "ReadTagsOfSourceTables"
      actions   = ["dynamodb:ListTagsOfResource"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = length(local.actions_to_configure_tables) > 0 ? [local.actions_to_configure_tables] : []

    content {
      sid       = "ConfigureTargetTables"
      actions   = statement.value
      resources = [local.target_tables_arn]
    }
  }
}
