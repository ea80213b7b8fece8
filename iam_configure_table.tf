# What shapes a copy: only what some rule asks for.

locals {
  rules_with_restore_options = [for rule in var.rules : rule if anytrue([for option in values(rule.restore) : !contains(local.unset, jsonencode(option))])]

  configures_tables = length(local.rules_with_restore_options) > 0 || contains(local.carry_over, "table_class")
}

data "aws_iam_policy_document" "configure_table" {
  source_policy_documents = [data.aws_iam_policy_document.function["configure_table"].json]

  dynamic "statement" {
    for_each = local.configures_tables ? [contains(local.carry_over, "table_class") ? local.source_tables_arn : local.target_tables_arn] : []

    content {
      sid       = "DescribeTables"
      actions   = ["dynamodb:DescribeTable"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.configures_tables ? [local.target_tables_arn] : []

    content {
      sid       = "ConfigureTargetTables"
      actions   = ["dynamodb:UpdateTable"]
      resources = [statement.value]
    }
  }
}
