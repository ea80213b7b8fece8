# A rule that AWS, Terraform or Python would reject later is rejected at plan. Which patterns Terraform and Python
# interpret the same is tested in tests/contract/test_patterns.py.

mock_provider "aws" {
  source = "./tests/module/mocks"
}

variables {
  name                = "staging"
  source_pattern      = "^(?P<table>.+)-production([0-9]?)$"
  replacement_pattern = "$1-staging"
  ssm_parameter_name  = null
  parameters_arn      = "arn:aws:ssm:us-east-1:123456789012:parameter"
  region              = "us-east-1"
  account_id          = "123456789012"
}

run "a_rule_without_a_parameter" {
  command = plan
  module {
    source = "./modules/rule"
  }
  assert {
    condition     = output.parameter_arn == null
    error_message = "The rule has no parameter, but the output is ${jsonencode(output.parameter_arn)}."
  }
}

run "every_form_of_reference" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    replacement_pattern = "$0-$1-$${2}x-$table-$${table}_y"
    ssm_parameter_name  = "/staging/$table/x$${2}"
  }
  assert {
    condition     = output.parameter_arn == "arn:aws:ssm:us-east-1:*:parameter/staging/*/x*"
    error_message = "The output is ${output.parameter_arn}."
  }
}

run "brackets_that_are_not_groups" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    source_pattern      = "\\((?:a|b)[(](c)"
    replacement_pattern = "$1"
  }
}

run "an_empty_name" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    name = ""
  }
  expect_failures = [var.name]
}

run "a_name_with_a_dot" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    name = "staging.eu"
  }
  expect_failures = [var.name]
}

run "the_longest_name" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    name = "a234567890123456789012345678"
  }
}

run "a_name_that_leaves_no_room_for_a_recovery_point_and_a_time" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    name = "a2345678901234567890123456789"
  }
  expect_failures = [var.name]
}

run "a_pattern_that_does_not_compile" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    source_pattern      = "(a"
    replacement_pattern = "x"
  }
  expect_failures = [var.source_pattern]
}

run "a_pattern_that_python_interprets_differently" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    source_pattern      = "[[:alpha:]]"
    replacement_pattern = "x"
  }
  expect_failures = [var.source_pattern]
}

run "a_pattern_that_gives_two_groups_the_same_name" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    source_pattern      = "(?P<a>x)(?P<a>y)"
    replacement_pattern = "x"
  }
  expect_failures = [var.source_pattern]
}

run "a_pattern_with_a_lookahead" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    source_pattern      = "^(?!test-).+-production$"
    replacement_pattern = "x"
  }
  expect_failures = [var.source_pattern]
}

run "tables_to_exclude" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    exclude_pattern = "^(?P<stage>test|trial)-"
  }
}

run "tables_to_exclude_by_a_pattern_that_does_not_compile" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    exclude_pattern = "(a"
  }
  expect_failures = [var.exclude_pattern]
}

run "tables_to_exclude_by_a_pattern_that_python_interprets_differently" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    exclude_pattern = "[[:alpha:]]"
  }
  expect_failures = [var.exclude_pattern]
}

run "tables_to_exclude_by_a_pattern_that_gives_two_groups_the_same_name" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    exclude_pattern = "(?P<a>x)(?P<a>y)"
  }
  expect_failures = [var.exclude_pattern]
}

run "a_group_of_the_excluded_tables" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    source_pattern      = "-production$"
    exclude_pattern     = "^(test)-"
    replacement_pattern = "$1"
  }
  expect_failures = [var.replacement_pattern]
}

run "a_replacement_that_refers_to_a_missing_number" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    replacement_pattern = "$3"
  }
  expect_failures = [var.replacement_pattern]
}

run "a_replacement_that_refers_to_a_missing_name" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    replacement_pattern = "$${stage}"
  }
  expect_failures = [var.replacement_pattern]
}

run "a_reference_that_runs_into_the_text_after_it" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    replacement_pattern = "$1x"
  }
  expect_failures = [var.replacement_pattern]
}

run "a_replacement_that_cannot_be_part_of_a_table_name" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    replacement_pattern = "staging/$1"
  }
  expect_failures = [var.replacement_pattern]
}

run "a_replacement_with_a_dollar_sign" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    replacement_pattern = "$$1"
  }
  expect_failures = [var.replacement_pattern]
}

run "the_longest_replacement" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    replacement_pattern = join("", [for number in range(237) : "a"])
  }
}

run "a_replacement_that_leaves_no_room_for_the_timestamp" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    replacement_pattern = join("", [for number in range(238) : "a"])
  }
  expect_failures = [var.replacement_pattern]
}

run "a_parameter_that_refers_to_a_missing_group" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    ssm_parameter_name = "/staging/$stage"
  }
  expect_failures = [var.ssm_parameter_name]
}

run "a_parameter_without_a_leading_slash" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    ssm_parameter_name = "staging/orders"
  }
  expect_failures = [var.ssm_parameter_name]
}

run "a_parameter_with_an_empty_level" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    ssm_parameter_name = "/staging//orders"
  }
  expect_failures = [var.ssm_parameter_name]
}

run "an_empty_parameter" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    ssm_parameter_name = ""
  }
  expect_failures = [var.ssm_parameter_name]
}

run "the_deepest_parameter" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    ssm_parameter_name = join("", [for number in range(15) : "/a"])
  }
}

run "a_parameter_that_is_too_deep" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    ssm_parameter_name = join("", [for number in range(16) : "/a"])
  }
  expect_failures = [var.ssm_parameter_name]
}

run "a_parameter_to_adopt" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    ssm_parameter_name  = "/staging/orders"
    ssm_parameter_adopt = true
  }
}

run "no_parameter_to_adopt" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    ssm_parameter_adopt = true
  }
  expect_failures = [var.ssm_parameter_adopt]
}

run "a_parameter_with_the_name_of_the_table" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    ssm_parameter_name  = "/staging/orders"
    ssm_parameter_value = "name"
  }
}

run "a_parameter_with_neither_arn_nor_name" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    ssm_parameter_name  = "/staging/orders"
    ssm_parameter_value = "ARN"
  }
  expect_failures = [var.ssm_parameter_value]
}

run "no_parameter_to_set_to_the_name" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    ssm_parameter_value = "name"
  }
  expect_failures = [var.ssm_parameter_value]
}

run "a_reserved_parameter" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    ssm_parameter_name = "/AWS/orders"
  }
  expect_failures = [var.ssm_parameter_name]
}

run "the_longest_parameter" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    # 1,011 characters, minus the 44 of arn:aws:ssm:us-east-1:123456789012:parameter, minus the slash
    ssm_parameter_name = "/${join("", [for number in range(966) : "a"])}"
  }
}

run "a_parameter_that_is_too_long" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    ssm_parameter_name = "/${join("", [for number in range(967) : "a"])}"
  }
  expect_failures = [var.ssm_parameter_name]
}
