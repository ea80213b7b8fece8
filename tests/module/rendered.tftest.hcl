# Policies and state machine as the real provider renders them, without an account: whatever it would ask AWS for is
# overridden.

provider "aws" {
  region                      = "us-gov-west-1"
  access_key                  = "testing"
  secret_key                  = "testing"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

provider "aws" {
  alias                       = "china"
  region                      = "cn-north-1"
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
  values          = { arn = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:rotator-step" }
}

override_resource {
  target          = aws_lambda_function.this["start_workflow"]
  override_during = plan
  values          = { arn = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:rotator-start-workflow" }
}

override_resource {
  target          = aws_lambda_function.this["report_result"]
  override_during = plan
  values          = { arn = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:rotator-report-result" }
}

override_resource {
  target          = aws_sqs_queue.this["failed_reports"]
  override_during = plan
  values          = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:rotator-failed-reports" }
}

override_resource {
  target          = aws_cloudwatch_event_rule.rotation_ended
  override_during = plan
  values          = { arn = "arn:aws-us-gov:events:us-gov-west-1:123456789012:rule/rotator-rotation-ended" }
}

# Given a known definition, the provider has Step Functions validate it at plan.
override_resource {
  target          = aws_sfn_state_machine.this
  override_during = plan
  values          = { arn = "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:rotator" }
}

variables {
  name                 = "rotator"
  backup_sns_topic_arn = "arn:aws-us-gov:sns:us-gov-west-1:123456789012:backups"
  rules = {
    staging   = { source_pattern = "^(.+)-production$", replacement_pattern = "$1-staging", ssm_parameter_name = "/staging/$1/table-arn" }
    reporting = { source_pattern = "-production$", replacement_pattern = "-reporting", ssm_parameter_name = "reporting" }
    proof     = { source_pattern = ".", replacement_pattern = "$0" }
  }
  tracing = false
}

run "by_default" {
  command = plan

  assert {
    condition = jsondecode(data.aws_iam_policy_document.start_workflow.json).Statement == jsondecode(jsonencode([
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:PutLogEvents", "logs:CreateLogStream"]
        Resource = "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:/aws/lambda/rotator-start-workflow:*"
      },
      {
        Sid      = "StartRotations"
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:rotator"
      },
      {
        Sid      = "RecognizeCopies"
        Effect   = "Allow"
        Action   = "dynamodb:ListTagsOfResource"
        Resource = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??"
      },
      {
        Sid      = "FindVaults"
        Effect   = "Allow"
        Action   = "backup:ListBackupVaults"
        Resource = "*"
      },
      {
        Sid      = "ListRecoveryPoints"
        Effect   = "Allow"
        Action   = "backup:ListRecoveryPointsByBackupVault"
        Resource = "arn:aws-us-gov:backup:us-gov-west-1:123456789012:backup-vault:*"
      },
      {
        Sid    = "DescribeRecoveryPoints"
        Effect = "Allow"
        Action = "backup:DescribeRecoveryPoint"
        Resource = [
          "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*/backup/*",
          "arn:aws-us-gov:backup:us-gov-west-1:123456789012:recovery-point:*",
        ]
      },
      {
        Sid      = "KeepFailedNotifications"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:rotator-failed-notifications"
      },
    ]))
    error_message = data.aws_iam_policy_document.start_workflow.json
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.restore_backup.json).Statement == jsondecode(jsonencode([
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:PutLogEvents", "logs:CreateLogStream"]
        Resource = "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:/aws/lambda/rotator-restore-backup:*"
      },
      {
        Sid    = "RestoreBackups"
        Effect = "Allow"
        Action = "dynamodb:RestoreTableFromBackup"
        Resource = [
          "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*/backup/*",
          "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??",
        ]
      },
      {
        Sid    = "FillTargetTables"
        Effect = "Allow"
        Action = [
          "dynamodb:UpdateItem",
          "dynamodb:Scan",
          "dynamodb:Query",
          "dynamodb:PutItem",
          "dynamodb:GetItem",
          "dynamodb:DeleteItem",
          "dynamodb:BatchWriteItem",
        ]
        Resource = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??"
      },
      {
        Sid      = "DescribeTables"
        Effect   = "Allow"
        Action   = "dynamodb:DescribeTable"
        Resource = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??"
      },
      {
        Sid      = "ReadTags"
        Effect   = "Allow"
        Action   = "dynamodb:ListTagsOfResource"
        Resource = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??"
      },
      {
        Sid      = "StartRestoreJobs"
        Effect   = "Allow"
        Action   = ["backup:StartRestoreJob", "backup:DescribeRecoveryPoint"]
        Resource = "arn:aws-us-gov:backup:us-gov-west-1:123456789012:recovery-point:*"
      },
      {
        Sid      = "FindVaults"
        Effect   = "Allow"
        Action   = "backup:ListBackupVaults"
        Resource = "*"
      },
      {
        Sid       = "PassRestoreRole"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = "arn:aws-us-gov:iam::123456789012:role/rotator-restore-job"
        Condition = { StringEquals = { "iam:PassedToService" = "backup.amazonaws.com" } }
      },
      {
        Sid    = "ReadParameters"
        Effect = "Allow"
        Action = "ssm:GetParameterHistory"
        Resource = [
          "arn:aws-us-gov:ssm:us-gov-west-1:*:parameter/staging/*/table-arn",
          "arn:aws-us-gov:ssm:us-gov-west-1:*:parameter/reporting",
        ]
      },
    ]))
    error_message = data.aws_iam_policy_document.restore_backup.json
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.check_restore_status.json).Statement == jsondecode(jsonencode([
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:PutLogEvents", "logs:CreateLogStream"]
        Resource = "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:/aws/lambda/rotator-check-restore-status:*"
      },
      {
        Sid      = "TagTargetTables"
        Effect   = "Allow"
        Action   = "dynamodb:TagResource"
        Resource = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??"
      },
      {
        Sid      = "DescribeTables"
        Effect   = "Allow"
        Action   = "dynamodb:DescribeTable"
        Resource = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??"
      },
      {
        Sid      = "ReadTags"
        Effect   = "Allow"
        Action   = "dynamodb:ListTagsOfResource"
        Resource = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??"
      },
      {
        Sid      = "DescribeRestoreJobs"
        Effect   = "Allow"
        Action   = "backup:DescribeRestoreJob"
        Resource = "*"
      },
    ]))
    error_message = data.aws_iam_policy_document.check_restore_status.json
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.update_ssm_parameter.json).Statement == jsondecode(jsonencode([
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:PutLogEvents", "logs:CreateLogStream"]
        Resource = "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:/aws/lambda/rotator-update-ssm-parameter:*"
      },
      {
        Sid    = "UpdateParameters"
        Effect = "Allow"
        Action = ["ssm:PutParameter", "ssm:GetParameterHistory"]
        Resource = [
          "arn:aws-us-gov:ssm:us-gov-west-1:*:parameter/staging/*/table-arn",
          "arn:aws-us-gov:ssm:us-gov-west-1:*:parameter/reporting",
        ]
      },
      {
        Sid      = "RecognizeCopies"
        Effect   = "Allow"
        Action   = ["dynamodb:ListTagsOfResource", "dynamodb:DescribeTable"]
        Resource = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??"
      },
    ]))
    error_message = data.aws_iam_policy_document.update_ssm_parameter.json
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.state_machine.json).Statement[0] == jsondecode(jsonencode({
      Sid    = "InvokeFunctions"
      Effect = "Allow"
      Action = "lambda:InvokeFunction"
      Resource = [
        "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:rotator-verify-table",
        "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:rotator-update-ssm-parameter",
        "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:rotator-restore-backup",
        "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:rotator-delete-old-tables",
        "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:rotator-configure-table",
        "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:rotator-check-restore-status",
        "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:rotator-carry-over-settings",
      ]
    }))
    error_message = data.aws_iam_policy_document.state_machine.json
  }

  # A * is used only where AWS has no resource-level permissions.
  assert {
    condition = alltrue(flatten([
      for policy in concat(values(local.function_policies), [data.aws_iam_policy_document.state_machine.json]) : [
        for statement in jsondecode(policy).Statement : contains(["DeliverLogs", "DescribeRestoreJobs", "RecordVerdicts", "FindVaults"], statement.Sid) if contains(flatten([statement.Resource]), "*")
      ]
    ]))
    error_message = "A * is used where AWS has resource-level permissions."
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.report_result.json).Statement == jsondecode(jsonencode([
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:PutLogEvents", "logs:CreateLogStream"]
        Resource = "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:/aws/lambda/rotator-report-result:*"
      },
      {
        Sid      = "DescribeRotations"
        Effect   = "Allow"
        Action   = ["states:GetExecutionHistory", "states:DescribeExecution"]
        Resource = "arn:aws-us-gov:states:us-gov-west-1:123456789012:execution:rotator:*"
      },
      {
        Sid      = "RecordVerdicts"
        Effect   = "Allow"
        Action   = ["backup:PutRestoreValidationResult", "backup:DescribeRestoreJob"]
        Resource = "*"
      },
      {
        Sid      = "KeepFailedReports"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:rotator-failed-reports"
      },
    ]))
    error_message = data.aws_iam_policy_document.report_result.json
  }

  assert {
    condition = jsondecode(aws_sqs_queue.this["failed_reports"].policy).Statement == jsondecode(jsonencode([{
      Sid       = "KeepUndeliveredEvents"
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:rotator-failed-reports"
      Principal = { Service = "events.amazonaws.com" }
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws-us-gov:events:us-gov-west-1:123456789012:rule/rotator-rotation-ended" } }
    }]))
    error_message = aws_sqs_queue.this["failed_reports"].policy
  }

  # AWS Backup may fill copies only.
  assert {
    condition = jsondecode(data.aws_iam_policy_document.restore.json).Statement == jsondecode(jsonencode([
      {
        Sid      = "RestoreTables"
        Effect   = "Allow"
        Action   = ["dynamodb:RestoreTableFromAwsBackup", "dynamodb:DescribeTable"]
        Resource = "arn:aws-us-gov:dynamodb:*:*:table/*"
      },
      {
        Sid    = "FillTargetTables"
        Effect = "Allow"
        Action = [
          "dynamodb:UpdateItem",
          "dynamodb:Scan",
          "dynamodb:Query",
          "dynamodb:PutItem",
          "dynamodb:GetItem",
          "dynamodb:DeleteItem",
          "dynamodb:BatchWriteItem",
        ]
        Resource = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??"
      },
    ]))
    error_message = data.aws_iam_policy_document.restore.json
  }

  # Every end of an execution is reported.
  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.rotation_ended.event_pattern) == {
      source        = ["aws.states"]
      "detail-type" = ["Step Functions Execution Status Change"]
      detail = {
        stateMachineArn = ["arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:rotator"]
        status          = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
      }
    }
    error_message = aws_cloudwatch_event_rule.rotation_ended.event_pattern
  }

  assert {
    condition     = aws_cloudwatch_event_target.report_result.arn == "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:rotator-report-result"
    error_message = "The rule invokes ${aws_cloudwatch_event_target.report_result.arn}."
  }

  assert {
    condition     = aws_lambda_permission.report_result.function_name == "rotator-report-result" && aws_lambda_permission.report_result.source_arn == "arn:aws-us-gov:events:us-gov-west-1:123456789012:rule/rotator-rotation-ended" && aws_lambda_permission.report_result.principal == "events.amazonaws.com"
    error_message = "Something other than the rule may invoke report_result, or the rule may not."
  }

  # What EventBridge cannot deliver, and what the function fails to process.
  assert {
    condition = [
      aws_cloudwatch_event_target.report_result.dead_letter_config[0].arn,
      aws_lambda_function_event_invoke_config.report_result.destination_config[0].on_failure[0].destination,
    ] == [for consumer in ["rule", "function"] : "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:rotator-failed-reports"]
    error_message = "A report that fails is lost."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.report_result.function_name == "rotator-report-result" && aws_lambda_function_event_invoke_config.report_result.maximum_retry_attempts == 2
    error_message = "report_result is not retried twice."
  }

  # Each function receives what it reads.
  assert {
    condition = alltrue([for key in local.steps : aws_lambda_function.this[key].environment[0].variables == tomap({
      POWERTOOLS_SERVICE_NAME = "rotator"
      MODULE                  = "rotator"
      RESTORE_ROLE_ARN        = "arn:aws-us-gov:iam::123456789012:role/rotator-restore-job"
    })])
    error_message = jsonencode({ for key in local.steps : key => aws_lambda_function.this[key].environment[0].variables })
  }

  assert {
    condition = aws_lambda_function.this["start_workflow"].environment[0].variables == tomap({
      POWERTOOLS_SERVICE_NAME = "rotator"
      RULES                   = base64gzip(local.rules_json)
      STATE_MACHINE_ARN       = "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:rotator"
      BACKUP_VAULT_ARNS       = ""
      SEARCH_ALL_VAULTS       = "true"
      SWEEP_DAYS              = "7"
    })
    error_message = jsonencode(aws_lambda_function.this["start_workflow"].environment[0].variables)
  }

  assert {
    condition = aws_lambda_function.this["report_result"].environment[0].variables == tomap({
      POWERTOOLS_SERVICE_NAME       = "rotator"
      NOTIFICATION_TOPIC_ARN        = ""
      NOTIFY_OF_SUCCESS             = "false"
      START_WORKFLOW_FUNCTION       = "rotator-start-workflow"
      UPDATE_SSM_PARAMETER_FUNCTION = "rotator-update-ssm-parameter"
    })
    error_message = jsonencode(aws_lambda_function.this["report_result"].environment[0].variables)
  }

  # Nothing is published.
  assert {
    condition     = !strcontains(data.aws_iam_policy_document.report_result.json, "sns:") && length(aws_cloudwatch_metric_alarm.this) == 0
    error_message = data.aws_iam_policy_document.report_result.json
  }
}

# A function that only some rules need may only write its log where none does.
run "rules_that_need_nothing_grant_nothing" {
  command = plan

  variables {
    rules = { proof = { source_pattern = ".", replacement_pattern = "$0", verify = false } }
  }

  assert {
    condition = { for name, policy in local.function_policies : name => [for statement in jsondecode(policy).Statement : statement.Sid] if contains(["configure_table", "carry_over_settings", "verify_table", "delete_old_tables", "report_result"], name) } == {
      configure_table     = ["WriteLogs"]
      carry_over_settings = ["WriteLogs"]
      verify_table        = ["WriteLogs"]
      delete_old_tables   = ["WriteLogs"]
      report_result       = ["WriteLogs", "DescribeRotations", "KeepFailedReports"]
    }
    error_message = jsonencode(local.function_policies)
  }

  assert {
    condition     = jsondecode(local.rules_json) == { proof = { source_pattern = ".", replacement_pattern = "$0", verify = false } }
    error_message = local.rules_json
  }
}

run "null_attributes_count_as_left_out" {
  command = plan

  variables {
    rules = {
      proof = {
        source_pattern      = "."
        replacement_pattern = "$0"
        exclude_pattern     = null
        ssm_parameter_name  = null
        ssm_parameter_adopt = null
        ssm_parameter_value = null
        restore             = null
        carry_over          = null
        tags                = null
        before_switch       = null
        verify              = null
        keep                = null
      }
    }
  }

  assert {
    condition     = local.rules_json == jsonencode({ proof = { replacement_pattern = "$0", source_pattern = "." } })
    error_message = local.rules_json
  }

  # Rules without parameters grant nothing to set them with.
  assert {
    condition     = [for statement in jsondecode(data.aws_iam_policy_document.update_ssm_parameter.json).Statement : statement.Sid] == ["WriteLogs"]
    error_message = data.aws_iam_policy_document.update_ssm_parameter.json
  }
}

run "a_rule_that_asks_for_everything" {
  command = plan

  variables {
    rules = {
      staging = {
        source_pattern      = "^(.+)-production$"
        exclude_pattern     = "^test-"
        replacement_pattern = "$1-staging"
        ssm_parameter_name  = "/staging/$1/table-arn"
        ssm_parameter_adopt = true
        ssm_parameter_value = "name"
        restore = {
          billing_mode         = "PROVISIONED"
          read_capacity_units  = 5
          write_capacity_units = 1
          encryption           = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
          excluded_indexes     = ["by-day"]
        }
        carry_over    = ["tags", "time_to_live", "stream", "point_in_time_recovery", "table_class", "contributor_insights", "auto_scaling", "resource_policy", "kinesis_destination"]
        tags          = { stage = "staging" }
        before_switch = "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:mask:live"
        keep          = 3
      }
      reporting = {
        source_pattern      = "-production$"
        replacement_pattern = "-reporting"
        before_switch       = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:mask:live"
      }
    }
  }

  assert {
    condition = { for name, policy in local.function_policies : name => [for statement in jsondecode(policy).Statement : statement.Sid] if contains(["restore_backup", "configure_table", "carry_over_settings", "verify_table", "delete_old_tables"], name) } == {
      restore_backup      = ["WriteLogs", "EncryptTargetTables", "RestoreBackups", "FillTargetTables", "DescribeTables", "ReadTags", "ReadIndexesOfBackups", "StartRestoreJobs", "ReadTagsOfRecoveryPoints", "FindVaults", "PassRestoreRole", "ReadParameters"]
      configure_table     = ["WriteLogs", "DescribeTables", "ConfigureTargetTables"]
      carry_over_settings = ["WriteLogs", "DecryptTargetTables", "DescribeTables", "ReadSettings", "WriteSettingsOfTargetTables", "ReadSettingsOfBackups", "ReadAutoScaling", "WriteAutoScaling", "KeepAlarmsOfAutoScaling", "WriteToKinesisDestinations", "ListKinesisStreams"]
      verify_table        = ["WriteLogs", "DecryptTargetTables", "DescribeBackups", "DescribeRestoreJobs", "DescribeSourceAndTargetTables", "ReadTargetTables"]
      delete_old_tables   = ["WriteLogs", "ListTables", "RecognizeOldTables", "DescribeRotations", "DeleteOldTables", "FindAutoScalingOfOldTables", "EndAutoScalingOfOldTables", "DeleteAlarmsOfAutoScaling", "ReadParameters"]
    }
    error_message = jsonencode(local.function_policies)
  }

  assert {
    condition = [for statement in jsondecode(data.aws_iam_policy_document.carry_over_settings.json).Statement : flatten([statement.Resource]) if statement.Sid == "WriteSettingsOfTargetTables"] == [[
      "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??/index/*",
      "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??",
    ]]
    error_message = data.aws_iam_policy_document.carry_over_settings.json
  }

  assert {
    condition = [for statement in jsondecode(data.aws_iam_policy_document.delete_old_tables.json).Statement : statement if contains(["DescribeRotations", "DeleteOldTables", "EndAutoScalingOfOldTables", "ReadParameters"], statement.Sid)] == jsondecode(jsonencode([
      {
        Sid      = "DescribeRotations"
        Effect   = "Allow"
        Action   = "states:DescribeExecution"
        Resource = "arn:aws-us-gov:states:us-gov-west-1:123456789012:execution:rotator:*"
      },
      {
        Sid      = "DeleteOldTables"
        Effect   = "Allow"
        Action   = "dynamodb:DeleteTable"
        Resource = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??"
        Condition = {
          StringEquals = {
            "aws:ResourceTag/backup-dynamodb-rotator:module" = "rotator"
            "aws:ResourceTag/backup-dynamodb-rotator:rule"   = "staging"
          }
        }
      },
      {
        Sid       = "EndAutoScalingOfOldTables"
        Effect    = "Allow"
        Action    = "application-autoscaling:DeregisterScalableTarget"
        Resource  = "arn:aws-us-gov:application-autoscaling:us-gov-west-1:123456789012:scalable-target/*"
        Condition = { StringEquals = { "application-autoscaling:service-namespace" = "dynamodb" } }
      },
      {
        Sid      = "ReadParameters"
        Effect   = "Allow"
        Action   = "ssm:GetParameterHistory"
        Resource = "arn:aws-us-gov:ssm:us-gov-west-1:*:parameter/staging/*/table-arn"
      },
    ]))
    error_message = data.aws_iam_policy_document.delete_old_tables.json
  }

  assert {
    condition = { for statement in jsondecode(data.aws_iam_policy_document.state_machine.json).Statement : statement.Sid => statement.Resource if endswith(statement.Sid, "Hooks") } == {
      InvokeHooks  = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:mask:live"
      StartHooks   = "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:mask"
      FollowHooks  = "arn:aws-us-gov:states:us-gov-west-1:123456789012:execution:mask:*"
      WaitForHooks = "arn:aws-us-gov:events:us-gov-west-1:123456789012:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    }
    error_message = data.aws_iam_policy_document.state_machine.json
  }

  # When a rotation is stopped, so is its hook.
  assert {
    condition     = one([for statement in jsondecode(data.aws_iam_policy_document.state_machine.json).Statement : statement.Action if statement.Sid == "FollowHooks"]) == ["states:StopExecution", "states:DescribeExecution"]
    error_message = data.aws_iam_policy_document.state_machine.json
  }

  assert {
    condition = alltrue(flatten([
      for policy in concat(values(local.function_policies), [data.aws_iam_policy_document.state_machine.json]) : [
        for statement in jsondecode(policy).Statement : contains(["DeliverLogs", "DescribeRestoreJobs", "RecordVerdicts", "FindVaults", "ListTables", "ReadAutoScaling", "FindAutoScalingOfOldTables", "ListKinesisStreams"], statement.Sid) if contains(flatten([statement.Resource]), "*")
      ]
    ]))
    error_message = "A * is used where AWS has resource-level permissions."
  }

  assert {
    condition = jsondecode(local.rules_json).staging.restore == {
      billing_mode         = "PROVISIONED"
      read_capacity_units  = 5
      write_capacity_units = 1
      encryption           = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      excluded_indexes     = ["by-day"]
    }
    error_message = local.rules_json
  }

  assert {
    condition     = [for attribute in ["exclude_pattern", "ssm_parameter_adopt", "ssm_parameter_value"] : jsondecode(local.rules_json).staging[attribute]] == ["^test-", true, "name"]
    error_message = local.rules_json
  }

  # The tags of source tables are read where a rule carries them over.
  assert {
    condition = alltrue([for policy in [data.aws_iam_policy_document.restore_backup, data.aws_iam_policy_document.check_restore_status] :
      [for statement in jsondecode(policy.json).Statement : [statement.Action, statement.Resource] if statement.Sid == "ReadTags"] == [["dynamodb:ListTagsOfResource", "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*"]]
    ])
    error_message = "restore_backup or check_restore_status may not read the tags of source tables, or may do more."
  }
}

run "tags_and_recovery_points_of_shared_vaults" {
  command = plan

  variables {
    backup_vault_arns = [
      "arn:aws-us-gov:backup:us-gov-west-1:123456789012:backup-vault:copies",
      "arn:aws-us-gov:backup:us-gov-west-1:210987654321:backup-vault:air-gapped",
      "arn:aws-us-gov:backup:us-gov-west-1:210987654321:backup-vault:air-gapped-too",
    ]
    rules = { staging = { source_pattern = ".", replacement_pattern = "$0", carry_over = ["tags"], tags = { stage = "staging" } } }
  }

  # A recovery point in a vault that another account shares belongs to that account.
  assert {
    condition = {
      for name, policy in local.function_policies : name => {
        for statement in jsondecode(policy).Statement : statement.Sid => statement.Resource if strcontains(jsonencode(statement), ":recovery-point:")
      } if contains(["restore_backup", "check_restore_status"], name)
      } == {
      restore_backup = {
        StartRestoreJobs = [
          "arn:aws-us-gov:backup:us-gov-west-1:210987654321:recovery-point:*",
          "arn:aws-us-gov:backup:us-gov-west-1:123456789012:recovery-point:*",
        ]
        ReadTagsOfRecoveryPoints = [
          "arn:aws-us-gov:backup:us-gov-west-1:210987654321:recovery-point:*",
          "arn:aws-us-gov:backup:us-gov-west-1:123456789012:recovery-point:*",
        ]
      }
      check_restore_status = {
        ReadTagsOfRecoveryPoints = [
          "arn:aws-us-gov:backup:us-gov-west-1:210987654321:recovery-point:*",
          "arn:aws-us-gov:backup:us-gov-west-1:123456789012:recovery-point:*",
        ]
      }
    }
    error_message = jsonencode(local.function_policies)
  }

  # Tags are written with those of ownership.
  assert {
    condition     = [for statement in jsondecode(data.aws_iam_policy_document.configure_table.json).Statement : statement.Sid] == ["WriteLogs"]
    error_message = data.aws_iam_policy_document.configure_table.json
  }
}

# Application Auto Scaling rejects a caller that may not do what it will do.
run "auto_scaling_alone" {
  command = plan

  variables {
    rules = { staging = { source_pattern = ".", replacement_pattern = "$0", carry_over = ["auto_scaling"] } }
  }

  assert {
    condition = { for statement in jsondecode(data.aws_iam_policy_document.carry_over_settings.json).Statement : statement.Sid => [statement.Action, statement.Resource] if contains(["WriteSettingsOfTargetTables", "KeepAlarmsOfAutoScaling"], statement.Sid) } == {
      WriteSettingsOfTargetTables = ["dynamodb:UpdateTable", "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/*-????????-??-??-??"]
      KeepAlarmsOfAutoScaling     = [["cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms"], "arn:aws-us-gov:cloudwatch:us-gov-west-1:123456789012:alarm:*"]
    }
    error_message = data.aws_iam_policy_document.carry_over_settings.json
  }
}

run "keys_are_used_by_whoever_restores" {
  command = plan

  variables {
    backup_kms_key_arns = ["arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
    rules = {
      staging = {
        source_pattern      = "."
        replacement_pattern = "$0"
        restore             = { encryption = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/b5e2ad9c-0b17-4f86-8a3e-6d5f1c9e7a42" }
        verify              = false
      }
    }
  }

  # DynamoDB restores with the permissions of this function.
  assert {
    condition = { for statement in jsondecode(data.aws_iam_policy_document.restore_backup.json).Statement : statement.Sid => [statement.Action, statement.Resource, statement.Condition] if strcontains(jsonencode(statement), "kms:") } == {
      EncryptTargetTables = [
        ["kms:ReEncryptTo", "kms:ReEncryptFrom", "kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateDataKey", "kms:Encrypt", "kms:DescribeKey", "kms:Decrypt", "kms:CreateGrant"],
        "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/b5e2ad9c-0b17-4f86-8a3e-6d5f1c9e7a42",
        { StringEquals = { "kms:ViaService" = "dynamodb.us-gov-west-1.amazonaws.com" } },
      ]
      DecryptBackups = [
        ["kms:DescribeKey", "kms:Decrypt", "kms:CreateGrant"],
        "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        { StringEquals = { "kms:ViaService" = ["dynamodb.us-gov-west-1.amazonaws.com", "backup.us-gov-west-1.amazonaws.com"] } },
      ]
    }
    error_message = data.aws_iam_policy_document.restore_backup.json
  }

  # AWS Backup may describe keys and create grants itself, without kms:ViaService.
  assert {
    condition = { for statement in jsondecode(data.aws_iam_policy_document.restore.json).Statement : statement.Sid => [statement.Action, statement.Resource, try(statement.Condition, null)] if strcontains(jsonencode(statement), "kms:") } == {
      EncryptTargetTables = [
        ["kms:ReEncryptTo", "kms:ReEncryptFrom", "kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt"],
        "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/b5e2ad9c-0b17-4f86-8a3e-6d5f1c9e7a42",
        { StringEquals = { "kms:ViaService" = "dynamodb.us-gov-west-1.amazonaws.com" } },
      ]
      DecryptBackups = [
        "kms:Decrypt",
        "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        { StringEquals = { "kms:ViaService" = ["dynamodb.us-gov-west-1.amazonaws.com", "backup.us-gov-west-1.amazonaws.com"] } },
      ]
      DescribeKeys = [
        "kms:DescribeKey",
        ["arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/b5e2ad9c-0b17-4f86-8a3e-6d5f1c9e7a42", "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
        null,
      ]
      CreateGrants = [
        "kms:CreateGrant",
        ["arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/b5e2ad9c-0b17-4f86-8a3e-6d5f1c9e7a42", "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
        { Bool = { "kms:GrantIsForAWSResource" = "true" } },
      ]
    }
    error_message = data.aws_iam_policy_document.restore.json
  }

  assert {
    condition     = length([for name, policy in local.function_policies : name if strcontains(policy, "kms:")]) == 1
    error_message = "Functions other than restore_backup may use the keys of backups."
  }
}

run "a_copy_with_a_key_is_read_with_that_key" {
  command = plan

  variables {
    rules = {
      staging = {
        source_pattern      = "."
        replacement_pattern = "$0"
        restore             = { encryption = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
      }
    }
  }

  assert {
    condition = [for statement in jsondecode(data.aws_iam_policy_document.verify_table.json).Statement : statement if statement.Sid == "DecryptTargetTables"] == jsondecode(jsonencode([{
      Sid       = "DecryptTargetTables"
      Effect    = "Allow"
      Action    = "kms:Decrypt"
      Resource  = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      Condition = { StringEquals = { "kms:ViaService" = "dynamodb.us-gov-west-1.amazonaws.com" } }
    }]))
    error_message = data.aws_iam_policy_document.verify_table.json
  }

  # Without a setting that needs the key, carry_over_settings does not get it.
  assert {
    condition     = !strcontains(data.aws_iam_policy_document.carry_over_settings.json, "kms:")
    error_message = data.aws_iam_policy_document.carry_over_settings.json
  }
}

# Although host names in China end in amazonaws.com.cn.
run "kms_knows_services_in_china_by_the_names_that_they_have_elsewhere" {
  command = plan

  providers = {
    aws = aws.china
  }

  variables {
    backup_sns_topic_arn = "arn:aws-cn:sns:cn-north-1:123456789012:backups"
    backup_kms_key_arns  = ["arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
    rules = {
      staging = {
        source_pattern      = "."
        replacement_pattern = "$0"
        carry_over          = ["contributor_insights"]
        restore             = { encryption = "arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
      }
    }
  }

  assert {
    condition = toset(flatten([
      for policy in concat(values(local.function_policies), [data.aws_iam_policy_document.restore.json]) : [
        for statement in jsondecode(policy).Statement : statement.Condition.StringEquals["kms:ViaService"] if strcontains(jsonencode(statement), "kms:ViaService")
      ]
    ])) == toset(["backup.cn-north-1.amazonaws.com", "dynamodb.cn-north-1.amazonaws.com"])
    error_message = jsonencode(local.function_policies)
  }
}

run "a_copy_that_is_not_verified_is_not_read" {
  command = plan

  variables {
    rules = {
      staging = {
        source_pattern      = "."
        replacement_pattern = "$0"
        restore             = { encryption = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
        verify              = false
      }
    }
  }

  assert {
    condition     = [for statement in jsondecode(data.aws_iam_policy_document.verify_table.json).Statement : statement.Sid] == ["WriteLogs"]
    error_message = data.aws_iam_policy_document.verify_table.json
  }
}

run "options" {
  command = plan

  variables {
    tracing              = true
    architecture         = "x86_64"
    log_level            = "DEBUG"
    log_retention_days   = 7
    permissions_boundary = "arn:aws-us-gov:iam::123456789012:policy/boundary"
    role_path            = "/service/"
    kms_key_arn          = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    tags                 = { team = "data" }
    alarms               = { topic_arn = "arn:aws-us-gov:sns:us-gov-west-1:123456789012:alarms" }
  }

  assert {
    condition = alltrue([
      for policy in concat(values(local.function_policies), [data.aws_iam_policy_document.state_machine.json]) : strcontains(policy, "xray:PutTraceSegments")
    ])
    error_message = "A role is not allowed to write traces."
  }

  assert {
    condition     = strcontains(data.aws_iam_policy_document.state_machine.json, "xray:GetSamplingRules") && strcontains(data.aws_iam_policy_document.state_machine.json, "xray:GetSamplingTargets")
    error_message = "The state machine is not allowed to read sampling rules."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.tracing_config[0].mode == "Active"]) && aws_sfn_state_machine.this.tracing_configuration[0].enabled
    error_message = "Not everything is traced."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.architectures[0] == "x86_64" && function.logging_config[0].application_log_level == "DEBUG"])
    error_message = "A function has another architecture or log level."
  }

  assert {
    condition     = alltrue([for role in concat(values(aws_iam_role.function), [aws_iam_role.state_machine, aws_iam_role.restore]) : role.permissions_boundary == var.permissions_boundary && role.path == var.role_path])
    error_message = "A role lacks the boundary or the path."
  }

  assert {
    condition = alltrue([
      for group in concat(values(aws_cloudwatch_log_group.function), [aws_cloudwatch_log_group.state_machine]) : group.retention_in_days == 7 && group.kms_key_id == var.kms_key_arn
    ])
    error_message = "A log group lacks the retention or the key."
  }

  assert {
    condition     = aws_lambda_function.this["restore_backup"].environment[0].variables["RESTORE_ROLE_ARN"] == "arn:aws-us-gov:iam::123456789012:role/service/rotator-restore-job"
    error_message = "restore_backup passes ${aws_lambda_function.this["restore_backup"].environment[0].variables["RESTORE_ROLE_ARN"]}."
  }

  assert {
    condition     = alltrue([for queue in aws_sqs_queue.this : queue.kms_master_key_id == var.kms_key_arn])
    error_message = "A queue lacks the key."
  }

  assert {
    condition = [
      for policy in [data.aws_iam_policy_document.start_workflow, data.aws_iam_policy_document.report_result] : [
        for statement in jsondecode(policy.json).Statement : [statement.Action, statement.Resource] if startswith(statement.Sid, "Encrypt")
      ]
    ] == [for function in ["start_workflow", "report_result"] : [[["kms:GenerateDataKey", "kms:Decrypt"], var.kms_key_arn]]]
    error_message = "start_workflow or report_result may not send to an encrypted queue, or may do more."
  }

  assert {
    condition = alltrue([
      for tags in concat(
        values(aws_lambda_function.this)[*].tags,
        values(aws_iam_role.function)[*].tags,
        values(aws_cloudwatch_log_group.function)[*].tags,
        values(aws_sqs_queue.this)[*].tags,
        values(aws_cloudwatch_metric_alarm.this)[*].tags,
        [aws_iam_role.state_machine.tags, aws_iam_role.restore.tags, aws_cloudwatch_log_group.state_machine.tags, aws_sfn_state_machine.this.tags, aws_cloudwatch_event_rule.rotation_ended.tags],
      ) : tags["team"] == "data"
    ])
    error_message = "Something lacks the tags."
  }
}

run "time_limit_restore_role_and_network" {
  command = plan

  variables {
    timeout_hours    = 1.5001
    restore_role_arn = "arn:aws-us-gov:iam::123456789012:role/restore"
    vpc_config       = { subnet_ids = ["subnet-1a"], security_group_ids = ["sg-2b"] }
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).TimeoutSeconds == 5401
    error_message = aws_sfn_state_machine.this.definition
  }

  assert {
    condition     = alltrue([for state in jsondecode(aws_sfn_state_machine.this.definition).States : startswith(state.Resource, "arn:aws-us-gov:states:::") if state.Type == "Task"])
    error_message = aws_sfn_state_machine.this.definition
  }

  # Only the given role is passed.
  assert {
    condition = [
      for statement in jsondecode(data.aws_iam_policy_document.restore_backup.json).Statement : statement.Resource if statement.Sid == "PassRestoreRole"
    ] == ["arn:aws-us-gov:iam::123456789012:role/restore"]
    error_message = data.aws_iam_policy_document.restore_backup.json
  }

  assert {
    condition     = aws_lambda_function.this["restore_backup"].environment[0].variables["RESTORE_ROLE_ARN"] == "arn:aws-us-gov:iam::123456789012:role/restore"
    error_message = "restore_backup received another role."
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.function["verify_table"].json).Statement == jsondecode(jsonencode([
      {
        Sid      = "DescribeNetwork"
        Effect   = "Allow"
        Action   = ["ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces"]
        Resource = "*"
      },
      {
        Sid      = "ManageNetworkInterfaces"
        Effect   = "Allow"
        Action   = ["ec2:UnassignPrivateIpAddresses", "ec2:DeleteNetworkInterface", "ec2:CreateNetworkInterface", "ec2:AssignPrivateIpAddresses"]
        Resource = "arn:aws-us-gov:ec2:us-gov-west-1:*:*/*"
      },
      {
        Sid    = "KeepCodeFromNetwork"
        Effect = "Deny"
        Action = [
          "ec2:UnassignPrivateIpAddresses",
          "ec2:DescribeSubnets",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DeleteNetworkInterface",
          "ec2:CreateNetworkInterface",
          "ec2:AssignPrivateIpAddresses",
        ]
        Resource = "*"
        Condition = {
          ArnLike = { "lambda:SourceFunctionArn" = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:rotator-*" }
        }
      },
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:PutLogEvents", "logs:CreateLogStream"]
        Resource = "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:/aws/lambda/rotator-verify-table:*"
      },
    ]))
    error_message = data.aws_iam_policy_document.function["verify_table"].json
  }
}

run "messages_and_alarms" {
  command = plan

  variables {
    notification_topic_arn = "arn:aws-us-gov:sns:us-gov-west-1:123456789012:rotations"
    notify_of_success      = true
    alarms                 = { topic_arn = "arn:aws-us-gov:sns:us-gov-west-1:123456789012:alarms" }
    tags                   = { team = "data" }
    rules = {
      staging = { source_pattern = "-production$", replacement_pattern = "-staging", max_age_hours = 30 }
      proof   = { source_pattern = ".", replacement_pattern = "$0" }
    }
  }

  assert {
    condition = one([for statement in jsondecode(data.aws_iam_policy_document.report_result.json).Statement : statement if statement.Sid == "PublishResults"]) == jsondecode(jsonencode({
      Sid      = "PublishResults"
      Effect   = "Allow"
      Action   = "sns:Publish"
      Resource = "arn:aws-us-gov:sns:us-gov-west-1:123456789012:rotations"
    }))
    error_message = data.aws_iam_policy_document.report_result.json
  }

  assert {
    condition     = [for name in ["NOTIFICATION_TOPIC_ARN", "NOTIFY_OF_SUCCESS"] : aws_lambda_function.this["report_result"].environment[0].variables[name]] == ["arn:aws-us-gov:sns:us-gov-west-1:123456789012:rotations", "true"]
    error_message = jsonencode(aws_lambda_function.this["report_result"].environment[0].variables)
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => "${alarm.namespace} ${alarm.metric_name} ${one(values(alarm.dimensions))}" } == {
      rotations-failed          = "AWS/States ExecutionsFailed arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:rotator"
      rotations-timed-out       = "AWS/States ExecutionsTimedOut arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:rotator"
      rotations-stopped         = "AWS/States ExecutionsAborted arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:rotator"
      start-workflow-errors     = "AWS/Lambda Errors rotator-start-workflow"
      failed-notifications      = "AWS/SQS ApproximateNumberOfMessagesVisible rotator-failed-notifications"
      undelivered-notifications = "AWS/SQS ApproximateNumberOfMessagesVisible rotator-undelivered-notifications"
      failed-reports            = "AWS/SQS ApproximateNumberOfMessagesVisible rotator-failed-reports"
    }
    error_message = "The alarms watch ${jsonencode({ for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.dimensions })}."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : one(alarm.alarm_actions) == var.alarms.topic_arn])
    error_message = "An alarm notifies another topic."
  }

  # A rule with an age has an alarm of its own.
  assert {
    condition = jsonencode({
      for rule, alarm in aws_cloudwatch_metric_alarm.overdue : rule => {
        name    = alarm.alarm_name
        raised  = "${alarm.comparison_operator} ${alarm.threshold} in ${alarm.evaluation_periods}"
        missing = alarm.treat_missing_data
        topics  = setunion(alarm.alarm_actions, alarm.ok_actions)
        tags    = alarm.tags
      }
      }) == jsonencode({
      staging = {
        name    = "rotator-overdue-staging"
        raised  = "LessThanThreshold 1 in 30"
        missing = "breaching"
        topics  = [var.alarms.topic_arn]
        tags    = var.tags
      }
    })
    error_message = jsonencode(aws_cloudwatch_metric_alarm.overdue)
  }

  # Two rules of the same name, in two modules, have metrics of their own.
  assert {
    condition = jsonencode([for query in aws_cloudwatch_metric_alarm.overdue["staging"].metric_query : concat(compact([query.expression]), query.metric[*].dimensions, query.metric[*].period)]) == jsonencode([
      [{ rule = "staging", service = "rotator" }, 3600],
      ["FILL(succeeded, 0)"],
    ])
    error_message = jsonencode(aws_cloudwatch_metric_alarm.overdue["staging"].metric_query)
  }

  assert {
    condition     = contains(keys(output.alarms), "overdue-staging")
    error_message = "The output alarms has only ${jsonencode(keys(output.alarms))}."
  }

  assert {
    condition     = !strcontains(local.rules_json, "max_age_hours")
    error_message = "The environment of start_workflow holds what it does not read: ${local.rules_json}"
  }
}
