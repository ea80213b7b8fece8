# What AWS would reject is rejected at plan. Rules are tested in files of their own.

mock_provider "aws" {
  source = "./tests/module/mocks"
}

variables {
  backup_sns_topic_arn = "arn:aws:sns:us-east-1:123456789012:backups"
  rules = {
    staging = { source_pattern = "-production$", replacement_pattern = "-staging" }
  }
}

run "the_required_variables_are_enough" {
  command = plan
}

run "a_topic_name_instead_of_an_arn" {
  command = plan
  variables {
    backup_sns_topic_arn = "backups"
  }
  expect_failures = [var.backup_sns_topic_arn]
}

run "a_topic_arn_without_an_account" {
  command = plan
  variables {
    backup_sns_topic_arn = "arn:aws:sns:us-east-1::backups"
  }
  expect_failures = [var.backup_sns_topic_arn]
}

run "a_fifo_topic" {
  command = plan
  variables {
    backup_sns_topic_arn = "arn:aws:sns:us-east-1:123456789012:backups.fifo"
  }
  expect_failures = [var.backup_sns_topic_arn]
}

run "a_topic_in_another_region" {
  command = plan
  variables {
    backup_sns_topic_arn = "arn:aws:sns:eu-west-1:123456789012:backups"
  }
  expect_failures = [aws_sns_topic_subscription.this[0]]
}

run "a_topic_in_another_account" {
  command = plan
  variables {
    backup_sns_topic_arn = "arn:aws:sns:us-east-1:210987654321:backups"
  }
  expect_failures = [aws_sns_topic_subscription.this[0]]
}

run "a_vault_is_enough" {
  command = plan
  variables {
    backup_sns_topic_arn = null
    backup_vault_arns    = ["arn:aws:backup:us-east-1:123456789012:backup-vault:orders"]
  }
}

run "neither_a_topic_nor_a_vault" {
  command = plan
  variables {
    backup_sns_topic_arn = null
  }
  expect_failures = [var.backup_vault_arns]
}

run "a_vault_name_instead_of_an_arn" {
  command = plan
  variables {
    backup_vault_arns = ["orders"]
  }
  expect_failures = [var.backup_vault_arns]
}

run "a_vault_in_another_region" {
  command = plan
  variables {
    backup_vault_arns = ["arn:aws:backup:eu-west-1:123456789012:backup-vault:orders"]
  }
  expect_failures = [var.backup_vault_arns]
}

run "a_sweep_in_the_form_of_cron_itself" {
  command = plan
  variables {
    backup_vault_arns = ["arn:aws:backup:us-east-1:123456789012:backup-vault:orders"]
    sweep_schedule    = "0 * * * *"
  }
  expect_failures = [aws_scheduler_schedule.this["sweep"]]
}

run "a_sweep_every_so_many_weeks" {
  command = plan
  variables {
    backup_vault_arns = ["arn:aws:backup:us-east-1:123456789012:backup-vault:orders"]
    sweep_schedule    = "rate(2 weeks)"
  }
  expect_failures = [aws_scheduler_schedule.this["sweep"]]
}

run "forms_of_schedules" {
  command = plan
  variables {
    rules = { for expression in ["rate(1 hour)", "rate(2 days)", "at(2027-01-31T06:00:00)", "cron(0/15 6-22 ? JAN,MAR 2#1 2027-2030)", "cron(30 18 L * ? *)"] :
      "rule-${substr(md5(expression), 0, 8)}" => { source_pattern = md5(expression), replacement_pattern = "-x", schedule = { expression = expression, timezone = "America/Argentina/Buenos_Aires" } }
    }
  }
}

run "a_schedule_on_a_day_of_the_month_and_of_the_week" {
  command = plan
  variables {
    rules = { staging = { source_pattern = "-production$", replacement_pattern = "-staging", schedule = { expression = "cron(0 6 * * MON *)" } } }
  }
  expect_failures = [aws_scheduler_schedule.this["refresh-staging"]]
}

run "a_schedule_without_a_value" {
  command = plan
  variables {
    rules = { staging = { source_pattern = "-production$", replacement_pattern = "-staging", schedule = { expression = null } } }
  }
  expect_failures = [aws_scheduler_schedule.this["refresh-staging"]]
}

run "an_offset_instead_of_a_time_zone" {
  command = plan
  variables {
    rules = { staging = { source_pattern = "-production$", replacement_pattern = "-staging", schedule = { expression = "rate(1 day)", timezone = "+01:00" } } }
  }
  expect_failures = [aws_scheduler_schedule.this["refresh-staging"]]
}

run "a_sweep_of_no_days" {
  command = plan
  variables {
    sweep_days = 0
  }
  expect_failures = [var.sweep_days]
}

run "a_sweep_of_half_a_day" {
  command = plan
  variables {
    sweep_days = 1.5
  }
  expect_failures = [var.sweep_days]
}

# Step Functions has freed the names of executions by then.
run "a_sweep_of_ninety_days" {
  command = plan
  variables {
    sweep_days = 90
  }
  expect_failures = [var.sweep_days]
}

run "an_account_that_lost_its_leading_zero" {
  command = plan
  variables {
    backup_vault_arns      = ["arn:aws:backup:us-east-1:123456789012:backup-vault:orders"]
    forwarding_account_ids = [12345678901]
  }
  expect_failures = [var.forwarding_account_ids]
}

run "forwarded_copies_without_a_vault" {
  command = plan
  variables {
    forwarding_account_ids = ["111122223333"]
  }
  expect_failures = [var.forwarding_account_ids]
}

run "more_vaults_than_an_event_pattern_can_name" {
  command = plan
  variables {
    backup_vault_arns = [for number in range(30) : "arn:aws:backup:us-east-1:123456789012:backup-vault:vault-of-the-team-${number}"]
  }
  expect_failures = [aws_cloudwatch_event_rule.recovery_points["backup-completed"], aws_cloudwatch_event_rule.recovery_points["copy-completed"]]
}

run "two_rules_whose_copies_would_have_the_same_name" {
  command = plan
  variables {
    rules = {
      staging   = { source_pattern = "-production$", replacement_pattern = "-staging" }
      reporting = { source_pattern = "-production$", replacement_pattern = "-staging" }
      other     = { source_pattern = "-production$", replacement_pattern = "-other" }
    }
  }
  expect_failures = [var.rules]
}

run "two_rules_with_one_parameter" {
  command = plan
  variables {
    rules = {
      staging   = { source_pattern = "-production$", replacement_pattern = "-staging", ssm_parameter_name = "/orders" }
      reporting = { source_pattern = "-production$", replacement_pattern = "-reporting", ssm_parameter_name = "/orders" }
    }
  }
  expect_failures = [var.rules]
}

run "two_rules_with_one_parameter_for_each_table" {
  command = plan
  variables {
    rules = {
      staging   = { source_pattern = "^(.+)-production$", replacement_pattern = "$1-staging", ssm_parameter_name = "/$1" }
      reporting = { source_pattern = "^(.+)-production$", replacement_pattern = "$1-reporting", ssm_parameter_name = "/$1" }
    }
  }
  expect_failures = [var.rules]
}

run "two_rules_whose_parameters_only_look_the_same" {
  command = plan
  variables {
    rules = {
      orders = { source_pattern = "^(orders)-production$", replacement_pattern = "$1-staging", ssm_parameter_name = "/$1" }
      users  = { source_pattern = "^(users)-production$", replacement_pattern = "$1-staging", ssm_parameter_name = "/$1" }
    }
  }
}

run "no_rules" {
  command = plan
  variables {
    rules = {}
  }
  expect_failures = [var.rules]
}

# Patterns that hardly compress.
run "rules_that_just_fit_in_the_environment" {
  command = plan
  variables {
    rules = { for number in range(130) : "rule-${number}" => { source_pattern = md5(number), replacement_pattern = "-x" } }
  }
}

run "rules_that_do_not_fit_in_the_environment" {
  command = plan
  variables {
    rules = { for number in range(140) : "rule-${number}" => { source_pattern = md5(number), replacement_pattern = "-x" } }
  }
  expect_failures = [aws_lambda_function.this["start_workflow"]]
}

run "the_longest_name" {
  command = plan
  variables {
    name = "a234567890123456789012345678901234567890123"
  }
  assert {
    condition     = length(aws_iam_role.function["check_restore_status"].name) == 64
    error_message = "The longest role name has ${length(aws_iam_role.function["check_restore_status"].name)} characters."
  }
}

run "a_name_that_makes_role_names_too_long" {
  command = plan
  variables {
    name = "a2345678901234567890123456789012345678901234"
  }
  expect_failures = [var.name]
}

run "a_name_with_a_space" {
  command = plan
  variables {
    name = "my rotator"
  }
  expect_failures = [var.name]
}

run "the_name_of_eventbridges_own_bus" {
  command = plan
  variables {
    name = "default"
  }
  expect_failures = [var.name]
}

run "a_permissions_boundary_that_is_not_a_policy" {
  command = plan
  variables {
    permissions_boundary = "arn:aws:iam::123456789012:role/boundary"
  }
  expect_failures = [var.permissions_boundary]
}

run "a_permissions_boundary_of_aws" {
  command = plan
  variables {
    permissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
  }
}

run "a_role_path_without_a_trailing_slash" {
  command = plan
  variables {
    role_path = "/service"
  }
  expect_failures = [var.role_path]
}

run "a_role_path_of_two_levels" {
  command = plan
  variables {
    role_path = "/service/backup/"
  }
}

run "a_key_in_another_region" {
  command = plan
  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }
  expect_failures = [var.kms_key_arn]
}

run "a_key_of_backups" {
  command = plan
  variables {
    backup_kms_key_arns = ["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
  }
}

run "a_key_of_backups_in_another_region" {
  command = plan
  variables {
    backup_kms_key_arns = ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
  }
  expect_failures = [var.backup_kms_key_arns]
}

run "an_alias_instead_of_a_key_of_backups" {
  command = plan
  variables {
    backup_kms_key_arns = ["arn:aws:kms:us-east-1:123456789012:alias/backups"]
  }
  expect_failures = [var.backup_kms_key_arns]
}

run "a_restore_role_in_another_account" {
  command = plan
  variables {
    restore_role_arn = "arn:aws:iam::210987654321:role/restore"
  }
  expect_failures = [var.restore_role_arn]
}

run "a_permissions_boundary_in_another_account" {
  command = plan
  variables {
    permissions_boundary = "arn:aws:iam::210987654321:policy/boundary"
  }
  expect_failures = [var.permissions_boundary]
}

run "a_notification_topic_in_another_region" {
  command = plan
  variables {
    notification_topic_arn = "arn:aws:sns:eu-west-1:123456789012:rotations"
  }
  expect_failures = [var.notification_topic_arn]
}

run "an_alarm_topic_in_another_region" {
  command = plan
  variables {
    alarms = { topic_arn = "arn:aws:sns:eu-west-1:123456789012:alarms" }
  }
  expect_failures = [var.alarms]
}

run "an_alarm_topic_in_another_account" {
  command = plan
  variables {
    alarms = { topic_arn = "arn:aws:sns:us-east-1:210987654321:alarms" }
  }
}

run "too_many_tags" {
  command = plan
  variables {
    tags = { for number in range(51) : "key-${number}" => "value" }
  }
  expect_failures = [var.tags]
}

run "an_alias_instead_of_a_key" {
  command = plan
  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/backups"
  }
  expect_failures = [var.kms_key_arn]
}

run "a_log_retention_that_does_not_exist" {
  command = plan
  variables {
    log_retention_days = 100
  }
  expect_failures = [var.log_retention_days]
}

run "a_log_level_that_would_drop_the_metrics" {
  command = plan
  variables {
    log_level = "WARN"
  }
  expect_failures = [var.log_level]
}

run "an_architecture_that_does_not_exist" {
  command = plan
  variables {
    architecture = "riscv"
  }
  expect_failures = [var.architecture]
}

run "a_code_signing_configuration" {
  command = plan
  variables {
    code_signing_config_arn = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.code_signing_config_arn == "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"])
    error_message = "Every function has the code signing configuration."
  }
}

run "a_code_signing_configuration_in_another_region" {
  command = plan
  variables {
    code_signing_config_arn = "arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-0123456789abcdef0"
  }
  expect_failures = [var.code_signing_config_arn]
}

run "a_signing_profile_instead_of_a_code_signing_configuration" {
  command = plan
  variables {
    code_signing_config_arn = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/lambda/0123456789"
  }
  expect_failures = [var.code_signing_config_arn]
}

run "a_vpc" {
  command = plan
  variables {
    vpc_config = { subnet_ids = ["subnet-1a", "subnet-2b"], security_group_ids = ["sg-3c"] }
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : one(function.vpc_config).subnet_ids == toset(["subnet-1a", "subnet-2b"]) && one(function.vpc_config).security_group_ids == toset(["sg-3c"])])
    error_message = "Every function is connected to the subnets, with the security groups."
  }
}

run "no_vpc" {
  command = plan
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : length(function.vpc_config) == 0])
    error_message = "No function is connected to a VPC."
  }
}

run "a_vpc_without_subnets" {
  command = plan
  variables {
    vpc_config = { subnet_ids = [], security_group_ids = ["sg-3c"] }
  }
  expect_failures = [var.vpc_config]
}

run "a_vpc_instead_of_its_subnets" {
  command = plan
  variables {
    vpc_config = { subnet_ids = ["vpc-1a"], security_group_ids = ["sg-3c"] }
  }
  expect_failures = [var.vpc_config]
}

run "more_subnets_than_a_function_can_have" {
  command = plan
  variables {
    vpc_config = { subnet_ids = [for number in range(17) : "subnet-${number}"], security_group_ids = ["sg-3c"] }
  }
  expect_failures = [var.vpc_config]
}

run "a_vpc_without_security_groups" {
  command = plan
  variables {
    vpc_config = { subnet_ids = ["subnet-1a"], security_group_ids = [] }
  }
  expect_failures = [var.vpc_config]
}

run "more_security_groups_than_a_function_can_have" {
  command = plan
  variables {
    vpc_config = { subnet_ids = ["subnet-1a"], security_group_ids = [for number in range(6) : "sg-${number}"] }
  }
  expect_failures = [var.vpc_config]
}

run "the_name_of_a_security_group_instead_of_its_id" {
  command = plan
  variables {
    vpc_config = { subnet_ids = ["subnet-1a"], security_group_ids = ["default"] }
  }
  expect_failures = [var.vpc_config]
}

run "a_reserved_tag" {
  command = plan
  variables {
    tags = { "aws:owner" = "me" }
  }
  expect_failures = [var.tags]
}

run "a_tag_that_is_too_long" {
  command = plan
  variables {
    tags = { owner = join("", [for number in range(257) : "a"]) }
  }
  expect_failures = [var.tags]
}

run "a_time_limit_of_zero" {
  command = plan
  variables {
    timeout_hours = 0
  }
  expect_failures = [var.timeout_hours]
}

run "a_time_limit_of_a_week" {
  command = plan
  variables {
    timeout_hours = 168
  }
}

run "a_time_limit_of_more_than_a_week" {
  command = plan
  variables {
    timeout_hours = 169
  }
  expect_failures = [var.timeout_hours]
}

run "a_role_name_instead_of_an_arn" {
  command = plan
  variables {
    restore_role_arn = "restore"
  }
  expect_failures = [var.restore_role_arn]
}

run "a_fifo_notification_topic" {
  command = plan
  variables {
    notification_topic_arn = "arn:aws:sns:us-east-1:123456789012:rotations.fifo"
  }
  expect_failures = [var.notification_topic_arn]
}

run "notify_of_success_without_a_topic" {
  command = plan
  variables {
    notify_of_success = true
  }
  expect_failures = [var.notify_of_success]
}

run "an_alarm_topic_that_is_not_an_arn" {
  command = plan
  variables {
    alarms = { topic_arn = "alarms" }
  }
  expect_failures = [var.alarms]
}

run "an_age_without_alarms" {
  command = plan
  variables {
    rules = {
      staging = { source_pattern = "-production$", replacement_pattern = "-staging", max_age_hours = 30 }
    }
  }
  expect_failures = [var.rules]
}
