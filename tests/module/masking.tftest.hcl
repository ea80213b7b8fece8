# modules/masking: what AWS, or a function at night, would reject is rejected at plan.
# As in variables.tftest.hcl, a run has bad values of several variables.

mock_provider "aws" {
  source = "./tests/module/mocks"
}

variables {
  attributes = { email = "email" }
}

run "attributes_are_enough" {
  command = plan
  module {
    source = "./modules/masking"
  }

  assert {
    condition     = aws_kms_key.this[0].key_usage == "GENERATE_VERIFY_MAC" && aws_kms_key.this[0].customer_master_key_spec == "HMAC_256"
    error_message = "The key is not one for HMACs."
  }

  assert {
    condition = { for key, function in aws_lambda_function.this : key => "${function.timeout} s, ${function.memory_size} MB" } == {
      check_table       = "60 s, 256 MB"
      mask_segment      = "900 s, 1769 MB"
      verify_segment    = "900 s, 1769 MB"
      remove_marks      = "900 s, 1769 MB"
      report_attributes = "900 s, 1769 MB"
      summarize         = "60 s, 256 MB"
    }
    error_message = "Time or memory differ."
  }

  assert {
    condition     = alltrue([for key, function in aws_lambda_function.this : function.handler == "masking.handlers.${key}.handler" && function.function_name == "backup-dynamodb-rotator-masking-${replace(key, "_", "-")}"])
    error_message = "Handlers or names differ."
  }
}

run "every_method_and_every_form_of_a_path" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = {
      pk                 = "email"
      name               = "hash"
      phone              = "digits"
      "address.street"   = "redact"
      "address.2nd line" = "redact"
      "items[*].note"    = "remove"
      "items[*].price"   = "keep"
      "matrix[*][*]"     = "keep"
      "a\\.b"            = "keep"
      "a\\[*]"           = "keep"
      "a\\\\.b"          = "keep"
      "größe"            = "keep"
      # Names that begin alike are not nested.
      "phones"            = "digits"
      "phones-of-friends" = "digits"
      "phone\\.home"      = "digits"
      "phone\\[0]"        = "digits"
    }
    unlisted = "fail"
    workers  = 40
  }
}

run "options" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    name                    = "orders-masking"
    permissions_boundary    = "arn:aws:iam::123456789012:policy/boundary"
    role_path               = "/service/"
    code_signing_config_arn = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    vpc_config              = { subnet_ids = ["subnet-1a", "subnet-2b"], security_group_ids = ["sg-3c"] }
    tags                    = { team = "data" }
  }

  assert {
    condition     = alltrue([for role in concat([aws_iam_role.state_machine], values(aws_iam_role.function)) : role.permissions_boundary == var.permissions_boundary && role.path == var.role_path])
    error_message = "A role lacks the boundary or the path."
  }

  assert {
    condition = alltrue([for resource in concat(
      values(aws_iam_role.function), values(aws_lambda_function.this), values(aws_cloudwatch_log_group.function),
      [aws_iam_role.state_machine, aws_sfn_state_machine.this, aws_cloudwatch_log_group.state_machine, aws_kms_key.this[0]],
    ) : resource.tags == tomap({ team = "data" })])
    error_message = "Something lacks the tags."
  }

  assert {
    condition     = alltrue([for name in [for group in aws_cloudwatch_log_group.function : group.name] : startswith(name, "/aws/lambda/orders-masking-")])
    error_message = "Log groups have other names."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.code_signing_config_arn == "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"])
    error_message = "A function lacks the code signing configuration."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : one(function.vpc_config).subnet_ids == toset(["subnet-1a", "subnet-2b"]) && one(function.vpc_config).security_group_ids == toset(["sg-3c"])])
    error_message = "A function lacks the subnets and the security group."
  }
}

run "a_key_of_your_own" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    hmac_key_arn = "arn:aws:kms:us-east-1:210987654321:key/mrk-1234abcd12ab34cd56ef1234567890ab"
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && output.hmac_key_arn == var.hmac_key_arn
    error_message = "There is another key."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.environment[0].variables["HMAC_KEY_ARN"] == var.hmac_key_arn])
    error_message = "The functions use another key."
  }
}

run "as_many_counters_as_a_state_has_room_for" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = { for number in range(100) : "a${number}" => "redact" }
    workers    = 40
  }
}

run "an_entry_of_a_map_that_has_a_method" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = { address = "redact", "address.street" = "keep" }
  }
  expect_failures = [var.attributes]
}

run "an_element_of_a_list_that_has_a_method" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = { "orders[*]" = "redact", "orders[*].items[*].note" = "remove" }
  }
  expect_failures = [var.attributes]
}

run "an_unknown_method" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = { email = "mask" }
  }
  expect_failures = [var.attributes]
}

run "no_method" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = { email = null }
  }
  expect_failures = [var.attributes]
}

run "a_path_to_one_element_of_a_list" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = { "items[0].note" = "remove" }
  }
  expect_failures = [var.attributes]
}

run "a_path_that_begins_with_a_list" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = { "[*].note" = "remove" }
  }
  expect_failures = [var.attributes]
}

run "a_path_that_ends_in_a_dot" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = { "address." = "remove" }
  }
  expect_failures = [var.attributes]
}

run "a_backslash_before_a_letter" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = { "a\\b" = "remove" }
  }
  expect_failures = [var.attributes]
}

run "an_empty_path" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = { "" = "remove" }
  }
  expect_failures = [var.attributes]
}

run "nothing" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = {}
    vpc_config = { subnet_ids = [], security_group_ids = ["sg-3c"] }
  }
  expect_failures = [var.attributes, var.vpc_config]
}

run "names_and_aliases_instead_of_arns_and_ids" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    hmac_key_arn         = "arn:aws:kms:us-east-1:123456789012:alias/masks"
    kms_key_arn          = "arn:aws:kms:us-east-1:123456789012:alias/logs"
    permissions_boundary = "boundary"
    table_kms_key_arns   = ["alias/tables"]
    vpc_config           = { subnet_ids = ["subnet-1a"], security_group_ids = ["default"] }
  }
  expect_failures = [var.hmac_key_arn, var.kms_key_arn, var.permissions_boundary, var.table_kms_key_arns, var.vpc_config]
}

run "in_another_region" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    code_signing_config_arn = "arn:aws:lambda:ap-south-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    hmac_key_arn            = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }
  expect_failures = [var.code_signing_config_arn, var.hmac_key_arn]
}

run "what_does_not_exist" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    architecture       = "arm"
    log_retention_days = 100
    role_path          = "/service"
    tags               = { "team?" = "data" }
    unlisted           = "remove"
    vpc_config         = { subnet_ids = ["vpc-1a"], security_group_ids = ["sg-3c"] }
    workers            = 2.5
  }
  expect_failures = [
    var.architecture, var.log_retention_days, var.role_path, var.tags, var.unlisted, var.vpc_config, var.workers,
  ]
}

run "no_worker_and_a_reserved_tag" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    tags    = { "aws:team" = "data" }
    workers = 0
  }
  expect_failures = [var.tags, var.workers]
}

run "more_than_aws_allows" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    name       = "a-name-of-forty-seven-characters-which-is-a-lot"
    tags       = { team = join("", [for number in range(257) : "a"]) }
    vpc_config = { subnet_ids = [for number in range(17) : "subnet-${number}"], security_group_ids = ["sg-3c"] }
    workers    = 41
  }
  expect_failures = [var.name, var.tags, var.vpc_config, var.workers]
}

run "more_counters_than_a_state_has_room_for" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = { for number in range(101) : "a${number}" => "redact" }
    workers    = 40
  }
  expect_failures = [var.workers]
}

run "more_attributes_than_an_environment_has_room_for" {
  command = plan
  module {
    source = "./modules/masking"
  }
  variables {
    attributes = { for number in range(90) : join("", [for byte in range(3) : sha256("${number}.${byte}")]) => "redact" }
  }
  expect_failures = [aws_lambda_function.this]
}
