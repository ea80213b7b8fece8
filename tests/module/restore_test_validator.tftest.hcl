# modules/restore-test-validator, as the real provider renders it, without an account.
# As in variables.tftest.hcl, a run has bad values of several variables.

provider "aws" {
  region                      = "eu-central-1"
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
  target          = aws_sqs_queue.this
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:restore-test-validator-failed-validations" }
}

override_resource {
  target          = aws_cloudwatch_event_rule.this
  override_during = plan
  values          = { arn = "arn:aws:events:eu-central-1:123456789012:rule/restore-test-validator" }
}

variables {
  restore_testing_plan_arns = ["arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:ledger-1eb3b5e7-9eb0-435a-a80b-108b488b0d45"]
}

run "completed_tests_of_the_plan_are_validated" {
  command = plan
  module {
    source = "./modules/restore-test-validator"
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.this.event_pattern) == jsondecode(jsonencode({
      source        = ["aws.backup"]
      "detail-type" = ["Restore Job State Change"]
      detail = {
        status                = ["COMPLETED"]
        resourceType          = ["DynamoDB"]
        restoreTestingPlanArn = ["arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:ledger-1eb3b5e7-9eb0-435a-a80b-108b488b0d45"]
      }
    }))
    error_message = aws_cloudwatch_event_rule.this.event_pattern
  }

  assert {
    condition     = aws_lambda_function.this.handler == "rotator.handlers.validate_restore_test.handler" && aws_lambda_permission.this.source_arn == aws_cloudwatch_event_rule.this.arn && aws_lambda_permission.this.principal == "events.amazonaws.com"
    error_message = "Something other than the rule may invoke the function."
  }

  # What fails is kept.
  assert {
    condition     = aws_cloudwatch_event_target.this.dead_letter_config[0].arn == aws_sqs_queue.this.arn && aws_lambda_function_event_invoke_config.this.destination_config[0].on_failure[0].destination == aws_sqs_queue.this.arn && aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 2
    error_message = "What cannot be delivered or processed is lost."
  }

  assert {
    condition     = aws_sqs_queue.this.message_retention_seconds == 1209600 && aws_sqs_queue.this.sqs_managed_sse_enabled == true
    error_message = "Messages are kept for less than 14 days, or in clear."
  }

  assert {
    condition = [for condition in data.aws_iam_policy_document.queue.statement[0].condition : "${condition.variable} ${one(condition.values)}"] == [
      "aws:SourceArn arn:aws:events:eu-central-1:123456789012:rule/restore-test-validator"
    ]
    error_message = "Something other than the rule may send to the queue."
  }

  # The function reads no items but those of test tables.
  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => { actions = toset(flatten([statement.Action])), resource = statement.Resource } } == {
      WriteLogs                   = { actions = toset(["logs:CreateLogStream", "logs:PutLogEvents"]), resource = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/restore-test-validator:*" }
      ReadTestTables              = { actions = toset(["dynamodb:Scan"]), resource = "arn:aws:dynamodb:eu-central-1:123456789012:table/awsbackup-restore-test-*" }
      DescribeTestAndSourceTables = { actions = toset(["dynamodb:DescribeTable"]), resource = "arn:aws:dynamodb:eu-central-1:123456789012:table/*" }
      DescribeBackups             = { actions = toset(["dynamodb:DescribeBackup"]), resource = "arn:aws:dynamodb:eu-central-1:123456789012:table/*/backup/*" }
      RecordVerdicts              = { actions = toset(["backup:DescribeRestoreJob", "backup:PutRestoreValidationResult"]), resource = "*" }
      KeepFailedValidations       = { actions = toset(["sqs:SendMessage"]), resource = "arn:aws:sqs:eu-central-1:123456789012:restore-test-validator-failed-validations" }
    }
    error_message = aws_iam_role_policy.this.policy
  }
}

run "keys_boundary_path_and_tags" {
  command = plan
  module {
    source = "./modules/restore-test-validator"
  }

  variables {
    name                 = "validator"
    kms_key_arn          = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    table_kms_key_arns   = ["arn:aws:kms:eu-central-1:123456789012:key/of-the-test-tables"]
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    role_path            = "/service/"
    log_retention_days   = 365
    architecture         = "x86_64"
    tags                 = { team = "data" }
  }

  assert {
    condition     = [for name in [aws_cloudwatch_event_rule.this.name, aws_iam_role.this.name, aws_lambda_function.this.function_name, aws_cloudwatch_log_group.this.name, aws_sqs_queue.this.name] : name] == ["validator", "validator", "validator", "/aws/lambda/validator", "validator-failed-validations"]
    error_message = "Something has another name."
  }

  assert {
    condition     = alltrue([for resource in [aws_cloudwatch_event_rule.this, aws_iam_role.this, aws_lambda_function.this, aws_cloudwatch_log_group.this, aws_sqs_queue.this] : resource.tags["team"] == "data"])
    error_message = "Something lacks the tag."
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == var.permissions_boundary && aws_iam_role.this.path == var.role_path
    error_message = "The role lacks the boundary or the path."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn && aws_sqs_queue.this.kms_master_key_id == var.kms_key_arn && aws_cloudwatch_log_group.this.retention_in_days == 365
    error_message = "Log group or queue lack the key, or logs are kept for another time."
  }

  assert {
    condition     = aws_lambda_function.this.architectures == tolist(["x86_64"]) && aws_lambda_layer_version.this.compatible_architectures == toset(["x86_64"])
    error_message = "Function or layer have another architecture."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => { resource = statement.Resource, condition = jsonencode(try(statement.Condition, {})) } if startswith(statement.Sid, "Encrypt") || startswith(statement.Sid, "Decrypt") } == {
      EncryptFailedValidations = { resource = var.kms_key_arn, condition = "{}" }
      DecryptTestTables        = { resource = one(var.table_kms_key_arns), condition = jsonencode({ StringEquals = { "kms:ViaService" = "dynamodb.eu-central-1.amazonaws.com" } }) }
    }
    error_message = aws_iam_role_policy.this.policy
  }
}

run "network_and_code_signing" {
  command = plan
  module {
    source = "./modules/restore-test-validator"
  }
  variables {
    code_signing_config_arn = "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    vpc_config              = { subnet_ids = ["subnet-1a", "subnet-2b"], security_group_ids = ["sg-3c"] }
  }

  assert {
    condition     = aws_lambda_function.this.code_signing_config_arn == "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    error_message = "The function lacks the code signing configuration."
  }

  assert {
    condition     = one(aws_lambda_function.this.vpc_config).subnet_ids == toset(["subnet-1a", "subnet-2b"]) && one(aws_lambda_function.this.vpc_config).security_group_ids == toset(["sg-3c"])
    error_message = "The function lacks the subnets and the security group."
  }

  assert {
    condition     = [for statement in jsondecode(data.aws_iam_policy_document.validate_restore_test.json).Statement : statement.Sid] == ["DescribeNetwork", "ManageNetworkInterfaces", "KeepCodeFromNetwork", "WriteLogs", "ReadTestTables", "DescribeTestAndSourceTables", "DescribeBackups", "RecordVerdicts", "KeepFailedValidations"]
    error_message = data.aws_iam_policy_document.validate_restore_test.json
  }

  assert {
    condition     = [for statement in jsondecode(data.aws_iam_policy_document.validate_restore_test.json).Statement : statement.Condition.ArnLike if statement.Effect == "Deny"] == [{ "lambda:SourceFunctionArn" = "arn:aws:lambda:eu-central-1:123456789012:function:restore-test-validator" }]
    error_message = data.aws_iam_policy_document.validate_restore_test.json
  }
}

run "nothing" {
  command = plan
  module {
    source = "./modules/restore-test-validator"
  }
  variables {
    restore_testing_plan_arns = []
    vpc_config                = { subnet_ids = [], security_group_ids = ["sg-3c"] }
  }
  expect_failures = [var.restore_testing_plan_arns, var.vpc_config]
}

run "names_and_aliases_instead_of_arns_and_ids" {
  command = plan
  module {
    source = "./modules/restore-test-validator"
  }
  variables {
    kms_key_arn               = "alias/logs"
    permissions_boundary      = "boundary"
    restore_testing_plan_arns = ["ledger"]
    table_kms_key_arns        = ["alias/ledger"]
    vpc_config                = { subnet_ids = ["subnet-1a"], security_group_ids = ["default"] }
  }
  expect_failures = [var.kms_key_arn, var.permissions_boundary, var.restore_testing_plan_arns, var.table_kms_key_arns, var.vpc_config]
}

run "in_another_region" {
  command = plan
  module {
    source = "./modules/restore-test-validator"
  }
  variables {
    code_signing_config_arn   = "arn:aws:lambda:ap-south-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    restore_testing_plan_arns = ["arn:aws:backup:eu-west-1:123456789012:restore-testing-plan:ledger-1eb3b5e7"]
  }
  expect_failures = [var.code_signing_config_arn, var.restore_testing_plan_arns]
}

run "what_does_not_exist" {
  command = plan
  module {
    source = "./modules/restore-test-validator"
  }
  variables {
    architecture       = "arm"
    log_retention_days = 2
    name               = "restore test validator"
    role_path          = "/service"
    vpc_config         = { subnet_ids = ["vpc-1a"], security_group_ids = ["sg-3c"] }
  }
  expect_failures = [var.architecture, var.log_retention_days, var.name, var.role_path, var.vpc_config]
}

run "more_plans_than_an_event_pattern_can_name" {
  command = plan
  module {
    source = "./modules/restore-test-validator"
  }
  variables {
    restore_testing_plan_arns = [for number in range(30) : "arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:ledger-1eb3b5e7-9eb0-435a-a80b-${number}"]
  }
  expect_failures = [aws_cloudwatch_event_rule.this]
}
