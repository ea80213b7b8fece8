data "aws_iam_policy_document" "update_ssm_parameter" {
  source_policy_documents = [data.aws_iam_policy_document.function["update_ssm_parameter"].json]

  dynamic "statement" {
    for_each = length(local.parameter_arns) > 0 ? [local.parameter_arns] : []

    content {
      sid       = "UpdateParameters"
      actions   = ["ssm:GetParameterHistory", "ssm:PutParameter"]
      resources = statement.value
    }
  }

  # Rolling back leads to a copy that is there, and by its tags belongs to the rule.
  dynamic "statement" {
    for_each = length(local.parameter_arns) > 0 ? [local.target_tables_arn] : []

    content {
      sid       = "RecognizeCopies"
      actions   = ["dynamodb:DescribeTable", "dynamodb:ListTagsOfResource"]
      resources = [statement.value]
    }
  }
}
