# How many rules fit, with policies as the real provider renders them, in the partition and Region with the longest ARNs.

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

# Given a known definition, the provider has Step Functions validate it at plan.
override_resource {
  target          = aws_sfn_state_machine.this
  override_during = plan
}

variables {
  name                 = "backup-dynamodb-rotator"
  backup_sns_topic_arn = "arn:aws-us-gov:sns:us-gov-west-1:123456789012:backups"
  backup_vault_arns    = ["arn:aws-us-gov:backup:us-gov-west-1:123456789012:backup-vault:production"]
}

run "a_hundred_ordinary_rules_fit" {
  command = plan

  variables {
    rules = {
      for names in setproduct(["audit", "billing", "catalog", "checkout", "search"], ["accounts", "alerts", "carts", "customers", "devices", "events", "invoices", "orders", "payments", "prices", "products", "refunds", "reviews", "roles", "sessions", "shipments", "stock", "tickets", "tokens", "users"]) :
      join("-", names) => {
        source_pattern      = "^${join("-", names)}-production$"
        replacement_pattern = "${join("-", names)}-staging"
        ssm_parameter_name  = "/staging/${join("/", names)}/table-arn"
      }
    }
  }

  assert {
    condition     = length(local.parameter_arns) == 100 && max(values(local.policy_sizes)...) > 8000
    error_message = "The policies are only ${jsonencode(local.policy_sizes)}."
  }
}

run "sixty_rules_with_every_attribute_fit" {
  command = plan

  variables {
    backup_kms_key_arns = ["arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/b5e2ad9c-0b17-4f86-8a3e-6d5f1c9e7a42"]
    rules = {
      for names in setproduct(["billing", "catalog", "checkout"], ["accounts", "alerts", "carts", "customers", "devices", "events", "invoices", "orders", "payments", "prices", "products", "refunds", "reviews", "roles", "sessions", "shipments", "stock", "tickets", "tokens", "users"]) :
      join("-", names) => {
        source_pattern      = "^${join("-", names)}-production$"
        exclude_pattern     = "^${join("-", names)}-test-"
        replacement_pattern = "${join("-", names)}-staging"
        ssm_parameter_name  = "/staging/${join("/", names)}/table-arn"
        ssm_parameter_adopt = true
        ssm_parameter_value = "name"
        restore = {
          billing_mode         = "PROVISIONED"
          read_capacity_units  = 10 * length(names[0])
          write_capacity_units = length(names[1])
          encryption           = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
          excluded_indexes     = ["by-day", "by-${names[0]}"]
        }
        carry_over    = ["auto_scaling", "contributor_insights", "kinesis_destination", "point_in_time_recovery", "resource_policy", "stream", "table_class", "tags", "time_to_live"]
        tags          = { stage = "staging", team = names[0] }
        before_switch = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:mask-${join("-", names)}"
        verify        = false
        keep          = 3
        schedule      = { expression = "cron(0 ${length(names[0])} ? * MON *)", timezone = "America/New_York" }
      }
    }
  }

  assert {
    condition     = length(local.parameter_arns) == 60 && length(local.hooks) == 60
    error_message = "Some rules share their parameters or hooks."
  }
}

run "rules_whose_parameters_and_hooks_do_not_fit_in_a_policy" {
  command = plan

  variables {
    rules = {
      for number in range(100) :
      "rule-${number}" => {
        source_pattern      = "^${number}$"
        replacement_pattern = "copy-of-${number}"
        ssm_parameter_name  = "/${join("", [for repeat in range(50) : "x"])}/${number}"
        before_switch       = number < 60 ? "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:mask-${number}" : null
      }
    }
  }
  expect_failures = [aws_iam_role_policy.function["restore_backup"], aws_iam_role_policy.function["update_ssm_parameter"], aws_iam_role_policy.state_machine]
}

# The role of restore jobs has each three times.
run "thirty_keys_fit" {
  command = plan

  variables {
    rules = { staging = { source_pattern = "-production$", replacement_pattern = "-staging" } }
    backup_kms_key_arns = [
      for number in range(30) : "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-${format("%012d", number)}"
    ]
  }

  assert {
    condition     = local.policy_sizes["restore"] > 8000
    error_message = "The policy is only ${local.policy_sizes["restore"]}."
  }
}

run "rules_whose_keys_do_not_fit_in_a_policy" {
  command = plan

  variables {
    rules = { staging = { source_pattern = "-production$", replacement_pattern = "-staging" } }
    backup_kms_key_arns = [
      for number in range(120) : "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-${format("%012d", number)}"
    ]
  }
  expect_failures = [aws_iam_role_policy.restore, aws_iam_role_policy.function["restore_backup"]]
}
