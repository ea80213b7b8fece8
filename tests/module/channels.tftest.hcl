# What leads to start_workflow: a topic, vaults, other accounts, schedules. Rendered by the real provider, without an account.

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
  target          = aws_lambda_function.this["start_workflow"]
  override_during = plan
  values          = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:rotator-start-workflow" }
}

override_resource {
  target          = aws_sqs_queue.this["undelivered_notifications"]
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:rotator-undelivered-notifications" }
}

override_resource {
  target          = aws_cloudwatch_event_rule.recovery_points["backup-completed"]
  override_during = plan
  values          = { arn = "arn:aws:events:eu-central-1:123456789012:rule/rotator-backup-completed" }
}

override_resource {
  target          = aws_cloudwatch_event_rule.recovery_points["copy-completed"]
  override_during = plan
  values          = { arn = "arn:aws:events:eu-central-1:123456789012:rule/rotator-copy-completed" }
}

override_resource {
  target          = aws_cloudwatch_event_rule.recovery_points["copy-forwarded"]
  override_during = plan
  values          = { arn = "arn:aws:events:eu-central-1:123456789012:rule/rotator/rotator-copy-forwarded" }
}

override_resource {
  target          = aws_cloudwatch_event_bus.this
  override_during = plan
  values          = { arn = "arn:aws:events:eu-central-1:123456789012:event-bus/rotator" }
}

# Given a known definition, the provider has Step Functions validate it at plan.
override_resource {
  target          = aws_sfn_state_machine.this
  override_during = plan
}

variables {
  name              = "rotator"
  backup_vault_arns = ["arn:aws:backup:eu-central-1:123456789012:backup-vault:orders", "arn:aws:backup:eu-central-1:111122223333:backup-vault:shared"]
  rules = {
    staging = { source_pattern = "-production$", replacement_pattern = "-staging" }
  }
}

run "a_topic_alone" {
  command = plan

  variables {
    backup_vault_arns    = []
    backup_sns_topic_arn = "arn:aws:sns:eu-central-1:123456789012:backups"
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.this[0].filter_policy) == { EventType = ["BACKUP_JOB"], State = ["COMPLETED"] }
    error_message = aws_sns_topic_subscription.this[0].filter_policy
  }

  assert {
    condition     = aws_lambda_permission.topic[0].principal == "sns.amazonaws.com" && aws_lambda_permission.topic[0].source_arn == var.backup_sns_topic_arn
    error_message = "Something other than the topic may invoke start_workflow, or the topic may not."
  }

  assert {
    condition = jsondecode(aws_sqs_queue.this["undelivered_notifications"].policy).Statement == jsondecode(jsonencode([{
      Sid       = "KeepUndeliveredNotifications"
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:eu-central-1:123456789012:rotator-undelivered-notifications"
      Principal = { Service = "sns.amazonaws.com" }
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:sns:eu-central-1:123456789012:backups" } }
    }]))
    error_message = aws_sqs_queue.this["undelivered_notifications"].policy
  }

  # A sweep needs vaults.
  assert {
    condition = {
      event_rules = length(aws_cloudwatch_event_rule.recovery_points)
      schedules   = length(aws_scheduler_schedule.this)
      groups      = length(aws_scheduler_schedule_group.this)
      roles       = length(aws_iam_role.scheduler)
    } == { event_rules = 0, schedules = 0, groups = 0, roles = 0 }
    error_message = "More than a topic invokes start_workflow."
  }
}

run "vaults_alone" {
  command = plan

  assert {
    condition     = length(aws_sns_topic_subscription.this) + length(aws_lambda_permission.topic) + length(aws_cloudwatch_event_bus.this) + length(aws_cloudwatch_event_bus_policy.this) == 0
    error_message = "There is a subscription or an event bus."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.recovery_points["backup-completed"].event_pattern) == jsondecode(jsonencode({
      source        = ["aws.backup"]
      "detail-type" = ["Backup Job State Change"]
      detail = {
        state          = ["COMPLETED"]
        resourceType   = ["DynamoDB"]
        backupVaultArn = ["arn:aws:backup:eu-central-1:111122223333:backup-vault:shared", "arn:aws:backup:eu-central-1:123456789012:backup-vault:orders"]
      }
    }))
    error_message = aws_cloudwatch_event_rule.recovery_points["backup-completed"].event_pattern
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.recovery_points["copy-completed"].event_pattern) == jsondecode(jsonencode({
      source        = ["aws.backup"]
      "detail-type" = ["Copy Job State Change"]
      detail = {
        state                     = ["COMPLETED"]
        resourceType              = ["DynamoDB"]
        destinationBackupVaultArn = ["arn:aws:backup:eu-central-1:111122223333:backup-vault:shared", "arn:aws:backup:eu-central-1:123456789012:backup-vault:orders"]
      }
    }))
    error_message = aws_cloudwatch_event_rule.recovery_points["copy-completed"].event_pattern
  }

  assert {
    condition = { for key, rule in aws_cloudwatch_event_rule.recovery_points : key => "${rule.event_bus_name} ${rule.name}" } == {
      backup-completed = "default rotator-backup-completed"
      copy-completed   = "default rotator-copy-completed"
    }
    error_message = "The rules are ${jsonencode({ for key, rule in aws_cloudwatch_event_rule.recovery_points : key => rule.name })}."
  }

  assert {
    condition = alltrue([
      for target in aws_cloudwatch_event_target.start_workflow :
      target.arn == "arn:aws:lambda:eu-central-1:123456789012:function:rotator-start-workflow" &&
      target.event_bus_name == "default" &&
      target.dead_letter_config[0].arn == "arn:aws:sqs:eu-central-1:123456789012:rotator-undelivered-notifications"
    ])
    error_message = "A rule does not invoke start_workflow, or loses what it cannot deliver."
  }

  assert {
    condition = { for key, permission in aws_lambda_permission.recovery_points : permission.source_arn => permission.principal } == {
      "arn:aws:events:eu-central-1:123456789012:rule/rotator-backup-completed" = "events.amazonaws.com"
      "arn:aws:events:eu-central-1:123456789012:rule/rotator-copy-completed"   = "events.amazonaws.com"
    }
    error_message = "Something other than the rules may invoke start_workflow, or they may not."
  }

  assert {
    condition = jsondecode(aws_sqs_queue.this["undelivered_notifications"].policy).Statement == jsondecode(jsonencode([{
      Sid       = "KeepUndeliveredEvents"
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:eu-central-1:123456789012:rotator-undelivered-notifications"
      Principal = { Service = "events.amazonaws.com" }
      Condition = { ArnEquals = { "aws:SourceArn" = [
        "arn:aws:events:eu-central-1:123456789012:rule/rotator-backup-completed",
        "arn:aws:events:eu-central-1:123456789012:rule/rotator-copy-completed",
      ] } }
    }]))
    error_message = aws_sqs_queue.this["undelivered_notifications"].policy
  }

  assert {
    condition = [for name in ["BACKUP_VAULT_ARNS", "SEARCH_ALL_VAULTS", "SWEEP_DAYS"] : aws_lambda_function.this["start_workflow"].environment[0].variables[name]] == [
      "arn:aws:backup:eu-central-1:111122223333:backup-vault:shared,arn:aws:backup:eu-central-1:123456789012:backup-vault:orders", "false", "7"
    ]
    error_message = jsonencode(aws_lambda_function.this["start_workflow"].environment[0].variables)
  }

  # Only these vaults are read. The account of a shared vault is that of its recovery points. Native ones cannot be copied or
  # shared.
  assert {
    condition = {
      for statement in jsondecode(data.aws_iam_policy_document.start_workflow.json).Statement : statement.Sid => statement.Resource
      if strcontains(jsonencode(statement.Action), "backup:")
      } == {
      ListRecoveryPoints = ["arn:aws:backup:eu-central-1:123456789012:backup-vault:orders", "arn:aws:backup:eu-central-1:111122223333:backup-vault:shared"]
      DescribeRecoveryPoints = [
        "arn:aws:dynamodb:eu-central-1:123456789012:table/*/backup/*",
        "arn:aws:backup:eu-central-1:123456789012:recovery-point:*",
        "arn:aws:backup:eu-central-1:111122223333:recovery-point:*",
      ]
    }
    error_message = data.aws_iam_policy_document.start_workflow.json
  }

  # They are swept every hour.
  assert {
    condition     = [for schedule in aws_scheduler_schedule.this : [schedule.name, schedule.schedule_expression, schedule.target[0].input]] == [["sweep", "rate(1 hour)", "{\"Sweep\": {}}"]]
    error_message = jsonencode(aws_scheduler_schedule.this)
  }

  assert {
    condition = {
      group       = aws_scheduler_schedule.this["sweep"].group_name
      function    = aws_scheduler_schedule.this["sweep"].target[0].arn
      undelivered = aws_scheduler_schedule.this["sweep"].target[0].dead_letter_config[0].arn
      } == {
      group       = "rotator"
      function    = "arn:aws:lambda:eu-central-1:123456789012:function:rotator-start-workflow"
      undelivered = "arn:aws:sqs:eu-central-1:123456789012:rotator-undelivered-notifications"
    }
    error_message = jsonencode(aws_scheduler_schedule.this)
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.scheduler[0].policy).Statement == jsondecode(jsonencode([
      {
        Sid      = "InvokeStartWorkflow"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = "arn:aws:lambda:eu-central-1:123456789012:function:rotator-start-workflow"
      },
      {
        Sid      = "KeepUndeliveredEvents"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = "arn:aws:sqs:eu-central-1:123456789012:rotator-undelivered-notifications"
      },
    ]))
    error_message = aws_iam_role_policy.scheduler[0].policy
  }

  assert {
    condition = jsondecode(aws_iam_role.scheduler[0].assume_role_policy).Statement == jsondecode(jsonencode([{
      Sid       = "AssumeByScheduler"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:scheduler:eu-central-1:123456789012:schedule-group/rotator" } }
    }]))
    error_message = aws_iam_role.scheduler[0].assume_role_policy
  }

  # A sweep of 10,000 recovery points takes minutes.
  assert {
    condition     = { for key, function in aws_lambda_function.this : key => function.timeout if function.timeout != 60 } == { start_workflow = 900 }
    error_message = "The timeouts are ${jsonencode({ for key, function in aws_lambda_function.this : key => function.timeout })}."
  }
}

run "a_topic_and_vaults_without_a_sweep" {
  command = plan

  variables {
    backup_sns_topic_arn = "arn:aws:sns:eu-central-1:123456789012:backups"
    sweep_schedule       = null
  }

  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue.this["undelivered_notifications"].policy).Statement : statement.Sid] == ["KeepUndeliveredNotifications", "KeepUndeliveredEvents"]
    error_message = aws_sqs_queue.this["undelivered_notifications"].policy
  }

  assert {
    condition     = length(aws_sns_topic_subscription.this) == 1 && length(aws_cloudwatch_event_rule.recovery_points) == 2
    error_message = "A channel is missing."
  }

  assert {
    condition     = length(aws_scheduler_schedule.this) == 0
    error_message = jsonencode(aws_scheduler_schedule.this)
  }
}

run "copies_that_other_accounts_forward" {
  command = plan

  variables {
    forwarding_account_ids = ["444455556666", "777788889999"]
    permissions_boundary   = "arn:aws:iam::123456789012:policy/boundary"
    role_path              = "/service/"
    kms_key_arn            = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    tags                   = { team = "data" }
  }

  assert {
    condition     = aws_cloudwatch_event_bus.this[0].name == "rotator" && aws_cloudwatch_event_bus_policy.this[0].event_bus_name == "rotator"
    error_message = "The bus is ${aws_cloudwatch_event_bus.this[0].name}."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_bus_policy.this[0].policy).Statement == jsondecode(jsonencode([{
      Sid       = "ForwardCopies"
      Effect    = "Allow"
      Action    = "events:PutEvents"
      Resource  = "arn:aws:events:eu-central-1:123456789012:event-bus/rotator"
      Principal = { AWS = ["arn:aws:iam::777788889999:root", "arn:aws:iam::444455556666:root"] }
      Condition = {
        "ForAllValues:StringEquals" = { "events:source" = "aws.backup" }
        StringEquals                = { "events:detail-type" = "Copy Job State Change" }
      }
    }]))
    error_message = aws_cloudwatch_event_bus_policy.this[0].policy
  }

  assert {
    condition = [for resource in [aws_cloudwatch_event_rule.recovery_points["copy-forwarded"], aws_cloudwatch_event_target.start_workflow["copy-forwarded"]] : resource.event_bus_name] == [
      "rotator", "rotator"
    ]
    error_message = "The rule is on another bus."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.recovery_points["copy-forwarded"].event_pattern == aws_cloudwatch_event_rule.recovery_points["copy-completed"].event_pattern
    error_message = aws_cloudwatch_event_rule.recovery_points["copy-forwarded"].event_pattern
  }

  assert {
    condition     = contains(jsondecode(aws_sqs_queue.this["undelivered_notifications"].policy).Statement[0].Condition.ArnEquals["aws:SourceArn"], aws_lambda_permission.recovery_points["copy-forwarded"].source_arn)
    error_message = aws_sqs_queue.this["undelivered_notifications"].policy
  }

  # Boundary, path, key and tags.
  assert {
    condition     = aws_iam_role.scheduler[0].permissions_boundary == var.permissions_boundary && aws_iam_role.scheduler[0].path == var.role_path
    error_message = "The role of Scheduler lacks the boundary or the path."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.scheduler[0].policy).Statement : [statement.Action, statement.Resource] if startswith(statement.Sid, "Encrypt")] == [
      [["kms:GenerateDataKey", "kms:Decrypt"], var.kms_key_arn]
    ]
    error_message = aws_iam_role_policy.scheduler[0].policy
  }

  assert {
    condition     = alltrue([for tags in concat(values(aws_cloudwatch_event_rule.recovery_points)[*].tags, [aws_cloudwatch_event_bus.this[0].tags, aws_scheduler_schedule_group.this[0].tags, aws_iam_role.scheduler[0].tags]) : tags["team"] == "data"])
    error_message = "Something lacks the tags."
  }
}

run "more_accounts_than_the_policy_of_the_bus_can_name" {
  command = plan

  variables {
    forwarding_account_ids = [for number in range(400) : format("%012d", number)]
  }
  expect_failures = [aws_cloudwatch_event_bus_policy.this]
}

run "rules_with_schedules" {
  command = plan

  variables {
    sweep_schedule = null
    rules = {
      staging   = { source_pattern = "-production$", replacement_pattern = "-staging" }
      weekly    = { source_pattern = "-production$", replacement_pattern = "-weekly", schedule = { expression = "cron(0 6 ? * MON *)", timezone = "Europe/Berlin" } }
      quarterly = { source_pattern = "-production$", replacement_pattern = "-quarterly", schedule = { expression = "rate(90 days)" } }
    }
  }

  assert {
    condition = { for key, schedule in aws_scheduler_schedule.this : key => [schedule.schedule_expression, schedule.schedule_expression_timezone, schedule.flexible_time_window[0].mode] } == {
      refresh-weekly    = ["cron(0 6 ? * MON *)", "Europe/Berlin", "OFF"]
      refresh-quarterly = ["rate(90 days)", "UTC", "OFF"]
    }
    error_message = jsonencode(aws_scheduler_schedule.this)
  }

  # Scheduler replaces the keyword only where it is written with < and >.
  assert {
    condition     = strcontains(aws_scheduler_schedule.this["refresh-weekly"].target[0].input, "\"<aws.scheduler.scheduled-time>\"")
    error_message = aws_scheduler_schedule.this["refresh-weekly"].target[0].input
  }

  assert {
    condition     = jsondecode(aws_scheduler_schedule.this["refresh-weekly"].target[0].input) == { Refresh = { Rule = "weekly", RequestTime = "<aws.scheduler.scheduled-time>" } }
    error_message = aws_scheduler_schedule.this["refresh-weekly"].target[0].input
  }

  assert {
    condition     = { for name, rule in jsondecode(local.rules_json) : name => rule.schedule if can(rule.schedule) } == { weekly = { expression = "cron(0 6 ? * MON *)", timezone = "Europe/Berlin" }, quarterly = { expression = "rate(90 days)", timezone = "UTC" } }
    error_message = local.rules_json
  }
}
