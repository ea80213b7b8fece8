# What docs/recipes.md leaves to its reader. The test adds the HCL on that page, and zips the Python.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

locals {
  functions = {
    react = {
      policy      = data.aws_iam_policy_document.write_logs.json
      environment = {}
    }
    read = {
      policy      = data.aws_iam_policy_document.read_orders.json
      environment = { TABLE_PARAMETER = data.aws_ssm_parameter.orders.name }
    }
    redeploy = {
      policy      = data.aws_iam_policy_document.redeploy.json
      environment = { CLUSTER = "shop", SERVICE = "orders" }
    }
  }
}

resource "aws_lambda_function" "recipe" {
  for_each = local.functions

  function_name = "recipe-${each.key}"
  role          = aws_iam_role.recipe[each.key].arn
  runtime       = "python3.13"
  handler       = "recipe.handler"
  filename      = "${path.module}/${each.key}.zip"
  timeout       = 20

  environment {
    variables = each.value.environment
  }

  depends_on = [aws_cloudwatch_log_group.recipe, aws_iam_role_policy.recipe]
}

resource "aws_cloudwatch_log_group" "recipe" {
  for_each = local.functions

  name = "/aws/lambda/recipe-${each.key}"
}

resource "aws_iam_role" "recipe" {
  for_each = local.functions

  name               = "recipe-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "recipe" {
  for_each = local.functions

  name   = "recipe"
  role   = aws_iam_role.recipe[each.key].name
  policy = each.value.policy
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "write_logs" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "redeploy" {
  statement {
    actions   = ["ecs:UpdateService"]
    resources = ["*"]
  }
}

resource "aws_cloudwatch_event_target" "redeploy" {
  rule = aws_cloudwatch_event_rule.rotated.name
  arn  = aws_lambda_function.recipe["redeploy"].arn
}

resource "aws_lambda_permission" "redeploy" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.recipe["redeploy"].function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.rotated.arn
}

resource "aws_iam_role" "start_orders" {
  name               = "recipe-start-orders"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "start_orders" {
  name   = "recipe"
  role   = aws_iam_role.start_orders.name
  policy = data.aws_iam_policy_document.start_orders.json
}

output "orders_table_arn" {
  value = local.orders_table_arn
}

output "orders_table_name" {
  value = local.orders_table_name
}
