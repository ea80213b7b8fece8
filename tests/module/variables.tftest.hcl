# What AWS would reject is rejected at plan. Rules are tested in files of their own. A plan names every bad variable, but
# none that is validated with the help of another bad one. So a run has bad values of several that are independent.

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
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : length(function.vpc_config) == 0])
    error_message = "A function is connected to a VPC."
  }
}

run "a_vault_is_enough" {
  command = plan
  variables {
    backup_sns_topic_arn = null
    backup_vault_arns    = ["arn:aws:backup:us-east-1:123456789012:backup-vault:orders"]
  }
}

run "whatever_aws_accepts" {
  command = plan
  variables {
    name                    = "a234567890123456789012345678901234567890123"
    timeout_hours           = 168
    alarms                  = { topic_arn = "arn:aws:sns:us-east-1:210987654321:alarms" }
    backup_kms_key_arns     = ["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
    permissions_boundary    = "arn:aws:iam::aws:policy/PowerUserAccess"
    role_path               = "/service/backup/"
    code_signing_config_arn = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    vpc_config              = { subnet_ids = ["subnet-1a", "subnet-2b"], security_group_ids = ["sg-3c"] }
  }
  assert {
    condition     = length(aws_iam_role.function["check_restore_status"].name) == 64
    error_message = "The longest role name has ${length(aws_iam_role.function["check_restore_status"].name)} characters."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.code_signing_config_arn == "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"])
    error_message = "Every function has the code signing configuration."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : one(function.vpc_config).subnet_ids == toset(["subnet-1a", "subnet-2b"]) && one(function.vpc_config).security_group_ids == toset(["sg-3c"])])
    error_message = "Every function is connected to the subnets, with the security groups."
  }
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

run "names_instead_of_arns_and_ids" {
  command = plan
  variables {
    alarms            = { topic_arn = "alarms" }
    backup_vault_arns = ["orders"]
    restore_role_arn  = "restore"
    vpc_config        = { subnet_ids = ["subnet-1a"], security_group_ids = ["default"] }
  }
  expect_failures = [var.alarms, var.backup_vault_arns, var.restore_role_arn, var.vpc_config]
}

run "arns_and_ids_of_something_else" {
  command = plan
  variables {
    backup_kms_key_arns     = ["arn:aws:kms:us-east-1:123456789012:alias/backups"]
    backup_sns_topic_arn    = "arn:aws:sns:us-east-1:123456789012:backups.fifo"
    code_signing_config_arn = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/lambda/0123456789"
    kms_key_arn             = "arn:aws:kms:us-east-1:123456789012:alias/backups"
    notification_topic_arn  = "arn:aws:sns:us-east-1:123456789012:rotations.fifo"
    permissions_boundary    = "arn:aws:iam::123456789012:role/boundary"
    vpc_config              = { subnet_ids = ["vpc-1a"], security_group_ids = ["sg-3c"] }
  }
  expect_failures = [
    var.backup_kms_key_arns, var.backup_sns_topic_arn, var.code_signing_config_arn, var.kms_key_arn, var.notification_topic_arn,
    var.permissions_boundary, var.vpc_config,
  ]
}

run "in_another_region_or_account" {
  command = plan
  variables {
    alarms                  = { topic_arn = "arn:aws:sns:eu-west-1:123456789012:alarms" }
    backup_kms_key_arns     = ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
    backup_vault_arns       = ["arn:aws:backup:eu-west-1:123456789012:backup-vault:orders"]
    code_signing_config_arn = "arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    kms_key_arn             = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    notification_topic_arn  = "arn:aws:sns:eu-west-1:123456789012:rotations"
    permissions_boundary    = "arn:aws:iam::210987654321:policy/boundary"
    restore_role_arn        = "arn:aws:iam::210987654321:role/restore"
  }
  expect_failures = [
    var.alarms, var.backup_kms_key_arns, var.backup_vault_arns, var.code_signing_config_arn, var.kms_key_arn,
    var.notification_topic_arn, var.permissions_boundary, var.restore_role_arn,
  ]
}

run "what_does_not_exist" {
  command = plan
  variables {
    architecture = "riscv"
    # The account has lost its leading zero.
    forwarding_account_ids = [12345678901]
    backup_vault_arns      = ["arn:aws:backup:us-east-1:123456789012:backup-vault:orders"]
    # It would drop the metrics.
    log_level          = "WARN"
    log_retention_days = 100
    name               = "my rotator"
    role_path          = "/service"
    sweep_days         = 1.5
    tags               = { "owner?" = "me" }
  }
  expect_failures = [
    var.architecture, var.forwarding_account_ids, var.log_level, var.log_retention_days, var.name, var.role_path,
    var.sweep_days, var.tags,
  ]
}

run "nothing" {
  command = plan
  variables {
    backup_sns_topic_arn = null
    backup_vault_arns    = []
    rules                = {}
    sweep_days           = 0
    timeout_hours        = 0
    vpc_config           = { subnet_ids = [], security_group_ids = ["sg-3c"] }
  }
  expect_failures = [var.backup_vault_arns, var.rules, var.sweep_days, var.timeout_hours, var.vpc_config]
}

run "more_than_aws_allows" {
  command = plan
  variables {
    # The names of roles would be too long.
    name = "a2345678901234567890123456789012345678901234"
    # Step Functions has freed the names of executions by then.
    sweep_days    = 90
    tags          = { for number in range(51) : "key-${number}" => "value" }
    timeout_hours = 169
    vpc_config    = { subnet_ids = [for number in range(17) : "subnet-${number}"], security_group_ids = ["sg-3c"] }
  }
  expect_failures = [var.name, var.sweep_days, var.tags, var.timeout_hours, var.vpc_config]
}

run "a_longer_tag_and_more_security_groups_than_aws_allows" {
  command = plan
  variables {
    tags       = { owner = join("", [for number in range(257) : "a"]) }
    vpc_config = { subnet_ids = ["subnet-1a"], security_group_ids = [for number in range(6) : "sg-${number}"] }
  }
  expect_failures = [var.tags, var.vpc_config]
}

run "one_setting_without_another" {
  command = plan
  variables {
    # Without a vault.
    forwarding_account_ids = ["111122223333"]
    # Without a topic.
    notify_of_success = true
    # Without alarms.
    rules = { staging = { source_pattern = "-production$", replacement_pattern = "-staging", max_age_hours = 30 } }
    # Without security groups.
    vpc_config = { subnet_ids = ["subnet-1a"], security_group_ids = [] }
  }
  expect_failures = [var.forwarding_account_ids, var.notify_of_success, var.rules, var.vpc_config]
}

run "names_that_are_taken" {
  command = plan
  variables {
    # By EventBridge's own bus.
    name = "default"
    # By another rule.
    rules = {
      staging   = { source_pattern = "-production$", replacement_pattern = "-staging", ssm_parameter_name = "/orders" }
      reporting = { source_pattern = "-production$", replacement_pattern = "-reporting", ssm_parameter_name = "/orders" }
    }
    # By AWS.
    tags = { "aws:owner" = "me" }
  }
  expect_failures = [var.name, var.rules, var.tags]
}

run "tags_that_are_the_same_to_iam" {
  command = plan
  variables {
    tags = { stage = "staging", Stage = "staging" }
  }
  expect_failures = [var.tags]
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

run "forms_of_schedules" {
  command = plan
  variables {
    rules = { for expression in ["rate(1 hour)", "rate(2 days)", "at(2027-01-31T06:00:00)", "cron(0/15 6-22 ? JAN,MAR 2#1 2027-2030)", "cron(30 18 L * ? *)"] :
      "rule-${substr(md5(expression), 0, 8)}" => { source_pattern = md5(expression), replacement_pattern = "-x", schedule = { expression = expression, timezone = "America/Argentina/Buenos_Aires" } }
    }
  }
}

run "a_topic_in_another_region_and_schedules_that_scheduler_rejects" {
  command = plan
  variables {
    backup_sns_topic_arn = "arn:aws:sns:eu-west-1:123456789012:backups"
    backup_vault_arns    = ["arn:aws:backup:us-east-1:123456789012:backup-vault:orders"]
    # In the form of cron itself.
    sweep_schedule = "0 * * * *"
    rules = {
      day-of-month-and-week = { source_pattern = "a", replacement_pattern = "b", schedule = { expression = "cron(0 6 * * MON *)" } }
      no-value              = { source_pattern = "c", replacement_pattern = "d", schedule = { expression = null } }
      offset-as-time-zone   = { source_pattern = "e", replacement_pattern = "f", schedule = { expression = "rate(1 day)", timezone = "+01:00" } }
    }
  }
  expect_failures = [
    aws_sns_topic_subscription.this[0],
    aws_scheduler_schedule.this["sweep"],
    aws_scheduler_schedule.this["refresh-day-of-month-and-week"],
    aws_scheduler_schedule.this["refresh-no-value"],
    aws_scheduler_schedule.this["refresh-offset-as-time-zone"],
  ]
}

run "a_topic_in_another_account_and_a_sweep_every_so_many_weeks" {
  command = plan
  variables {
    backup_sns_topic_arn = "arn:aws:sns:us-east-1:210987654321:backups"
    backup_vault_arns    = ["arn:aws:backup:us-east-1:123456789012:backup-vault:orders"]
    sweep_schedule       = "rate(2 weeks)"
  }
  expect_failures = [aws_sns_topic_subscription.this[0], aws_scheduler_schedule.this["sweep"]]
}

run "more_vaults_than_an_event_pattern_can_name" {
  command = plan
  variables {
    backup_vault_arns = [for number in range(30) : "arn:aws:backup:us-east-1:123456789012:backup-vault:vault-of-the-team-${number}"]
  }
  expect_failures = [aws_cloudwatch_event_rule.recovery_points["backup-completed"], aws_cloudwatch_event_rule.recovery_points["copy-completed"]]
}

# Patterns of 256 characters, which hardly compress.
run "rules_that_just_fit_in_the_environment" {
  command = plan
  variables {
    rules = { for number in range(20) : "rule-${number}" => { source_pattern = join("", [for part in range(8) : md5("${number}.${part}")]), replacement_pattern = "-x" } }
  }
}

run "rules_that_do_not_fit_in_the_environment" {
  command = plan
  variables {
    rules = { for number in range(21) : "rule-${number}" => { source_pattern = join("", [for part in range(8) : md5("${number}.${part}")]), replacement_pattern = "-x" } }
  }
  expect_failures = [aws_lambda_function.this["start_workflow"]]
}
