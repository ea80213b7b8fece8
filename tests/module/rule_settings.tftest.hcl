# What a rule asks of its copies. Whatever AWS would reject later, or contradicts itself, is rejected at plan.

mock_provider "aws" {
  source = "./tests/module/mocks"
}

variables {
  name                = "staging"
  source_pattern      = "-production$"
  replacement_pattern = "-staging"
  ssm_parameter_name  = null
  parameters_arn      = "arn:aws:ssm:us-east-1:123456789012:parameter"
  region              = "us-east-1"
  account_id          = "123456789012"
}

run "a_billing_mode_that_does_not_exist" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { billing_mode = "ON_DEMAND" }
  }
  expect_failures = [var.restore]
}

run "provisioned_capacity" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { billing_mode = "PROVISIONED", read_capacity_units = 5, write_capacity_units = 1 }
  }
}

run "provisioned_capacity_without_write_units" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { billing_mode = "PROVISIONED", read_capacity_units = 5 }
  }
  expect_failures = [var.restore]
}

run "capacity_of_an_on_demand_table" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { billing_mode = "PAY_PER_REQUEST", read_capacity_units = 5, write_capacity_units = 1 }
  }
  expect_failures = [var.restore]
}

run "capacity_without_a_billing_mode" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { read_capacity_units = 5, write_capacity_units = 1 }
  }
  expect_failures = [var.restore]
}

run "a_maximum_on_demand" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { billing_mode = "PAY_PER_REQUEST", max_read_request_units = 5 }
  }
}

run "a_maximum_with_provisioned_capacity" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { billing_mode = "PROVISIONED", read_capacity_units = 5, write_capacity_units = 1, max_read_request_units = 5 }
  }
  expect_failures = [var.restore]
}

run "a_maximum_without_a_billing_mode" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { max_write_request_units = 5 }
  }
  expect_failures = [var.restore]
}

run "half_a_unit" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { billing_mode = "PAY_PER_REQUEST", max_read_request_units = 0.5 }
  }
  expect_failures = [var.restore]
}

run "zero_capacity" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { billing_mode = "PROVISIONED", read_capacity_units = 0, write_capacity_units = 1 }
  }
  expect_failures = [var.restore]
}

run "a_customer_managed_key" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { encryption = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
  }
}

run "a_key_in_another_region" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { encryption = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
  }
  expect_failures = [var.restore]
}

run "an_alias_of_a_key" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { encryption = "alias/orders" }
  }
  expect_failures = [var.restore]
}

run "an_index_that_cannot_exist" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore = { excluded_indexes = ["by day"] }
  }
  expect_failures = [var.restore]
}

run "every_setting" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    carry_over = ["tags", "time_to_live", "stream", "point_in_time_recovery", "deletion_protection", "table_class", "contributor_insights", "auto_scaling", "resource_policy", "kinesis_destination"]
  }
}

run "a_setting_that_does_not_exist" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    carry_over = ["alarms"]
  }
  expect_failures = [var.carry_over]
}

run "auto_scaling_of_an_on_demand_table" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    restore    = { billing_mode = "PAY_PER_REQUEST" }
    carry_over = ["auto_scaling"]
  }
  expect_failures = [var.carry_over]
}

run "protected_copies_that_keep_would_delete" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    carry_over = ["deletion_protection"]
    keep       = 3
  }
  expect_failures = [var.carry_over]
}

run "a_reserved_tag" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    tags = { "aws:team" = "a" }
  }
  expect_failures = [var.tags]
}

run "a_tag_that_marks_ownership" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    tags = { "backup-dynamodb-rotator:rule" = "a" }
  }
  expect_failures = [var.tags]
}

run "the_most_tags" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    tags = { for number in range(43) : "tag-${number}" => "" }
  }
}

run "too_many_tags" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    tags = { for number in range(44) : "tag-${number}" => "" }
  }
  expect_failures = [var.tags]
}

run "a_function_as_hook" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    before_switch = "arn:aws:lambda:us-east-1:123456789012:function:mask:live"
  }
}

run "a_state_machine_as_hook" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    before_switch = "arn:aws:states:us-east-1:123456789012:stateMachine:mask"
  }
}

run "a_topic_as_hook" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    before_switch = "arn:aws:sns:us-east-1:123456789012:mask"
  }
  expect_failures = [var.before_switch]
}

run "a_function_in_another_region" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    before_switch = "arn:aws:lambda:eu-west-1:123456789012:function:mask"
  }
  expect_failures = [var.before_switch]
}

run "a_state_machine_in_another_account" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    before_switch = "arn:aws:states:us-east-1:210987654321:stateMachine:mask"
  }
  expect_failures = [var.before_switch]
}

run "a_function_in_another_account" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    before_switch = "arn:aws:lambda:us-east-1:210987654321:function:mask"
  }
}

run "keeping_no_copies" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    keep = 0
  }
  expect_failures = [var.keep]
}

run "keeping_half_a_copy" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    keep = 1.5
  }
  expect_failures = [var.keep]
}

run "keeping_the_most_copies" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    keep = 100
  }
}

run "keeping_too_many_copies" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    keep = 101
  }
  expect_failures = [var.keep]
}

run "an_age_of_seven_days" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    max_age_hours = 168
  }
}

run "an_age_that_no_alarm_looks_back" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    max_age_hours = 169
  }
  expect_failures = [var.max_age_hours]
}

run "an_age_of_half_an_hour" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    max_age_hours = 0.5
  }
  expect_failures = [var.max_age_hours]
}

run "an_age_of_an_hour_and_a_half" {
  command = plan
  module {
    source = "./modules/rule"
  }
  variables {
    max_age_hours = 1.5
  }
  expect_failures = [var.max_age_hours]
}
