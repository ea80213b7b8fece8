variable "backup_vault_arns" {
  description = "ARNs of the backup vaults whose recovery points are rotated: vaults in the module's Region and account, or logically air-gapped vaults there that another account shares with it. AWS Backup reports completed backups and copy jobs to EventBridge, and the sweep finds what it does not report."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.backup_vault_arns) > 0 ? true : var.backup_sns_topic_arn != null
    error_message = "backup_vault_arns is [] and backup_sns_topic_arn is null, so no backup would ever be noticed. Set backup_vault_arns to the ARNs of your vaults, such as [aws_backup_vault.this.arn], or backup_sns_topic_arn to the ARN of the topic to which AWS Backup publishes."
  }

  validation {
    condition     = alltrue([for arn in var.backup_vault_arns : can(regex("^arn:[^:]+:backup:${local.region}:[0-9]{12}:backup-vault:[A-Za-z0-9_.-]{1,50}$", arn))])
    error_message = "backup_vault_arns has ${join(", ", [for arn in var.backup_vault_arns : jsonencode(arn) if !can(regex("^arn:[^:]+:backup:${local.region}:[0-9]{12}:backup-vault:[A-Za-z0-9_.-]{1,50}$", arn))])}. Use ARNs of backup vaults in ${local.region}, such as arn:aws:backup:${local.region}:123456789012:backup-vault:orders."
  }
}

variable "backup_sns_topic_arn" {
  description = "ARN of the SNS topic to which AWS Backup publishes the notifications of your vaults. It must be a standard topic in the module's Region and account. Null where backup_vault_arns is enough. With backup_vault_arns as well, Terraform must know at plan that it is not null: if the same configuration creates the topic, write format(\"%s\", aws_sns_topic.this.arn)."
  type        = string
  default     = null

  validation {
    condition     = var.backup_sns_topic_arn == null ? true : can(regex("^arn:[^:]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\\.fifo)?$", var.backup_sns_topic_arn))
    error_message = "backup_sns_topic_arn is ${jsonencode(var.backup_sns_topic_arn)}, which is not the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:backups. Use the arn attribute of your aws_sns_topic."
  }

  validation {
    condition     = var.backup_sns_topic_arn == null ? true : !endswith(var.backup_sns_topic_arn, ".fifo")
    error_message = "backup_sns_topic_arn is ${jsonencode(var.backup_sns_topic_arn)}, a FIFO topic, to which AWS Backup cannot publish. Use a standard topic."
  }
}

variable "sweep_schedule" {
  description = "When the vaults are searched for recovery points that nothing has announced: an expression of EventBridge Scheduler, in UTC. Null for never."
  type        = string
  default     = "rate(1 hour)"
}

variable "sweep_days" {
  description = "How many days a sweep looks back: 1 to 89. A copied recovery point keeps its date, so allow for the time that copying takes."
  type        = number
  default     = 7
  nullable    = false

  # Step Functions frees the name of an execution after 90 days. A sweep would then rotate a recovery point once more.
  validation {
    condition     = var.sweep_days >= 1 && var.sweep_days <= 89 && floor(var.sweep_days) == var.sweep_days
    error_message = "sweep_days is ${var.sweep_days}. Use a whole number from 1 to 89."
  }
}

variable "forwarding_account_ids" {
  description = "IDs of the accounts whose modules/forward-copies may put events on the module's event bus (output event_bus). Their events make rotations of copied recovery points start sooner. A sweep finds these recovery points anyway."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for account_id in var.forwarding_account_ids : can(regex("^[0-9]{12}$", account_id))])
    error_message = "forwarding_account_ids has ${join(", ", [for account_id in var.forwarding_account_ids : jsonencode(account_id) if !can(regex("^[0-9]{12}$", account_id))])}. An account ID has 12 digits, and is written in quotation marks."
  }

  validation {
    condition     = length(var.forwarding_account_ids) == 0 ? true : length(var.backup_vault_arns) > 0
    error_message = "forwarding_account_ids is ${jsonencode(var.forwarding_account_ids)}, but backup_vault_arns is []. Set backup_vault_arns to the ARNs of the vaults into which these accounts copy."
  }
}

variable "rules" {
  description = <<-EOT
    Which tables are rotated and how, keyed by rule name (1 to 28 characters from `A-Z`, `a-z`, `0-9`, `_` and `-`). A table that matches several rules is restored once for each.

    - `source_pattern`: regular expression. The rule applies to every table in whose name, not ARN, it finds a match.
    - `exclude_pattern`: regular expression. The rule does not apply to a table in whose name it finds a match.
    - `replacement_pattern`: replaces each match in the table's name. `$0`, `$1`, `$${1}` and `$${name}` refer to the match and its groups. The target table is named `<replaced>-YYYYMMDD-HH-mm-ss`, from the start time of the backup, or for a refresh the time of the request, in UTC.
    - `ssm_parameter_name`: name of the SSM parameter that is pointed at the target table, and created if necessary. The same references work here, and are filled in from the first match. Without it, no parameter is set.
    - `ssm_parameter_adopt`: whether a `String` parameter of that name that somebody created in advance is taken over, once. Otherwise it is left as it is, and the rotation fails.
    - `ssm_parameter_value`: what the parameter holds of the target table: its `arn` or its `name`.
    - `restore`: options of the restore. Whatever is left out stays as it was backed up.
      - `billing_mode`: `PAY_PER_REQUEST` or `PROVISIONED`.
      - `max_read_request_units`, `max_write_request_units`: the maxima of a table with `PAY_PER_REQUEST`.
      - `read_capacity_units`, `write_capacity_units`: the capacity of a table with `PROVISIONED`, and of each of its global secondary indexes.
      - `encryption`: `AWS_OWNED`, `AWS_MANAGED`, or the ARN of a KMS key. Without it, a native recovery point keeps its key, and an advanced one gets `AWS_OWNED`. A customer managed key that would be kept has to be named here.
      - `excluded_indexes`: names of indexes to leave out.
    - `carry_over`: settings that the target table takes over from the source table: any of `tags`, `time_to_live`, `stream`, `point_in_time_recovery`, `deletion_protection`, `table_class`, `contributor_insights`, `auto_scaling`, `resource_policy` and `kinesis_destination`. Tags and table class come before the hook, everything else after it.
    - `tags`: tags of the target table.
    - `before_switch`: the hook: ARN of a Lambda function or a standard state machine that runs before the parameter is set.
    - `verify`: whether the target table is compared with what was backed up before the parameter is set.
    - `keep`: how many copies of a source table by this rule to keep, at most 100: the newest of those that were switched to. Older ones are deleted, and so are those of failed rotations. Without it, nothing is deleted.
    - `schedule`: when the rule is refreshed: it takes the newest recovery point of each table that it matches, instead of every backup.
      - `expression`: an expression of EventBridge Scheduler: `rate(1 day)`, `cron(0 6 ? * MON *)` or `at(2027-01-31T06:00:00)`.
      - `timezone`: a name of the IANA time zone database, such as `Europe/Berlin`. `UTC` by default.
    - `max_age_hours`: an alarm is raised when no rotation by this rule, of whatever table, has succeeded in that many hours: a whole number up to 168. It reveals backups that are no longer made. Needs `alarms`. Without it, there is no such alarm.
  EOT
  type = map(object({
    source_pattern      = string
    exclude_pattern     = optional(string)
    replacement_pattern = string
    ssm_parameter_name  = optional(string)
    ssm_parameter_adopt = optional(bool, false)
    ssm_parameter_value = optional(string, "arn")
    restore = optional(object({
      billing_mode            = optional(string)
      max_read_request_units  = optional(number)
      max_write_request_units = optional(number)
      read_capacity_units     = optional(number)
      write_capacity_units    = optional(number)
      encryption              = optional(string)
      excluded_indexes        = optional(set(string), [])
    }), {})
    carry_over    = optional(set(string), [])
    tags          = optional(map(string), {})
    before_switch = optional(string)
    verify        = optional(bool, true)
    keep          = optional(number)
    schedule = optional(object({
      expression = string
      timezone   = optional(string, "UTC")
    }))
    max_age_hours = optional(number)
  }))
  nullable = false

  validation {
    condition     = length(var.rules) > 0
    error_message = "rules is {}, so nothing would ever be restored. Add at least one rule, such as { staging = { source_pattern = \"-production$\", replacement_pattern = \"-staging\" } }."
  }

  validation {
    condition     = length(distinct([for rule in var.rules : [rule.source_pattern, rule.replacement_pattern]])) == length(var.rules)
    error_message = "rules has ${join(" and ", [for name, rule in var.rules : name if length([for other in var.rules : other if other.source_pattern == rule.source_pattern && other.replacement_pattern == rule.replacement_pattern]) > 1])} with the same source_pattern and replacement_pattern, so their copies would have the same name. Give each rule its own replacement_pattern."
  }

  # A name with references is certainly the same parameter where the pattern is the same as well. Other rules that lead to
  # one parameter are detected when a backup is announced.
  validation {
    condition     = length(distinct([for rule in var.rules : [rule.ssm_parameter_name, strcontains(rule.ssm_parameter_name, "$") ? rule.source_pattern : ""] if rule.ssm_parameter_name != null])) == length([for rule in var.rules : rule if rule.ssm_parameter_name != null])
    error_message = "rules has ${join(" and ", [for name, rule in var.rules : name if length([for other in var.rules : other if rule.ssm_parameter_name != null && other.ssm_parameter_name == rule.ssm_parameter_name && (!try(strcontains(rule.ssm_parameter_name, "$"), false) || other.source_pattern == rule.source_pattern)]) > 1])} with the same ssm_parameter_name, which can only point at the copies of one rule. Give each rule its own parameter."
  }

  validation {
    condition     = var.alarms != null || alltrue([for rule in var.rules : rule.max_age_hours == null])
    error_message = "rules has ${join(" and ", [for name, rule in var.rules : "${name} with max_age_hours ${jsonencode(rule.max_age_hours)}" if rule.max_age_hours != null])}, but alarms is null, so there is no topic to notify. Set alarms to { topic_arn = … }, with the ARN of an SNS topic, or leave max_age_hours out."
  }
}

variable "name" {
  description = "Name of the state machine, and prefix of all other names. If you use the module more than once in an account, in any Region, give each use its own name, because role names are shared by all Regions."
  type        = string
  default     = "backup-dynamodb-rotator"
  nullable    = false

  # The longest name is that of the role "<name>-check-restore-status", and a role's name has at most 64 characters.
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_-]{0,42}$", var.name))
    error_message = "name is \"${var.name}\". Use 1 to 43 characters from A-Z, a-z, 0-9, \"_\" and \"-\", starting with a letter."
  }

  validation {
    condition     = var.name != "default"
    error_message = "name is \"default\", the name of EventBridge's own event bus and schedule group. Use another one."
  }
}

variable "timeout_hours" {
  description = "Time limit of a rotation in hours, hook included: at most 168, rounded up to whole seconds. A redrive gets a fresh limit."
  type        = number
  default     = 48
  nullable    = false

  validation {
    # benchmarks/polling.py simulates the longest wait.
    condition     = var.timeout_hours > 0 && var.timeout_hours <= 168
    error_message = "timeout_hours is ${var.timeout_hours}. Use more than 0 and at most 168 hours: an execution that is retried for longer comes close to the 25,000 events that Step Functions allows."
  }
}

variable "restore_role_arn" {
  description = "ARN of the role that AWS Backup restores advanced recovery points with. Null for the one that the module creates. Where a customer managed key encrypts the vault, backup_kms_key_arns is enough, unless the key policy only trusts other roles."
  type        = string
  default     = null

  validation {
    condition     = var.restore_role_arn == null ? true : can(regex("^arn:[^:]+:iam::${local.account_id}:role/[!-~]+$", var.restore_role_arn))
    error_message = "restore_role_arn is ${jsonencode(var.restore_role_arn)}, which is not the ARN of a role in the module's account, such as arn:aws:iam::${local.account_id}:role/restore. Use the arn attribute of your aws_iam_role."
  }
}

variable "backup_kms_key_arns" {
  description = "ARNs of the KMS keys in the Region of the module that encrypt your vaults and source tables. Whoever restores may decrypt backups with them, through DynamoDB and AWS Backup. Their key policies must allow that as well."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.backup_kms_key_arns : can(regex(local.key_arn_pattern, arn))])
    error_message = "backup_kms_key_arns has ${join(", ", [for arn in var.backup_kms_key_arns : jsonencode(arn) if !can(regex(local.key_arn_pattern, arn))])}. Use ARNs of KMS keys in ${local.region}, such as arn:aws:kms:${local.region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab. An alias does not work."
  }
}

variable "notification_topic_arn" {
  description = "ARN of the SNS topic that receives a message for each rotation that failed, timed out or was stopped. Null for none. If the topic is encrypted, its key policy must allow the role of report_result to use the key. A key of another account also takes a policy of that role (output function_roles) that allows kms:GenerateDataKey and kms:Decrypt on it."
  type        = string
  default     = null

  validation {
    condition     = var.notification_topic_arn == null ? true : can(regex(local.topic_arn_pattern, var.notification_topic_arn))
    error_message = "notification_topic_arn is ${jsonencode(var.notification_topic_arn)}, which is not the ARN of a standard SNS topic in ${local.region}, such as arn:aws:sns:${local.region}:123456789012:rotations. Use the arn attribute of your aws_sns_topic."
  }
}

variable "notify_of_success" {
  description = "Whether that topic also receives a message for each rotation that succeeded."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.notify_of_success || var.notification_topic_arn != null
    error_message = "notify_of_success is true, but notification_topic_arn is null. Set it to the ARN of a topic."
  }
}

variable "alarms" {
  description = <<-EOT
    CloudWatch alarms for rotations that failed, timed out or were stopped, errors of start_workflow, messages in any queue, and each rule with max_age_hours. Null for none.

    - `topic_arn`: ARN of the SNS topic that they notify. If the topic is encrypted, its key policy must allow CloudWatch to use the key.
  EOT
  # An object, because whether there are alarms must be known at plan, and the ARN of a new topic is not.
  type = object({
    topic_arn = string
  })
  default = null

  validation {
    condition     = var.alarms == null ? true : can(regex(local.topic_arn_pattern, var.alarms.topic_arn))
    error_message = "alarms.topic_arn is ${jsonencode(try(var.alarms.topic_arn, null))}, which is not the ARN of a standard SNS topic in ${local.region}, such as arn:aws:sns:${local.region}:123456789012:alarms. Use the arn attribute of your aws_sns_topic."
  }
}

variable "dashboard" {
  description = "Whether there is a CloudWatch dashboard: for each rule the hours since a rotation last succeeded, restore time, size, verification and cost, and which rotations did not succeed. It has the module's name, which all Regions share."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.dashboard || length(var.rules) <= local.dashboard_rules_max
    error_message = "dashboard is true, and rules has ${length(var.rules)} rules. A CloudWatch dashboard has room for ${local.dashboard_rules_max} of them. Use the module twice, each time with some of the rules, or leave dashboard out."
  }
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of all roles. Null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null ? true : can(regex("^arn:[^:]+:iam::(?:${local.account_id}|aws):policy/[!-~]+$", var.permissions_boundary))
    error_message = "permissions_boundary is ${jsonencode(var.permissions_boundary)}, which is not the ARN of an IAM policy in the module's account, such as arn:aws:iam::${local.account_id}:policy/boundary. Use the arn attribute of your aws_iam_policy."
  }
}

variable "role_path" {
  description = "Path of all roles."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/(?:[!-~]{1,510}/)?$", var.role_path))
    error_message = "role_path is \"${var.role_path}\". A path starts and ends with \"/\", such as /service/backup/, and has at most 512 characters."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the log groups and queues. Null for AWS owned keys. The key policy must allow CloudWatch Logs in the Region to use the key, and SNS (sns.amazonaws.com), EventBridge (events.amazonaws.com) and EventBridge Scheduler (scheduler.amazonaws.com), which send what they cannot deliver to the queues."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex(local.key_arn_pattern, var.kms_key_arn))
    error_message = "kms_key_arn is ${jsonencode(var.kms_key_arn)}, which is not the ARN of a KMS key in ${local.region}, such as arn:aws:kms:${local.region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab. CloudWatch Logs does not accept an alias: use the arn attribute of your aws_kms_key."
  }
}

variable "log_retention_days" {
  description = "How many days to keep logs. 0 keeps them forever."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains(local.log_retention_days, var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}. CloudWatch Logs accepts ${join(", ", local.log_retention_days)}."
  }
}

variable "log_level" {
  description = "Log level of the functions: INFO, or DEBUG to also log ignored notifications. Not higher, because CloudWatch extracts the metrics from lines of level INFO."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO"], var.log_level)
    error_message = "log_level is \"${var.log_level}\". Use INFO or DEBUG."
  }
}

variable "architecture" {
  description = "Processor architecture of the functions: arm64 or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is \"${var.architecture}\". Use arm64 or x86_64."
  }
}

variable "code_signing_config_arn" {
  description = "ARN of the code signing configuration of the functions. Null for none. Nobody has signed the module's zips, so Lambda deploys them only where the configuration warns, and rejects them where it enforces. There, use a copy of the module whose lambdas/dist has the zips as you have signed them with AWS Signer."
  type        = string
  default     = null

  validation {
    condition     = var.code_signing_config_arn == null ? true : can(regex("^arn:[^:]+:lambda:${local.region}:${local.account_id}:code-signing-config:csc-[a-z0-9]{17}$", var.code_signing_config_arn))
    error_message = "code_signing_config_arn is ${jsonencode(var.code_signing_config_arn)}, which is not the ARN of a code signing configuration in the module's Region and account, such as arn:aws:lambda:${local.region}:${local.account_id}:code-signing-config:csc-0123456789abcdef0. Use the arn attribute of your aws_lambda_code_signing_config."
  }
}

variable "vpc_config" {
  description = <<-EOT
    Connects the functions to a VPC. Null for none. From there, they must reach the APIs of Application Auto Scaling, AWS Backup, DynamoDB, SNS, Systems Manager and Step Functions, through VPC endpoints or a NAT gateway.

    - `subnet_ids`: IDs of up to 16 private subnets, best in different Availability Zones.
    - `security_group_ids`: IDs of up to 5 security groups that allow HTTPS to these APIs.
  EOT
  type = object({
    subnet_ids         = set(string)
    security_group_ids = set(string)
  })
  default = null

  validation {
    condition     = var.vpc_config == null ? true : length(var.vpc_config.subnet_ids) >= 1 && length(var.vpc_config.subnet_ids) <= 16 && alltrue([for id in var.vpc_config.subnet_ids : can(regex("^subnet-[0-9a-z]+$", id))])
    error_message = "vpc_config.subnet_ids is ${jsonencode(try(var.vpc_config.subnet_ids, null))}. Use the IDs of 1 to 16 subnets, such as [aws_subnet.private.id]."
  }

  validation {
    condition     = var.vpc_config == null ? true : length(var.vpc_config.security_group_ids) >= 1 && length(var.vpc_config.security_group_ids) <= 5 && alltrue([for id in var.vpc_config.security_group_ids : can(regex("^sg-[0-9a-z]+$", id))])
    error_message = "vpc_config.security_group_ids is ${jsonencode(try(var.vpc_config.security_group_ids, null))}. Use the IDs of 1 to 5 security groups, such as [aws_security_group.functions.id]."
  }
}

variable "tracing" {
  description = "Whether AWS X-Ray traces the functions and the state machine."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags for everything that the module creates."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^[\\pL\\pZ\\pN_.:/=+@-]{1,128}$", key)) && can(regex("^[\\pL\\pZ\\pN_.:/=+@-]{0,256}$", value)) && !startswith(lower(key), "aws:")])
    error_message = "tags has ${jsonencode({ for key, value in var.tags : key => value if !(can(regex("^[\\pL\\pZ\\pN_.:/=+@-]{1,128}$", key)) && can(regex("^[\\pL\\pZ\\pN_.:/=+@-]{0,256}$", value)) && !startswith(lower(key), "aws:")) })}. A key has 1 to 128 characters and a value at most 256, from letters, digits, spaces and _.:/=+-@, and no key starts with \"aws:\"."
  }

  validation {
    condition     = length(distinct([for key in keys(var.tags) : lower(key)])) == length(var.tags)
    error_message = "tags has ${join(" and ", [for key in keys(var.tags) : jsonencode(key) if length([for other in keys(var.tags) : other if lower(other) == lower(key)]) > 1])}. IAM takes keys that differ only in case for the same one, and rejects them. Keep one of them."
  }

  validation {
    condition     = length(var.tags) <= 50
    error_message = "tags has ${length(var.tags)} tags, and AWS allows 50 on a resource. Remove some."
  }
}
