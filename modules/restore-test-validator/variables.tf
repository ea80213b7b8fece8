variable "restore_testing_plan_arns" {
  description = "ARNs of the restore testing plans whose tests of DynamoDB tables are validated."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.restore_testing_plan_arns) > 0
    error_message = "restore_testing_plan_arns is [], so nothing would ever be validated. Use the arn attribute of your aws_backup_restore_testing_plan."
  }

  validation {
    condition     = alltrue([for arn in var.restore_testing_plan_arns : can(regex("^arn:[^:]+:backup:${local.region}:${local.account_id}:restore-testing-plan:[A-Za-z0-9_-]+$", arn))])
    error_message = "restore_testing_plan_arns has ${join(", ", [for arn in var.restore_testing_plan_arns : jsonencode(arn) if !can(regex("^arn:[^:]+:backup:${local.region}:${local.account_id}:restore-testing-plan:[A-Za-z0-9_-]+$", arn))])}. Use ARNs of restore testing plans in ${local.region} of account ${local.account_id}, where the module is, such as the arn attribute of your aws_backup_restore_testing_plan."
  }
}

variable "table_kms_key_arns" {
  description = "ARNs of the KMS keys that encrypt the test tables: the kmsMasterKeyArn of your selections' restore_metadata_overrides. Without overrides, DynamoDB's own key encrypts them."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.table_kms_key_arns : can(regex(local.key_arn_pattern, arn))])
    error_message = "table_kms_key_arns has ${join(", ", [for arn in var.table_kms_key_arns : jsonencode(arn) if !can(regex(local.key_arn_pattern, arn))])}. Use ARNs of KMS keys in ${local.region}, such as arn:aws:kms:${local.region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab. An alias does not work."
  }
}

variable "name" {
  description = "Name of the function, the rule and the role, and prefix of the other names. If you use the module more than once in an account, in any Region, give each use its own name, because role names are shared by all Regions."
  type        = string
  default     = "restore-test-validator"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,60}$", var.name))
    error_message = "name is \"${var.name}\". Use 1 to 60 characters from A-Z, a-z, 0-9, \"_\" and \"-\"."
  }
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of the role. Null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null ? true : can(regex("^arn:[^:]+:iam::(?:${local.account_id}|aws):policy/[!-~]+$", var.permissions_boundary))
    error_message = "permissions_boundary is ${jsonencode(var.permissions_boundary)}, which is not the ARN of an IAM policy in the module's account, such as arn:aws:iam::${local.account_id}:policy/boundary. Use the arn attribute of your aws_iam_policy."
  }
}

variable "role_path" {
  description = "Path of the role."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/(?:[!-~]{1,510}/)?$", var.role_path))
    error_message = "role_path is \"${var.role_path}\". A path starts and ends with \"/\", such as /service/backup/, and has at most 512 characters."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the log group and the queue. Null for AWS owned keys. The key policy must allow CloudWatch Logs in the Region and EventBridge (events.amazonaws.com) to use the key."
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

variable "architecture" {
  description = "Processor architecture of the function: arm64 or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is \"${var.architecture}\". Use arm64 or x86_64."
  }
}

variable "code_signing_config_arn" {
  description = "ARN of the code signing configuration of the function. Null for none. Nobody has signed the module's zips, so Lambda deploys them only where the configuration warns, and rejects them where it enforces. There, use a copy of the module whose lambdas/dist has the zips as you have signed them with AWS Signer."
  type        = string
  default     = null

  validation {
    condition     = var.code_signing_config_arn == null ? true : can(regex("^arn:[^:]+:lambda:${local.region}:${local.account_id}:code-signing-config:csc-[a-z0-9]{17}$", var.code_signing_config_arn))
    error_message = "code_signing_config_arn is ${jsonencode(var.code_signing_config_arn)}, which is not the ARN of a code signing configuration in the module's Region and account, such as arn:aws:lambda:${local.region}:${local.account_id}:code-signing-config:csc-0123456789abcdef0. Use the arn attribute of your aws_lambda_code_signing_config."
  }
}

variable "vpc_config" {
  description = <<-EOT
    Connects the function to a VPC. Null for none. From there, it must reach the APIs of AWS Backup and DynamoDB, through VPC endpoints or a NAT gateway.

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
