# Three tables in production, one that no rule matches, and one that two rules make illegal names of.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  name   = "rotator-test"
  tables = toset(["orders-production", "users-production", "scratch", "unlucky"])
  # Version 6 of the provider deprecates `id`, and version 5 has no `region`.
  region = lookup(data.aws_region.this, "region", lookup(data.aws_region.this, "id", null))
}

resource "aws_dynamodb_table" "source" {
  for_each = local.tables

  name         = "${local.name}-${each.key}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_backup_vault" "this" {
  name          = local.name
  kms_key_arn   = aws_kms_key.backups.arn
  force_destroy = true
}

resource "aws_backup_vault_notifications" "this" {
  backup_vault_name   = aws_backup_vault.this.name
  sns_topic_arn       = aws_sns_topic_policy.this.arn
  backup_vault_events = ["BACKUP_JOB_COMPLETED"]
}

# Vaults without notifications: two whose backups become known through events and sweeps, and one that is not configured.
resource "aws_backup_vault" "silent" {
  for_each = toset(["first", "second", "other"])

  name          = "${local.name}-${each.key}"
  kms_key_arn   = aws_kms_key.backups.arn
  force_destroy = true
}

resource "aws_sns_topic" "this" {
  name = local.name
}

resource "aws_sns_topic_policy" "this" {
  arn    = aws_sns_topic.this.arn
  policy = data.aws_iam_policy_document.topic.json
}

data "aws_iam_policy_document" "topic" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.this.arn]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "backup" {
  name               = "${local.name}-backup"
  assume_role_policy = data.aws_iam_policy_document.assume_by_backup.json
}

data "aws_iam_policy_document" "assume_by_backup" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy_attachment" "backup" {
  role       = aws_iam_role.backup.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
}

module "rotator" {
  source = "../../../.."

  name                   = local.name
  backup_vault_arns      = [for key in ["first", "second"] : aws_backup_vault.silent[key].arn]
  backup_sns_topic_arn   = format("%s", aws_sns_topic.this.arn)
  notification_topic_arn = aws_sns_topic.results.arn
  notify_of_success      = true
  kms_key_arn            = aws_kms_key.this.arn
  backup_kms_key_arns    = [aws_kms_key.backups.arn]
  alarms                 = { topic_arn = aws_sns_topic.results.arn }
  dashboard              = true

  rules = {
    staging = {
      source_pattern      = "^${local.name}-(.+)-production$"
      replacement_pattern = "${local.name}-$1-staging"
      ssm_parameter_name  = "/${local.name}/$1/table-arn"
      max_age_hours       = 30
    }
    reporting = {
      source_pattern      = "-orders-(?P<stage>.*)"
      replacement_pattern = "-$${stage}_orders"
    }
    too-long = {
      source_pattern      = "unlucky"
      replacement_pattern = join("-", [for number in range(40) : "$0"])
    }
    no-parameter-name = {
      source_pattern      = "unlucky(x?)"
      replacement_pattern = "$0"
      ssm_parameter_name  = "/${local.name}/$1/table-arn"
    }

    # It matches its own copies.
    appending = {
      source_pattern      = "-nights"
      replacement_pattern = "$0-copied"
    }

    # It matches its own copies as well, and no test waits for its schedule.
    scheduled = {
      source_pattern      = "-by-hand"
      replacement_pattern = "$0-copied"
      schedule            = { expression = "cron(0 0 1 1 ? 2199)", timezone = "Europe/Berlin" }
    }

    # Its parameter is created in advance.
    adopting = {
      source_pattern      = "-adopt-(.+)$"
      replacement_pattern = "-adopted-$1"
      ssm_parameter_name  = "/${local.name}/adopted/table-arn"
      ssm_parameter_adopt = true
    }

    # Two rules that lead to the same table, for some tables. A second instance of the module has a third one.
    contested = {
      source_pattern      = "^${local.name}-contested-(.+)$"
      replacement_pattern = "${local.name}-won-$1"
      ssm_parameter_name  = "/${local.name}/contested/$1"
    }
    contested-again = {
      source_pattern      = "contested-(.+)-twice$"
      replacement_pattern = "won-$${1}-twice"
    }

    # Copies that are more than what a restore brings back.
    complete = {
      source_pattern      = "-settings$"
      replacement_pattern = "-complete"
      carry_over          = ["tags", "time_to_live", "stream", "point_in_time_recovery", "deletion_protection", "table_class", "contributor_insights", "auto_scaling", "resource_policy", "kinesis_destination"]
      tags                = { stage = "staging" }
    }
    bare = {
      source_pattern      = "-(native|advanced)-settings$"
      replacement_pattern = "-bare"
    }
    resized = {
      source_pattern      = "-resize$"
      replacement_pattern = "-resized"
      restore = {
        billing_mode         = "PROVISIONED"
        read_capacity_units  = 3
        write_capacity_units = 2
        encryption           = aws_kms_key.this.arn
        excluded_indexes     = ["by-day"]
      }
      carry_over = ["contributor_insights"]
    }
    capped = {
      source_pattern      = "-resize$"
      replacement_pattern = "-capped"
      restore = {
        billing_mode            = "PAY_PER_REQUEST"
        max_read_request_units  = 9
        max_write_request_units = 8
        encryption              = "AWS_MANAGED"
      }
    }
    unsealed = {
      source_pattern      = "-sealed$"
      replacement_pattern = "-unsealed"
      restore             = { encryption = "AWS_OWNED" }
    }
    hooked = {
      source_pattern      = "-hook$"
      replacement_pattern = "-hooked"
      ssm_parameter_name  = "/${local.name}/hooked/table-arn"
      before_switch       = aws_sfn_state_machine.hook["slow"].arn
    }
    # A function as the hook, that of an example.
    edited = {
      source_pattern      = "-customers$"
      replacement_pattern = "-edited"
      before_switch       = aws_lambda_function.hook.arn
    }
    waiting = {
      source_pattern      = "-waiting$"
      replacement_pattern = "-waited"
      before_switch       = aws_sfn_state_machine.hook["slow"].arn
    }
    spoiled = {
      source_pattern      = "-hook$"
      replacement_pattern = "-spoiled"
      ssm_parameter_name  = "/${local.name}/spoiled/table-arn"
      before_switch       = aws_sfn_state_machine.hook["failing"].arn
    }
    talkative = {
      source_pattern      = "-talkative$"
      replacement_pattern = "-talkative"
      before_switch       = aws_sfn_state_machine.hook["talkative"].arn
    }
    searched = {
      source_pattern      = "-indexed$"
      replacement_pattern = "-searched"
      restore             = { excluded_indexes = ["by-embedding"] }
    }
    tagged = {
      source_pattern      = "-tags$"
      replacement_pattern = "-tagged"
      carry_over          = ["tags"]
      tags                = { for number in range(20) : "rule-${number}" => "staging" }
    }
    # Daylight saving time skips the half past two of one night, and repeats that of another. The tests fire it for nights of
    # 2025. By itself it would fire, if tests run at half past two, what no test expects.
    nightly = {
      source_pattern      = "-scheduled$"
      replacement_pattern = "-nightly"
      ssm_parameter_name  = "/${local.name}/nightly/table-arn"
      schedule            = { expression = "cron(30 2 * * ? 2025,2199)", timezone = "Europe/Berlin" }
    }

    # Of backups that leave little to compare a copy with. No other test may use it, because it looks at its metrics.
    unproven = {
      source_pattern      = "-unproven$"
      replacement_pattern = "-restored"
    }
    recorded = {
      source_pattern      = "-gone$"
      replacement_pattern = "-recorded"
      carry_over          = ["stream", "time_to_live"]
    }
    masked = {
      source_pattern      = "-leak$"
      replacement_pattern = "-masked"
      before_switch       = aws_sfn_state_machine.hook["masking"].arn
      carry_over          = ["stream", "kinesis_destination"]
    }
    named = {
      source_pattern      = "^${local.name}-(.+)-named$"
      replacement_pattern = "${local.name}-$1-by-name"
      ssm_parameter_name  = "/${local.name}/$1/table-name"
      ssm_parameter_value = "name"
      keep                = 1
    }
    pruned = {
      source_pattern      = "-prune$"
      replacement_pattern = "-pruned"
      keep                = 1
    }
    kept = {
      source_pattern      = "-keep$"
      replacement_pattern = "-kept"
      ssm_parameter_name  = "/${local.name}/kept/table-arn"
      carry_over          = ["auto_scaling"]
      keep                = 3
    }
  }
}

# Hooks: one takes its time, one fails, one returns almost as much as a state may hold, and one masks.

resource "aws_sfn_state_machine" "hook" {
  for_each = {
    slow = {
      StartAt = "Wait"
      States = {
        Wait = { Type = "Wait", Seconds = 500, Next = "Done" }
        Done = { Type = "Pass", End = true }
      }
    }
    failing = {
      StartAt = "Fail"
      States  = { Fail = { Type = "Fail", Error = "NotMasked", Cause = "The hook failed on purpose." } }
    }
    talkative = {
      StartAt = "Talk"
      States  = { Talk = { Type = "Pass", Result = join("", [for number in range(1000) : format("%0262d", number)]), End = true } }
    }
    masking = {
      StartAt = "Mask"
      States = {
        Mask = {
          Type     = "Task"
          Resource = "arn:${data.aws_partition.this.partition}:states:::aws-sdk:dynamodb:putItem"
          Parameters = {
            "TableName.$" = "$.TargetTableName"
            Item          = { id = { S = "1" }, email = { S = "masked" } }
          }
          ResultPath = null
          End        = true
        }
      }
    }
  }

  name       = "${local.name}-${each.key}-hook"
  role_arn   = aws_iam_role.hook.arn
  definition = jsonencode(each.value)
}

resource "aws_lambda_function" "hook" {
  function_name    = "${local.name}-hook"
  role             = aws_iam_role.hook.arn
  runtime          = "python3.13"
  architectures    = ["arm64"]
  handler          = "mask_emails.handler"
  filename         = "${path.module}/../../../../examples/hook/mask_emails.zip"
  source_code_hash = filebase64sha256("${path.module}/../../../../examples/hook/mask_emails.zip")
  timeout          = 60

  environment {
    variables = { HMAC_KEY_ARN = aws_kms_key.masks.arn }
  }

  depends_on = [aws_iam_role_policy.hook]
}

resource "aws_kms_key" "masks" {
  key_usage                = "GENERATE_VERIFY_MAC"
  customer_master_key_spec = "HMAC_256"
  deletion_window_in_days  = 7
}

resource "aws_iam_role" "hook" {
  name               = "${local.name}-hook"
  assume_role_policy = data.aws_iam_policy_document.assume_by_hook.json
}

resource "aws_iam_role_policy" "hook" {
  name   = "mask"
  role   = aws_iam_role.hook.name
  policy = data.aws_iam_policy_document.hook.json
}

data "aws_iam_policy_document" "hook" {
  statement {
    actions   = ["dynamodb:PutItem"]
    resources = ["arn:${data.aws_partition.this.partition}:dynamodb:*:*:table/${local.name}-*-masked-????????-??-??-??"]
  }

  statement {
    actions   = ["dynamodb:DescribeTable", "dynamodb:Scan", "dynamodb:UpdateItem"]
    resources = ["arn:${data.aws_partition.this.partition}:dynamodb:*:*:table/${local.name}-*-edited-????????-??-??-??"]
  }

  statement {
    actions   = ["kms:GenerateMac"]
    resources = [aws_kms_key.masks.arn]
  }
}

data "aws_iam_policy_document" "assume_by_hook" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com", "states.amazonaws.com"]
    }
  }
}

resource "aws_kms_key" "this" {
  deletion_window_in_days = 7
  policy                  = data.aws_iam_policy_document.key.json
}

data "aws_iam_policy_document" "key" {
  # Leaves it to IAM who in the account uses the key.
  statement {
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.this.partition}:iam::${data.aws_caller_identity.this.account_id}:root"]
    }
  }

  statement {
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com", "logs.${local.region}.${data.aws_partition.this.dns_suffix}", "sns.amazonaws.com"]
    }
  }
}

# Encrypts the vaults, and source tables that tests make. The default policy leaves it to IAM who uses it.

resource "aws_kms_key" "backups" {
  deletion_window_in_days = 7
}

# The example as it is, with its own topic, vault and rotator.

# An inbox for what the rotator tells.

resource "aws_sns_topic" "results" {
  name = "${local.name}-results"
}

resource "aws_sqs_queue" "inbox" {
  name   = "${local.name}-inbox"
  policy = data.aws_iam_policy_document.inbox.json
}

data "aws_iam_policy_document" "inbox" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = ["arn:${data.aws_partition.this.partition}:sqs:*:*:${local.name}-inbox"]

    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
  }
}

resource "aws_sns_topic_subscription" "inbox" {
  topic_arn = aws_sns_topic.results.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.inbox.arn
}

output "inbox_url" {
  value = aws_sqs_queue.inbox.url
}

output "rotator" {
  value = module.rotator
}

output "key_arn" {
  value = aws_kms_key.this.arn
}

output "backup_key_arn" {
  value = aws_kms_key.backups.arn
}

output "topic_arn" {
  value = aws_sns_topic.this.arn
}

output "vault_name" {
  value = aws_backup_vault.this.name
}

output "vaults" {
  value = { for key, vault in merge(aws_backup_vault.silent, { announced = aws_backup_vault.this }) : key => { arn = vault.arn, name = vault.name } }
}

output "backup_role_arn" {
  value = aws_iam_role.backup.arn
}

output "source_tables" {
  value = { for key, table in aws_dynamodb_table.source : key => { arn = table.arn, name = table.name } }
}
