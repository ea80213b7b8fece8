# modules/masking: policies and state machine as the real provider renders them, without an account: whatever it would
# ask AWS for is overridden.

provider "aws" {
  region                      = "us-gov-west-1"
  access_key                  = "testing"
  secret_key                  = "testing"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_resource {
  target          = aws_lambda_function.this
  override_during = plan
  values          = { arn = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:orders-masking-step" }
}

override_resource {
  target          = aws_kms_key.this
  override_during = plan
  values          = { arn = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
}

override_resource {
  target          = aws_cloudwatch_log_group.state_machine
  override_during = plan
  values          = { arn = "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:/aws/vendedlogs/states/orders-masking" }
}

# Given a known definition, the provider has Step Functions validate it at plan.
override_resource {
  target          = aws_sfn_state_machine.this
  override_during = plan
  values          = { arn = "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:orders-masking" }
}

variables {
  name       = "orders-masking"
  attributes = { pk = "email", phone = "digits" }
  tracing    = false
}

run "policies" {
  command = plan
  module {
    source = "./modules/masking"
  }

  variables {
    table_kms_key_arns = ["arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/tables"]
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.function["mask_segment"].json).Statement == jsondecode(jsonencode([
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:PutLogEvents", "logs:CreateLogStream"]
        Resource = "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:/aws/lambda/orders-masking-mask-segment:*"
      },
      {
        Sid      = "UseCopies"
        Effect   = "Allow"
        Action   = ["dynamodb:UpdateItem", "dynamodb:Scan", "dynamodb:PutItem", "dynamodb:DeleteItem"]
        Resource = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??"
      },
      {
        Sid       = "DeriveSecret"
        Effect    = "Allow"
        Action    = "kms:GenerateMac"
        Resource  = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        Condition = { StringEquals = { "kms:MacAlgorithm" = "HMAC_SHA_256" } }
      },
      {
        Sid       = "DecryptCopies"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/tables"
        Condition = { StringEquals = { "kms:ViaService" = "dynamodb.us-gov-west-1.amazonaws.com" } }
      },
    ]))
    error_message = data.aws_iam_policy_document.function["mask_segment"].json
  }

  assert {
    condition = { for key, policy in data.aws_iam_policy_document.function : key => join(" ", sort(flatten([for statement in jsondecode(policy.json).Statement : statement.Action if statement.Sid != "WriteLogs"]))) } == {
      check_table       = "dynamodb:DescribeTable dynamodb:ListTagsOfResource"
      mask_segment      = "dynamodb:DeleteItem dynamodb:PutItem dynamodb:Scan dynamodb:UpdateItem kms:Decrypt kms:GenerateMac"
      verify_segment    = "dynamodb:Scan kms:Decrypt kms:GenerateMac"
      remove_marks      = "dynamodb:Scan dynamodb:UpdateItem kms:Decrypt kms:GenerateMac"
      report_attributes = "dynamodb:Scan kms:Decrypt kms:GenerateMac"
      summarize         = ""
    }
    error_message = jsonencode({ for key, policy in data.aws_iam_policy_document.function : key => policy.json })
  }

  assert {
    condition = alltrue([for policy in data.aws_iam_policy_document.function : alltrue([
      for statement in jsondecode(policy.json).Statement : statement.Resource == "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??" if statement.Sid == "UseCopies"
    ])])
    error_message = "A function may use other tables than copies."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.state_machine.policy).Statement[0] == jsondecode(jsonencode({
      Sid    = "InvokeFunctions"
      Effect = "Allow"
      Action = "lambda:InvokeFunction"
      Resource = [for key in ["verify-segment", "summarize", "report-attributes", "remove-marks", "mask-segment", "check-table"] :
      "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:orders-masking-${key}"]
    }))
    error_message = aws_iam_role_policy.state_machine.policy
  }

  assert {
    condition     = [for condition in data.aws_iam_policy_document.assume_by_state_machine.statement[0].condition : "${condition.variable} ${one(condition.values)}"] == ["aws:SourceArn arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:orders-masking"]
    error_message = "Something other than the state machine may use its role."
  }

  assert {
    condition     = { for name, value in aws_lambda_function.this["mask_segment"].environment[0].variables : name => value if name != "ATTRIBUTES" } == { POWERTOOLS_SERVICE_NAME = "orders-masking", UNLISTED = "keep", HMAC_KEY_ARN = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", WORKERS = "10" }
    error_message = jsonencode(aws_lambda_function.this["mask_segment"].environment[0].variables)
  }
}

run "without_a_method_for_keys_no_item_is_put_or_deleted" {
  command = plan
  module {
    source = "./modules/masking"
  }

  variables {
    attributes = { phone = "digits", name = "redact" }
  }

  assert {
    condition     = [for statement in jsondecode(data.aws_iam_policy_document.function["mask_segment"].json).Statement : statement.Action if statement.Sid == "UseCopies"] == [["dynamodb:UpdateItem", "dynamodb:Scan"]]
    error_message = data.aws_iam_policy_document.function["mask_segment"].json
  }
}

run "without_digits_there_are_no_marks_to_remove" {
  command = plan
  module {
    source = "./modules/masking"
  }

  variables {
    attributes = { pk = "hash" }
  }

  assert {
    condition     = [for statement in jsondecode(data.aws_iam_policy_document.function["remove_marks"].json).Statement : statement.Sid] == ["WriteLogs"]
    error_message = data.aws_iam_policy_document.function["remove_marks"].json
  }
}

run "traces" {
  command = plan
  module {
    source = "./modules/masking"
  }

  variables {
    tracing = true
  }

  assert {
    condition = alltrue([for policy in concat([data.aws_iam_policy_document.state_machine], values(data.aws_iam_policy_document.function)) :
    contains([for statement in jsondecode(policy.json).Statement : statement.Sid], "WriteTraces")])
    error_message = "A role may not write traces."
  }

  assert {
    condition     = contains([for statement in jsondecode(data.aws_iam_policy_document.state_machine.json).Statement : statement.Sid], "ReadSamplingRules")
    error_message = data.aws_iam_policy_document.state_machine.json
  }
}

run "network_of_the_functions" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    vpc_config = { subnet_ids = ["subnet-1a"], security_group_ids = ["sg-2b"] }
  }
  assert {
    condition     = [for statement in jsondecode(data.aws_iam_policy_document.function["summarize"].json).Statement : statement.Sid] == ["DescribeNetwork", "ManageNetworkInterfaces", "KeepCodeFromNetwork", "WriteLogs"]
    error_message = data.aws_iam_policy_document.function["summarize"].json
  }
  assert {
    condition     = [for statement in jsondecode(data.aws_iam_policy_document.function["summarize"].json).Statement : statement.Condition.ArnLike if statement.Effect == "Deny"] == [{ "lambda:SourceFunctionArn" = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:orders-masking-*" }]
    error_message = data.aws_iam_policy_document.function["summarize"].json
  }
}
